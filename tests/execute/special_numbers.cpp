#include <doctest/doctest.h>

#include <support/rules.hpp>

#include <cmath>
#include <limits>

using namespace furl;
using namespace furl::tests;

namespace {

/// What min, max, clamp, sign and the comparisons make of NaN, infinities and zeros.
struct corners {
    static constexpr auto a = param;
    static constexpr auto b = grad;
    static constexpr auto update =
        with(a, record<"min">(min(a, b)), record<"max">(max(a, b)), record<"clamp">(clamp(a, -1, 1)),
             record<"clamp between">(clamp(0.5, a, b)), record<"sign">(sign(a)), record<"unequal">(truth(a != b)),
             record<"equal">(truth(a == b)), record<"ordered">(truth(a < b || a >= b)),
             record<"not less">(truth(!(a < b))), record<"chosen">(select(a < b, a, b)), record<"negative">(-a),
             record<"magnitude">(abs(a)), record<"largest">(max_abs(a) + 0 * b), record<"biggest yet">(max(a, step)));
};

template <class T>
constexpr T not_a_number = std::numeric_limits<T>::quiet_NaN();
template <class T>
constexpr T infinity = std::numeric_limits<T>::infinity();

template <class T>
using fused_default = optimizer<corners, T>;
template <class T>
using fused_strict = optimizer<corners, T, strict>;
template <class T>
using on_scalars = optimizer<corners, T, one_element_at_a_time>;
template <class T>
using in_loops = naive<corners, T>;

template <class Optimizer>
struct corner_values {
    using T = typename Optimizer::value_type;
    std::vector<T> a, b;
    Optimizer opt;

    corner_values(std::vector<T> x, std::vector<T> y) : a(x), b(y), opt(a.size()) { opt.step(x, b); }

    auto operator[](std::string_view name) { return opt.state(name); }
};

template <class T>
bool is(T x, T expected) {
    return same_bits(x, expected);
}

}  // namespace

#define EVERY_PATH                                                                                             \
    fused_default<float>, fused_default<double>, fused_strict<float>, fused_strict<double>, on_scalars<float>, \
        on_scalars<double>, in_loops<float>, in_loops<double>

TEST_CASE_TEMPLATE("min and max are NaN if either operand is, in any lane", Optimizer, EVERY_PATH) {
    using T = typename Optimizer::value_type;
    for (std::size_t n = 1; n < 40; n += 3)
        for (std::size_t i = 0; i < n; ++i) {
            std::vector<T> numbers(n, 1), a = numbers, b = numbers;
            a[i] = b[i] = not_a_number<T>;
            corner_values<Optimizer> first(a, numbers), second(numbers, b), both(a, b);
            for (std::string name : {"min", "max"})
                for (std::size_t k = 0; k < n; ++k) {
                    CAPTURE(name);
                    REQUIRE(std::isnan(first[name][k]) == (k == i));
                    REQUIRE(std::isnan(second[name][k]) == (k == i));
                    REQUIRE(std::isnan(both[name][k]) == (k == i));
                }
        }
}

TEST_CASE_TEMPLATE("min and max of equal operands are the second one", Optimizer, EVERY_PATH) {
    using T = typename Optimizer::value_type;
    corner_values<Optimizer> v({T(0), T(-0.0), infinity<T>, -infinity<T>}, {T(-0.0), T(0), infinity<T>, -infinity<T>});
    for (std::string name : {"min", "max"}) {
        CHECK(is(v[name][0], T(-0.0)));
        CHECK(is(v[name][1], T(0)));
        CHECK(is(v[name][2], infinity<T>));
        CHECK(is(v[name][3], -infinity<T>));
    }
}

TEST_CASE_TEMPLATE("min and max order infinities as numbers", Optimizer, EVERY_PATH) {
    using T = typename Optimizer::value_type;
    corner_values<Optimizer> v({infinity<T>, -infinity<T>, T(2)}, {T(1), T(1), infinity<T>});
    CHECK(first_difference(v["min"], std::vector<T>{1, -infinity<T>, 2}) == nowhere);
    CHECK(first_difference(v["max"], std::vector<T>{infinity<T>, 1, infinity<T>}) == nowhere);
    CHECK(first_difference(v["biggest yet"], std::vector<T>{infinity<T>, 1, 2}) == nowhere);
}

TEST_CASE_TEMPLATE("clamp holds infinities, keeps NaN and the sign of zero", Optimizer, EVERY_PATH) {
    using T = typename Optimizer::value_type;
    corner_values<Optimizer> v({not_a_number<T>, infinity<T>, -infinity<T>, T(-0.0), T(0), T(0.25), T(3)},
                               std::vector<T>(7, 5));
    CHECK(first_difference(v["clamp"], std::vector<T>{not_a_number<T>, 1, -1, T(-0.0), 0, T(0.25), 1}) == nowhere);
}

