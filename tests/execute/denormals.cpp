#include <doctest/doctest.h>

#include <support/rules.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

using namespace furl;
using namespace furl::tests;

namespace {

struct decaying {
    static constexpr auto m = ema<"m">(grad, 0.9);
    static constexpr auto update = param + 1e30 * m;
};

template <class T>
constexpr T denormal = std::numeric_limits<T>::min() / 16;

template <class Optimizer>
void check_flushed() {
    using T = typename Optimizer::value_type;
    for (std::size_t n : {1u, 7u, 64u}) {
        std::vector<T> w(n), g(n);
        Optimizer opt(n);
        for (auto& m : opt.state(decaying::m)) m = denormal<T>;
        opt.step(w, g);
        for (auto m : opt.state(decaying::m)) REQUIRE(m == 0);
        for (auto x : w) REQUIRE(x == 0);
        // A denormal result of numbers that are none.
        for (auto& m : opt.state(decaying::m)) m = std::numeric_limits<T>::min();
        opt.step(w, g);
        for (auto m : opt.state(decaying::m)) REQUIRE(m == 0);
        // A denormal gradient.
        for (auto& x : g) x = denormal<T>;
        opt.step(w, g);
        for (auto x : w) REQUIRE(x == 0);
    }
}

template <class Optimizer>
void check_kept() {
    using T = typename Optimizer::value_type;
    for (std::size_t n : {1u, 7u, 64u}) {
        std::vector<T> w(n), g(n);
        Optimizer opt(n);
        for (auto& m : opt.state(decaying::m)) m = denormal<T>;
        opt.step(w, g);
        for (auto m : opt.state(decaying::m)) REQUIRE(std::fpclassify(m) == FP_SUBNORMAL);
        for (auto x : w) REQUIRE(x > 0);
    }
}

}  // namespace

#if defined(__SSE2__) || (defined(__aarch64__) && defined(__GNUC__))

TEST_CASE_TEMPLATE("denormals count as zero inside a step", Optimizer, optimizer<decaying>, optimizer<decaying, double>,
                   optimizer<decaying, float, strict>, naive<decaying>, naive<decaying, double>,
                   optimizer<decaying, float, one_element_at_a_time, flush_denormals>) {
    check_flushed<Optimizer>();
}

TEST_CASE("a moment without gradients decays to zero and does not stick at a denormal") {
    std::vector<float> w(20), g(20);
    optimizer<decaying> flushed(20);
    optimizer<decaying, float, keep_denormals> kept(20);
    for (auto& m : flushed.state(decaying::m)) m = 1;
    for (auto& m : kept.state(decaying::m)) m = 1;
    for (int i = 0; i < 1200; ++i) flushed.step(w, g), kept.step(w, g);
    for (auto m : flushed.state(decaying::m)) CHECK(m == 0);
    for (auto m : kept.state(decaying::m)) CHECK(m > 0);
}

#endif

TEST_CASE_TEMPLATE("the policy keep_denormals computes with denormals", Optimizer,
                   optimizer<decaying, float, keep_denormals>, optimizer<decaying, double, keep_denormals>,
                   optimizer<decaying, float, strict, keep_denormals>,
                   optimizer<decaying, float, keep_denormals, strict>, naive<decaying, float, keep_denormals>,
                   optimizer<decaying, float, one_element_at_a_time>, reference<decaying>) {
    check_kept<Optimizer>();
}

#if defined(__SSE2__)

namespace {

// Sets the control register for a scope.
struct control_register {
    unsigned before = _mm_getcsr();
    explicit control_register(unsigned value) { _mm_setcsr(value); }
    ~control_register() { _mm_setcsr(before); }
};

constexpr unsigned defaults = 0x1f80, round_down = 0x2000, flush_and_zero = 0x8040;

}  // namespace

TEST_CASE("a step leaves the floating-point environment as it was") {
    for (unsigned value : {defaults, defaults | round_down, defaults | flush_and_zero, defaults | 0x40U}) {
        std::vector<float> w(50, 1), g(50, 1e-39F);
        optimizer<decaying> flushing(50);
        optimizer<decaying, float, keep_denormals> keeping(50);
        naive<decaying> loops(50);
        optimizer<clipped> two_passes(50);
        unsigned after[4];
        {
            const control_register set(value);
            flushing.step(w, g);
            after[0] = _mm_getcsr();
            two_passes.step(w, g);
            after[1] = _mm_getcsr();
            loops.step(w, g);
            after[2] = _mm_getcsr();
            keeping.step(w, g);
            after[3] = _mm_getcsr();
        }
        for (auto a : after) CHECK((a & ~0x3fU) == value);
    }
}

TEST_CASE("a step that throws leaves the floating-point environment as it was") {
    std::vector<float> w(50), g(50), short_one(49);
    optimizer<decaying> opt(50);
    const unsigned before = _mm_getcsr();
    CHECK_THROWS_AS(opt.step(w, short_one), std::invalid_argument);
    CHECK_THROWS_AS(opt.step(w, w), std::invalid_argument);
    CHECK(((_mm_getcsr() ^ before) & ~0x3fU) == 0);
    volatile float tiny = 1e-39F;
    CHECK(tiny * 0.5F > 0);
}

#endif
