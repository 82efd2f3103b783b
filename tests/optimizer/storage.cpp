#include <doctest/doctest.h>

#include <furl/furl.hpp>
#include <furl/runtime/any_optimizer.hpp>
#include <furl/zoo/adamw.hpp>

#include <support/messages.hpp>

#include <algorithm>
#include <span>
#include <vector>

using namespace furl;
using furl::tests::message_of;

namespace {

using halves = optimizer<zoo::adamw, float, storage<param_as<split<bfloat16>>, grad_as<bfloat16>, states_as<bfloat16>>>;
using eighths = optimizer<zoo::adamw, float, storage<state_as<"m", block8>, state_as<"v", block8_positive>>>;
using kept = optimizer<zoo::adamw, float, storage<param_as<master<bfloat16>>>>;

std::vector<bfloat16> all(std::size_t n, float x) { return std::vector<bfloat16>(n, bfloat16(x)); }

}  // namespace

TEST_CASE("bytes are those of the formats") {
    CHECK(optimizer<zoo::adamw>(1).info().bytes_per_parameter == 28);
    CHECK(halves::info().bytes_per_parameter == 4 * 2 + 2 + 2 * 4);
    CHECK(eighths::info().bytes_per_parameter == 12 + 4);
    CHECK(kept::info().bytes_per_parameter == 4 + 6 + 4 + 16);
}

TEST_CASE("a state is a span of what it is stored as, and its values are read as they are computed with") {
    halves opt(10);
    auto w = all(10, 1);
    const auto g = all(10, 0.5F);
    opt.step(w, g);
    std::span<bfloat16> m = opt.state(zoo::adamw::m);
    CHECK(float(m[9]) == doctest::Approx(0.05).epsilon(0.01));
    CHECK(opt.read_state("m", 0) == std::vector<float>(m.begin(), m.end()));
    CHECK(message_of([&] { opt.state("m"); }).find("another type") != std::string::npos);
    CHECK(message_of([&] { opt.read_state("q"); }).find("q") != std::string::npos);
    const auto& states = opt.info().states;
    CHECK(states[0].type == element_type::bfloat16);
    CHECK(states[2].name == "param.low");
    CHECK(states[2].type == element_type::uint16);
    CHECK(opt.state_bytes(2, 0).size() == 20);
}

TEST_CASE("blocks hold a code for each element and a scale for each block") {
    eighths opt({300, 5});
    std::vector<float> w0(300, 1), w1(5, 1), g0(300, 0.5F), g1(5, 2);
    opt.step({w0, w1}, {g0, g1});
    std::span<std::uint8_t> codes = opt.state(zoo::adamw::m, 0);
    CHECK(codes.size() == 300);
    CHECK(opt.info().states[2].name == "m.scale");
    CHECK(opt.state_bytes(2, 0).size() == 2 * sizeof(float));
    CHECK(opt.state_bytes(2, 1).size() == sizeof(float));
    CHECK(opt.read_state("m", 1)[4] == doctest::Approx(0.2).epsilon(1e-4));
    CHECK(opt.read_state("v", 0)[299] == doctest::Approx(0.00025).epsilon(1e-4));
}

TEST_CASE("a copy goes its own way, and a reset starts anew") {
    kept opt(40);
    auto w = all(40, 1);
    const std::vector<float> g(40, 0.5F);
    opt.step(w, g);
    auto w2 = w;
    kept copy(opt);
    opt.step(w, g);
    copy.step(w2, g);
    CHECK(std::ranges::equal(w, w2, {}, [](bfloat16 x) { return x.bits; }, [](bfloat16 x) { return x.bits; }));
    // Masters are taken again from what is then given.
    opt.reset();
    auto again = all(40, 5);
    opt.step(again, g);
    CHECK(float(again[0]) == doctest::Approx(5).epsilon(0.01));
}

TEST_CASE("a step of one tensor at a time is a step") {
    kept whole({20, 30}), one_by_one({20, 30});
    std::vector<std::vector<bfloat16>> w{all(20, 1), all(30, 2)}, x = w;
    const std::vector<std::vector<float>> g{std::vector<float>(20, 0.5F), std::vector<float>(30, -0.25F)};
    for (int t = 0; t < 3; ++t) {
        whole.step(w, g);
        one_by_one.step_tensor(1, x[1], g[1]);
        one_by_one.step_tensor(0, x[0], g[0]);
    }
    for (std::size_t i = 0; i < 2; ++i)
        for (std::size_t k = 0; k < w[i].size(); ++k) CHECK(w[i][k].bits == x[i][k].bits);
}

TEST_CASE("masters are taken in the first step of each tensor, whatever the number of the step") {
    const std::vector<float> g(4, 0.5F);
    kept opt({4, 4});
    opt.set("lr", 0.1);
    std::vector<std::vector<bfloat16>> w{all(4, 1), all(4, 1)};
    opt.set_step_count(100);
    opt.step_tensor(0, w[0], g);
    opt.finish_step();
    opt.step_tensor(0, w[0], g);
    opt.step_tensor(1, w[1], g);
    CHECK(float(w[1][3]) == doctest::Approx(0.9).epsilon(0.1));
    CHECK(float(w[0][3]) < float(w[1][3]));
}

TEST_CASE("states with formats go behind an interface of run time") {
    any_optimizer<float> opt = eighths(10);
    std::vector<float> w(10, 1), g(10, 0.5F);
    opt.step(w, g);
    CHECK(w[9] < 1);
    CHECK(opt.read_state("m", 0)[9] == doctest::Approx(0.05).epsilon(1e-4));
}

TEST_CASE("what does not fit is refused before anything is written") {
    halves opt(10);
    auto w = all(10, 1);
    const auto g = all(9, 1);
    CHECK(message_of([&] { opt.step(w, g); }).find("9 elements, expected 10") != std::string::npos);
    auto both = all(19, 1);
    CHECK(message_of([&] { opt.step(std::span(both).first(10), std::span(both).subspan(9)); }).find("overlap") != std::string::npos);
    CHECK(opt.step_count() == 0);
}

namespace {

// As a library has it.
struct other_bfloat16 {
    std::uint16_t bits = 0;
    operator float() const { return 0; }  // NOLINT(google-explicit-constructor)
};

}  // namespace

template <>
inline constexpr bool furl::holds<other_bfloat16, furl::bfloat16> = true;

TEST_CASE("another library's type of the same bits is taken") {
    halves opt(10);
    std::vector<other_bfloat16> w(10), g(10);
    for (auto& x : w) x.bits = bfloat16(1).bits;
    for (auto& x : g) x.bits = bfloat16(0.5F).bits;
    for (int t = 0; t < 10; ++t) opt.step(w, g);
    CHECK(w[9].bits < bfloat16(1).bits);
}
