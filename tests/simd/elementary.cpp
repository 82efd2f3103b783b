#include <furl/simd/denormals.hpp>
#include <furl/simd/simd.hpp>

#include <doctest/doctest.h>

#include <support/compare.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

// The functions that are furl's own, over more of their range than the table of all functions goes, and as a step runs
// them: without denormals.
using namespace furl;
using namespace furl::tests;

// The types of numbers model the concept. This is asserted here and not in their headers, because programs should not pay for it.
static_assert(LaneArithmetic<float> && LaneArithmetic<double>);
static_assert(LaneArithmetic<vector_of<float>> && LaneArithmetic<vector_of<double>>);

namespace {

using A = arithmetic<vector_of<float>>;

template <class Function>
std::vector<float> on_vectors(const std::vector<float>& x, const std::vector<float>& y, Function function) {
    const flush_denormals environment;
    std::vector<float> result(x.size());
    for (std::size_t i = 0; i < x.size(); i += A::width) A::store(&result[i], function(A::load(&x[i]), A::load(&y[i])));
    return result;
}

std::vector<float> uniform_floats(std::uint32_t seed, float from, float to) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> uniform(from, to);
    std::vector<float> x(1 << 16);
    for (auto& v : x) v = uniform(random);
    return x;
}

std::vector<float> powers_of_2(std::vector<float> x) {
    for (auto& v : x) v = std::exp2(v);
    return x;
}

// The largest distance from the exact result, where that is a normal float.
template <class Exact>
double worst(const std::vector<float>& result, Exact exact) {
    double most = 0;
    for (std::size_t i = 0; i < result.size(); ++i) {
        const long double e = exact(i);
        if (std::fabs(e) >= 0x1p-126L && std::fabs(e) <= static_cast<long double>(std::numeric_limits<float>::max()))
            most = std::max(most, ulps(result[i], e));
    }
    return most;
}

}  // namespace

#if defined(__FMA__) || defined(__AVX512F__) || defined(__aarch64__)
TEST_CASE("a product and a sum of vectors are rounded once, where there is an instruction for it") {
    const auto x = A::broadcast(1 + 0x1p-12F), square = A::multiply(x, x);
    float lost[A::width];
    A::store(lost, A::fms(x, x, square));
    CHECK(lost[0] == 0x1p-24F);
    A::store(lost, A::fma(x, A::negate(x), square));
    CHECK(lost[0] == -0x1p-24F);
    A::store(lost, A::fnma(x, x, square));
    CHECK(lost[0] == -0x1p-24F);
}
#endif

TEST_CASE("powers are within 1.1 ULP over the whole range of results") {
    struct {
        std::vector<float> x, y;
    } cases[] = {{powers_of_2(uniform_floats(1, -126, 127)), uniform_floats(2, -2, 2)},
                 {powers_of_2(uniform_floats(3, -1, 1)), uniform_floats(4, -126, 126)},
                 {uniform_floats(5, 0.5F, 2), uniform_floats(6, -300, 300)},
                 {uniform_floats(7, 0.999F, 1.001F), uniform_floats(8, -80000, 80000)},
                 {uniform_floats(9, 0, 1), std::vector<float>(1 << 16, 0.25F)}};
    for (const auto& c : cases) {
        const auto result = on_vectors(c.x, c.y, [](auto x, auto y) { return A::pow(x, y); });
        CHECK(worst(result, [&](std::size_t i) { return std::pow(static_cast<long double>(c.x[i]), static_cast<long double>(c.y[i])); }) <= 1.1);
    }
}

TEST_CASE("cube roots are within 1 ULP over the whole range") {
    for (float sign : {1.0F, -1.0F}) {
        auto x = powers_of_2(uniform_floats(10, -126, 127.9F));
        for (auto& v : x) v *= sign;
        const auto result = on_vectors(x, x, [](auto v, auto) { return A::cbrt(v); });
        CHECK(worst(result, [&](std::size_t i) { return std::cbrt(static_cast<long double>(x[i])); }) <= 1);
    }
}
