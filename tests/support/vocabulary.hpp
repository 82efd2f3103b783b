#pragma once

#include <doctest/doctest.h>

#include <support/rules.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Every function and operator of the language, each kept in a state of its own, beside the same function of std in
// long double. One rule holds them all: a test runs it on the path it is about.
namespace furl::tests {

struct functions_of_one {
    static constexpr auto a = param;

    static constexpr auto update =
        with(a, record<"negate">(-a), record<"plus">(+a), record<"square">(square(a)), record<"cube">(cube(a)),
             record<"sqrt">(sqrt(a)), record<"rsqrt">(rsqrt(a)), record<"cbrt">(cbrt(a)), record<"abs">(abs(a)),
             record<"sign">(sign(a)), record<"floor">(floor(a)), record<"exp">(exp(a)), record<"expm1">(expm1(a)),
             record<"log">(log(a)), record<"log1p">(log1p(a)), record<"tanh">(tanh(a)), record<"sigmoid">(sigmoid(a)),
             record<"sin">(sin(a)), record<"cos">(cos(a)), record<"pow -1">(pow(a, -1)), record<"pow 1">(pow(a, 1)),
             record<"pow 2">(pow(a, 2)), record<"pow 3">(pow(a, 3)));
};

struct functions_of_more {
    static constexpr auto a = param;
    static constexpr auto b = grad;
    static constexpr auto c = input<"c">;