TEST_CASE_TEMPLATE("clamp ignores a bound that is NaN", Optimizer, EVERY_PATH) {
    using T = typename Optimizer::value_type;
    corner_values<Optimizer> v({not_a_number<T>, T(0), T(1), not_a_number<T>},
                               {T(1), not_a_number<T>, not_a_number<T>, T(0.25)});
    CHECK(first_difference(v["clamp between"], std::vector<T>{T(0.5), T(0.5), 1, T(0.25)}) == nowhere);
}

TEST_CASE_TEMPLATE("the sign of a zero or a NaN is itself", Optimizer, EVERY_PATH) {
    using T = typename Optimizer::value_type;
    corner_values<Optimizer> v({T(0), T(-0.0), not_a_number<T>, infinity<T>, -infinity<T>, T(1e-30), T(-7)},
                               std::vector<T>(7, 1));
    CHECK(first_difference(v["sign"], std::vector<T>{0, T(-0.0), not_a_number<T>, 1, -1, 1, -1}) == nowhere);
}

TEST_CASE_TEMPLATE("with a NaN only != and negations are true", Optimizer, EVERY_PATH) {
    using T = typename Optimizer::value_type;
    corner_values<Optimizer> v({not_a_number<T>, T(1), not_a_number<T>}, {T(1), not_a_number<T>, not_a_number<T>});
    for (std::size_t i = 0; i < 3; ++i) {
        CAPTURE(i);
        CHECK(v["unequal"][i] == 1);
        CHECK(v["equal"][i] == 0);
        CHECK(v["ordered"][i] == 0);
        CHECK(v["not less"][i] == 1);
        CHECK(is(v["chosen"][i], v.b[i]));
    }
}

TEST_CASE_TEMPLATE("zeros of both signs are equal, and negation and abs change the sign bit alone", Optimizer,
                   EVERY_PATH) {
    using T = typename Optimizer::value_type;
    corner_values<Optimizer> v({T(0), T(-0.0)}, {T(-0.0), T(0)});
    CHECK(first_difference(v["equal"], std::vector<T>{1, 1}) == nowhere);
    CHECK(first_difference(v["unequal"], std::vector<T>{0, 0}) == nowhere);
    CHECK(first_difference(v["negative"], std::vector<T>{T(-0.0), T(0)}) == nowhere);
    CHECK(first_difference(v["magnitude"], std::vector<T>{0, 0}) == nowhere);
}

TEST_CASE_TEMPLATE("a gradient that is not finite reaches its parameter and no other", Rule, descent, heavy_momentum,
                   adamw_rule, amsgrad_rule, averaged) {
    for (float bad : {not_a_number<float>, infinity<float>, -infinity<float>})
        for (std::size_t n : {1u, 9u, 33u, 70u})
            for (std::size_t i = 0; i < n; i += 5) {
                CAPTURE(bad);
                CAPTURE(n);
                CAPTURE(i);
                problem<float> p(n, 3);
                const auto good = solve<optimizer<Rule>>(p).parameters;
                p.gradients[1][i] = bad;
                const auto result = solve<optimizer<Rule>>(p).parameters;
                for (std::size_t k = 0; k < n; ++k)
                    if (k != i) REQUIRE(same_bits(result[k], good[k]));
                CHECK(!std::isfinite(result[i]));
                problem<double> exact(n, 0);
                for (std::size_t s = 0; s < 3; ++s) {
                    exact.gradients.emplace_back(p.gradients[s].begin(), p.gradients[s].end());
                    exact.further.emplace_back(n);
                }
                CHECK(std::isnan(result[i]) == std::isnan(solve<reference<Rule>>(exact).parameters[i]));
            }
}

TEST_CASE("a gradient that is not finite reaches all parameters through a norm") {
    for (float bad : {not_a_number<float>, infinity<float>}) {
        problem<float> p(100, 1);
        p.gradients[0][57] = bad;
        const auto result = solve<optimizer<clipped>>(p).parameters;
        CHECK(std::isnan(result[57]));
        for (std::size_t i = 0; i < 100; ++i)
            // A norm of infinity scales to 0.
            if (i != 57) REQUIRE((bad != bad ? std::isnan(result[i]) : result[i] == p.start[i]));
    }
}

TEST_CASE("a rule can leave a tensor alone where a gradient is not finite") {
    problem<float> p(100, 1);
    for (float bad : {not_a_number<float>, infinity<float>}) {
        p.gradients[0][99] = bad;
        CHECK(first_difference(solve<optimizer<centered>>(p).parameters, p.start) == nowhere);
        p.gradients[0][99] = 1;
        p.gradients[0][0] = bad;
        CHECK(first_difference(solve<optimizer<centered>>(p).parameters, p.start) == nowhere);
        CHECK(first_difference(solve<naive<centered>>(p).parameters, p.start) == nowhere);
        p.gradients[0][0] = 1;
    }
}
