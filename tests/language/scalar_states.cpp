#include <doctest/doctest.h>

#include <support/rules.hpp>

#include <cmath>

using namespace furl;
using namespace furl::tests;

namespace {

/// States of one value per step and per tensor, and what reads them.
struct scalar_states {
    static constexpr auto lr = hyper<"lr">(0.5);
    static constexpr auto ticks = accumulate<"ticks">(step);
    static constexpr auto warm = ema<"warm">(lr * step, 0.5);
    static constexpr auto last_step = delay<"last_step">(step, -1);
    static constexpr auto size = ema<"size">(norm(grad), 0.5);
    static constexpr auto first_size = state<"first_size">(norm(grad), [](auto old) { return old; });
    static constexpr auto highest = running_max<"highest">(max_abs(grad));
    static constexpr auto elements = accumulate<"elements">(count);
    static constexpr auto corrected = record<"corrected">(bias_corrected(size));
    // One value per step that starts from one per tensor is one per tensor.
    static constexpr auto mixed = state<"mixed">(max_abs(param), [](auto old) { return old + step; });
    static constexpr auto update =
        with(param - grad * (ticks + warm + last_step) / (size + first_size), highest, elements, corrected, mixed);
};

template <class Optimizer>
void check_scalar_states() {
    using T = typename Optimizer::value_type;
    using R = scalar_states;
    Optimizer opt({3, 4});
    std::vector<std::vector<T>> w{{1, 2, 3}, {4, -5, 6, 7}};
    const std::vector<std::vector<T>> start = w;
    double ticks = 0, warm = 0, last = -1;
    std::vector<double> size(2), first(2), highest(2), elements(2);
    const double epsilon = 40 * static_cast<double>(std::numeric_limits<T>::epsilon());
    const auto close = [&](double x) { return doctest::Approx(x).epsilon(epsilon); };
    auto expected = std::vector<std::vector<double>>{{1, 2, 3}, {4, -5, 6, 7}};
    for (int t = 1; t <= 5; ++t) {
        std::vector<std::vector<T>> g{normal_values<T>(3, static_cast<unsigned>(t)),
                                      normal_values<T>(4, static_cast<unsigned>(t + 50))};
        opt.step(w, g);
        ticks += t;
        warm = 0.5 * warm + 0.5 * 0.5 * t;
        for (std::size_t k = 0; k < 2; ++k) {
            double squares = 0, most = 0;
            for (double x : g[k]) squares += x * x, most = std::max(most, std::fabs(x));
            size[k] = 0.5 * size[k] + 0.5 * std::sqrt(squares);
            if (t == 1) first[k] = std::sqrt(squares);
            highest[k] = std::max(highest[k], most);
            elements[k] += static_cast<double>(g[k].size());
            for (std::size_t i = 0; i < g[k].size(); ++i) {
                const double x = g[k][i];
                expected[k][i] -= x * (ticks + warm + last) / (size[k] + first[k]);
                CHECK(static_cast<double>(w[k][i]) == close(expected[k][i]));
            }
            CHECK(opt.state(R::size, k)[0] == close(size[k]));
            CHECK(opt.state(R::first_size, k)[0] == close(first[k]));
            CHECK(opt.state(R::highest, k)[0] == close(highest[k]));
            CHECK(opt.state(R::elements, k)[0] == elements[k]);
            CHECK(opt.state(R::corrected, k)[0] == close(size[k] / (1 - std::pow(0.5, t))));
            CHECK(opt.state(R::mixed, k)[0] == (k == 0 ? 3 : 7) + t * (t + 1) / 2);
        }
        CHECK(opt.state(R::ticks, 0)[0] == ticks);
        CHECK(opt.state(R::warm, 0)[0] == close(warm));
        last = t;
    }
    CHECK(opt.state(R::last_step, 0)[0] == 5);
    opt.reset();
    CHECK(opt.state(R::ticks, 0)[0] == 0);
    CHECK(opt.state(R::last_step, 1)[0] == -1);
    CHECK(opt.state(R::size, 1)[0] == 0);
}

}  // namespace

TEST_CASE_TEMPLATE("states of tensors and of steps are what plain loops make of them", Optimizer,
                   reference<scalar_states>, optimizer<scalar_states>, optimizer<scalar_states, double>,
                   naive<scalar_states, double>) {
    check_scalar_states<Optimizer>();
}

TEST_CASE("a state of a step is one value, a state of a tensor is one for each") {
    optimizer<scalar_states> opt({3, 4});
    CHECK(opt.state(scalar_states::ticks, 0).size() == 1);
    CHECK(opt.state(scalar_states::ticks, 0).data() == opt.state(scalar_states::ticks, 1).data());
    CHECK(opt.state(scalar_states::size, 0).size() == 1);
    CHECK(opt.state(scalar_states::size, 0).data() != opt.state(scalar_states::size, 1).data());
    static_assert(std::is_same_v<decltype(opt.state(scalar_states::size, 0)), std::span<double>>);
    static_assert(cost<scalar_states>.states == 0, "none of them is a stream");
}

TEST_CASE("a state of a tensor can be set between steps") {
    optimizer<scalar_states> opt(3);
    std::vector<float> w(3), g(3);
    opt.state(scalar_states::highest)[0] = 42;
    opt.step(w, g);
    CHECK(opt.state(scalar_states::highest)[0] == 42);
}