    static constexpr auto update =
        with(a, record<"add">(a + b), record<"subtract">(a - b), record<"multiply">(a* b), record<"divide">(a / b),
             record<"copysign">(copysign(a, b)), record<"min">(min(a, b)), record<"max">(max(a, b)),
             record<"pow">(pow(a, b)), record<"atan2">(atan2(a, b)), record<"clamp">(clamp(a, b, c)),
             record<"less">(truth(a < b)), record<"less_equal">(truth(a <= b)), record<"greater">(truth(a > b)),
             record<"greater_equal">(truth(a >= b)), record<"equal">(truth(a == b)), record<"not_equal">(truth(a != b)),
             record<"and">(truth(a < b && b < c)), record<"or">(truth(a < b || b < c)), record<"not">(truth(!(a < b))),
             record<"select">(select(a < c, a, b)), record<"number first">(2 / a), record<"number second">(a - 2),
             record<"min number">(min(a, 0.5)), record<"max number">(max(1, a)));
};

/// A function and what it is held to. Budgets are in units of the last place, for results in the normal range; the
/// maxima measured over 1.2 million arguments (scalar, then vector: SSE2, AVX2, AVX-512; glibc 2.36, xsimd 8.1) stand
/// beside them.
struct function_case {
    std::string_view name;
    long double (*exact)(long double a, long double b, long double c);
    double scalar_budget = 0;      ///< float and double, libm
    double vector_budget = 0;      ///< float and double, xsimd's or furl's
    bool vector_zero_sign = true;  ///< f(-0) is -0 on vectors too
    bool vector_denormals = true;  ///< denormal arguments are in the budget on vectors too, where they are kept
};

using real = long double;

inline constexpr std::array cases_of_one{
    function_case{"negate", [](real a, real, real) { return -a; }, 0, 0},
    function_case{"plus", [](real a, real, real) { return a; }, 0, 0},
    function_case{"square", [](real a, real, real) { return a * a; }, 0.501, 0.501},
    function_case{"cube", [](real a, real, real) { return a * a * a; }, 1.5, 1.5},  // 1.29, 1.29
    function_case{"sqrt", [](real a, real, real) { return std::sqrt(a); }, 0.501, 0.501},
    function_case{"rsqrt", [](real a, real, real) { return 1 / std::sqrt(a); }, 1.5, 1.5},      // 1.49, 1.49
    function_case{"cbrt", [](real a, real, real) { return std::cbrt(a); }, 4, 1, true, false},  // 3.24, 0.74
    function_case{"abs", [](real a, real, real) { return std::fabs(a); }, 0, 0},
    function_case{"sign", [](real a, real, real) { return a == 0 || a != a ? a : std::copysign(1.0L, a); }, 0, 0},
    function_case{"floor", [](real a, real, real) { return std::floor(a); }, 0, 0},
    function_case{"exp", [](real a, real, real) { return std::exp(a); }, 1, 2},                    // 0.51, 1.43
    function_case{"expm1", [](real a, real, real) { return std::expm1(a); }, 1, 2.5, false},       // 0.83, 2.00
    function_case{"log", [](real a, real, real) { return std::log(a); }, 1, 1, true, false},       // 0.81, 0.83
    function_case{"log1p", [](real a, real, real) { return std::log1p(a); }, 1, 1, false, false},  // 0.81, 0.82
    function_case{"tanh", [](real a, real, real) { return std::tanh(a); }, 2.5, 2},                // 2.11, 1.32
    function_case{"sigmoid", [](real a, real, real) { return 1 / (1 + std::exp(-a)); }, 3, 3},     // 2.34, 2.34
    function_case{"sin", [](real a, real, real) { return std::sin(a); }, 1, 2},                    // 0.57, 1.60
    function_case{"cos", [](real a, real, real) { return std::cos(a); }, 1, 2},                    // 0.57, 1.50
    function_case{"pow -1", [](real a, real, real) { return 1 / a; }, 0.501, 0.501},
    function_case{"pow 1", [](real a, real, real) { return a; }, 0, 0},
    function_case{"pow 2", [](real a, real, real) { return a * a; }, 0.501, 0.501},
    function_case{"pow 3", [](real a, real, real) { return a * a * a; }, 1.5, 1.5},  // 1.29, 1.29
};

inline constexpr auto smaller = [](real a, real b) { return a != a || b != b ? a + b : a < b ? a : b; };
inline constexpr auto larger = [](real a, real b) { return a != a || b != b ? a + b : b < a ? a : b; };

inline constexpr std::array cases_of_more{
    function_case{"add", [](real a, real b, real) { return a + b; }, 0.501, 0.501},
    function_case{"subtract", [](real a, real b, real) { return a - b; }, 0.501, 0.501},
    function_case{"multiply", [](real a, real b, real) { return a * b; }, 0.501, 0.501},
    function_case{"divide", [](real a, real b, real) { return a / b; }, 0.501, 0.501},
    function_case{"copysign", [](real a, real b, real) { return std::copysign(a, b); }, 0, 0},
    function_case{"min", [](real a, real b, real) { return smaller(a, b); }, 0, 0},
    function_case{"max", [](real a, real b, real) { return larger(a, b); }, 0, 0},
    function_case{"pow", [](real a, real b, real) { return std::pow(a, b); }, 1, 1.5},    // 0.53, 1.05
    function_case{"atan2", [](real a, real b, real) { return std::atan2(a, b); }, 2, 4},  // 1.43, 2.65
    function_case{"clamp", [](real a, real b, real c) { return a < b   ? b
                                                               : c < a ? c
                                                                       : a; }, 0, 0},
    function_case{"less", [](real a, real b, real) -> real { return a < b; }, 0, 0},
    function_case{"less_equal", [](real a, real b, real) -> real { return a <= b; }, 0, 0},
    function_case{"greater", [](real a, real b, real) -> real { return a > b; }, 0, 0},
    function_case{"greater_equal", [](real a, real b, real) -> real { return a >= b; }, 0, 0},
    function_case{"equal", [](real a, real b, real) -> real { return a == b; }, 0, 0},
    function_case{"not_equal", [](real a, real b, real) -> real { return a != b; }, 0, 0},
    function_case{"and", [](real a, real b, real c) -> real { return a < b && b < c; }, 0, 0},
    function_case{"or", [](real a, real b, real c) -> real { return a < b || b < c; }, 0, 0},
    function_case{"not", [](real a, real b, real) -> real { return !(a < b); }, 0, 0},
    function_case{"select", [](real a, real b, real c) { return a < c ? a : b; }, 0, 0},
    function_case{"number first", [](real a, real, real) { return 2 / a; }, 0.501, 0.501},
    function_case{"number second", [](real a, real, real) { return a - 2; }, 0.501, 0.501},
    function_case{"min number", [](real a, real, real) { return smaller(a, 0.5L); }, 0, 0},
    function_case{"max number", [](real a, real, real) { return larger(1.0L, a); }, 0, 0},
};

/// The arguments of a run, and what each function made of them.
template <class T>
struct vocabulary_run {
    std::vector<T> a, b, c;
    std::vector<std::vector<T>> results;
};

template <class Rule, class T, class Cases, class... Policies>
vocabulary_run<T> run_vocabulary(const Cases& cases, const std::vector<T>& a, const std::vector<T>& b,
                                 const std::vector<T>& c) {
    vocabulary_run<T> run{a, b, c, {}};
    auto parameters = a;
    optimizer<Rule, T, Policies...> opt(a.size());
    if constexpr (requires { Rule::c; }) opt.step(parameters, b, input<"c"> = c);
    else opt.step(parameters, b);
    for (const auto& f : cases) {
        const auto values = opt.state(f.name);
        run.results.emplace_back(values.begin(), values.end());
    }
    return run;
}

/// Whether a result is as good as its table row says. Where the exact result is below the normal range, zero will do;
/// where it is above half of the largest number, infinity will (xsimd's exp of floats ends at 88.38, not 88.72).
template <class T>
bool within(T x, long double exact, double budget) {
    using limits = std::numeric_limits<T>;
    const bool inexact = budget > 0.501;
    if (inexact && std::fabs(exact) < limits::min()) return std::fabs(x) <= limits::min();
    if (inexact && std::isfinite(exact) && std::fabs(exact) > limits::max() / 2 && std::isinf(x))
        return std::signbit(x) == std::signbit(exact);
    return ulps(x, exact) <= budget;
}

enum class path { scalar, vector };

/// Holds every function to its row, over special values and random ones.
template <path Path, class T, class Cases>
void check_vocabulary(const Cases& cases, const vocabulary_run<T>& run) {
    for (std::size_t k = 0; k < cases.size(); ++k) {
        const function_case& f = cases[k];
        const double budget = Path == path::scalar ? f.scalar_budget : f.vector_budget;
        const auto denormal = [](T x) { return x != 0 && std::fabs(x) < std::numeric_limits<T>::min(); };
        double worst = 0;
        std::size_t failures = 0;
        for (std::size_t i = 0; i < run.a.size(); ++i) {
            const T x = run.results[k][i];
            if (Path == path::vector && !f.vector_denormals && denormal(run.a[i])) continue;
            const long double exact = f.exact(run.a[i], run.b[i], run.c[i]);
            const bool zero = x == 0 && exact == 0 && (Path == path::scalar || f.vector_zero_sign);
            const bool good = within(x, exact, budget) && (!zero || std::signbit(x) == std::signbit(exact));
            if (good && std::isfinite(exact) && std::fabs(exact) >= std::numeric_limits<T>::min() && std::isfinite(x))
                worst = std::max(worst, ulps(x, exact));
            if (good || ++failures > 3) continue;
            const auto name = std::string(f.name);
            const double a = run.a[i], b = run.b[i], c = run.c[i], expected = static_cast<double>(exact);
            CAPTURE(name);
            CAPTURE(a);
            CAPTURE(b);
            CAPTURE(c);
            CAPTURE(expected);
            CHECK(static_cast<double>(x) == expected);
        }
        const auto name = std::string(f.name);
        CAPTURE(name);
        CHECK(failures == 0);
        CHECK(worst <= budget);  // run with -s to see what is measured
    }
}

/// Special values, and random ones of all magnitudes and of the middle ones.
template <class T>
std::vector<T> arguments(unsigned seed) {
    auto values = special_values<T>();
    for (auto x : spread_values<T>(4000, seed, 1e-30, 1e3)) values.push_back(x);
    for (auto x : normal_values<T>(4000, seed + 1, 10)) values.push_back(x);
    for (auto x : normal_values<T>(4000, seed + 2, 1)) values.push_back(x);
    return values;
}

template <path Path, class T, class... Policies>
void check_functions_of_one() {
    const auto a = arguments<T>(1);
    check_vocabulary<Path>(
        cases_of_one, run_vocabulary<functions_of_one, T, decltype(cases_of_one), Policies...>(cases_of_one, a, a, a));
}

template <path Path, class T, class... Policies>
void check_functions_of_more() {
    // Each special value with each, then random ones.
    const auto special = special_values<T>();
    std::vector<T> a, b, c;
    for (std::size_t i = 0; i < special.size(); ++i)
        for (std::size_t j = 0; j < special.size(); ++j) {
            a.push_back(special[i]);
            b.push_back(special[j]);
            c.push_back(special[(i + 3 * j) % special.size()]);
        }
    const auto more = arguments<T>(11);
    for (std::size_t i = special.size(); i < more.size(); ++i) {
        a.push_back(more[i]);
        b.push_back(more[special.size() + (i * 7) % (more.size() - special.size())]);
        c.push_back(more[special.size() + (i * 13) % (more.size() - special.size())]);
    }
    check_vocabulary<Path>(cases_of_more, run_vocabulary<functions_of_more, T, decltype(cases_of_more), Policies...>(
                                              cases_of_more, a, b, c));
}

}  // namespace furl::tests
