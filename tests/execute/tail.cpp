#include <doctest/doctest.h>

#include <support/rules.hpp>

#include <memory>

using namespace furl;
using namespace furl::tests;

namespace {

// What each element becomes in an optimizer of its own.
template <class Optimizer, class T>
outcome<T> one_by_one(const problem<T>& p) {
    outcome<T> all;
    for (std::size_t i = 0; i < p.start.size(); ++i) {
        problem<T> single(0, 0);
        single.start = {p.start[i]};
        for (const auto& g : p.gradients) single.gradients.push_back({g[i]});
        for (const auto& h : p.further) single.further.push_back({h[i]});
        const auto alone = solve<Optimizer>(single);
        all.parameters.push_back(alone.parameters[0]);
        all.states.resize(alone.states.size());
        for (std::size_t s = 0; s < alone.states.size(); ++s) all.states[s].push_back(alone.states[s][0]);
    }
    return all;
}

template <class T>
outcome<T> part(const outcome<T>& all, std::size_t begin, std::size_t size) {
    const auto cut = [&](const std::vector<T>& x) {
        const auto from = x.begin() + static_cast<std::ptrdiff_t>(begin);
        return std::vector<T>(from, from + static_cast<std::ptrdiff_t>(size));
    };
    outcome<T> result{cut(all.parameters), {}, {}};
    for (const auto& s : all.states) result.states.push_back(cut(s));
    return result;
}

template <class T>
constexpr std::size_t width = arithmetic<vector_of<T>>::width;

// One tensor that lies somewhere in larger memory.
template <class Optimizer, class T>
void check_sizes_and_offsets() {
    const problem<T> p(5 * width<T> + 1, 3);
    const auto expected = one_by_one<Optimizer>(p);
    for (std::size_t size = 0; size <= 4 * width<T> + 1; ++size)
        for (std::size_t offset = 0; offset < width<T>; ++offset) {
            CAPTURE(size);
            CAPTURE(offset);
            Optimizer opt(size);
            auto memory = p.start;
            const std::span<T> parameters(memory.data() + offset, size);
            for (std::size_t i = 0; i < p.gradients.size(); ++i)
                take_step(opt, parameters, std::span<const T>(p.gradients[i].data() + offset, size),
                          std::span<const T>(p.further[i].data() + offset, size));
            const bool same = outcome_of<Optimizer, T>(opt, parameters) == part(expected, offset, size);
            REQUIRE(same);
            for (std::size_t i = 0; i < memory.size(); ++i)
                if (i < offset || i >= offset + size) REQUIRE(same_bits(memory[i], p.start[i]));
        }
}

// The same elements as a list of tensors.
template <class Optimizer, class T>
void check_splits() {
    const std::size_t n = 3 * width<T> + 3;
    const problem<T> p(n, 3);
    const auto expected = solve<Optimizer>(p);
    for (std::size_t cut = 0; cut <= n; ++cut) {
        CAPTURE(cut);
        const auto halves = [&](auto& x) {
            using element = std::remove_pointer_t<decltype(x.data())>;
            return std::vector<std::span<element>>{{x.data(), cut}, {x.data() + cut, n - cut}};
        };
        Optimizer opt({cut, n - cut});
        auto parameters = p.start;
        for (std::size_t i = 0; i < p.gradients.size(); ++i)
            take_step(opt, halves(parameters), halves(p.gradients[i]), halves(p.further[i]));
        const std::span<const T> all(parameters);
        const bool first = outcome_of<Optimizer, T>(opt, all.first(cut), 0) == part(expected, 0, cut);
        const bool second = outcome_of<Optimizer, T>(opt, all.subspan(cut), 1) == part(expected, cut, n - cut);
        REQUIRE(first);
        REQUIRE(second);
    }
}

}  // namespace

TEST_CASE_TEMPLATE_DEFINE("an element gets the same bits at any offset of a tensor of any size", Rule, offsets_float) {
    check_sizes_and_offsets<optimizer<Rule>, float>();
}
TEST_CASE_TEMPLATE_APPLY(offsets_float, one_pass_rules);

TEST_CASE("an element of type double gets the same bits at any offset of a tensor of any size") {
    check_sizes_and_offsets<optimizer<adamw_rule, double>, double>();
    check_sizes_and_offsets<optimizer<choosy, double>, double>();
}

TEST_CASE("an element gets the same bits at any offset under strict numerics and in one loop per operation") {
    check_sizes_and_offsets<optimizer<adamw_rule, float, strict>, float>();
    check_sizes_and_offsets<naive<adamw_rule>, float>();
    check_sizes_and_offsets<naive<choosy>, float>();
}

TEST_CASE("a tensor in two pieces gets the same bits as in one") {
    check_splits<optimizer<adamw_rule>, float>();
    check_splits<optimizer<choosy>, float>();
    check_splits<optimizer<delays, double>, double>();
    check_splits<naive<shuffled>, float>();
}
