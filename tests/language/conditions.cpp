#include <doctest/doctest.h>

#include <support/rules.hpp>

using namespace furl;
using namespace furl::tests;

// A program may shift into a stream that is only declared, as doctest does: operators look at its type and say no.
struct declared_only;
template <class T>
concept Shifted = requires(declared_only& stream, const T& x) { stream << x; };
static_assert(!Shifted<decltype(furl::param)> && !Expression<declared_only> && !Expression<void> && !Expression<int()>);
static_assert(Expression<decltype(furl::grad)&>);

namespace {

/// Conditions of each domain, alone and together.
struct conditions {
    static constexpr auto of_step = step > 2;
    static constexpr auto of_hyper = hyper<"on">(1) != 0;
    static constexpr auto of_tensor = max_abs(grad) < 2;
    static constexpr auto of_element = grad < 0;
    static constexpr auto named = let<"named">(of_step && of_tensor);

    static constexpr auto update =
        with(select(of_step, param + 1, param), record<"tensor">(select(of_tensor, param, grad)),
             record<"element">(select(of_element, param, grad)), record<"all">(truth(of_step&& of_tensor&& of_element)),
             record<"any">(truth(of_step || of_tensor || of_element)), record<"none">(truth(!(of_step || of_element))),
             record<"not tensor">(truth(!of_tensor)), record<"of named">(select(named, 1, 2)),
             record<"hyper">(select(of_hyper&& of_element, grad, -grad)),
             record<"nested">(select(of_element, select(of_step, 1, 2), select(of_tensor, 3, 4))),
             record<"number">(truth(3 < step)), record<"second number">(truth(grad <= 0.5)),
             record<"scalar branches">(select(of_element, step, hyper<"on">())));
};

struct warm {
    static constexpr auto update = param - select(step < 10, 0.1, 0.2) * grad;
};

template <class Optimizer>
void check_conditions() {
    using T = typename Optimizer::value_type;
    const std::size_t n = 11;
    Optimizer opt(n);
    auto w = normal_values<T>(n, 1);
    for (int t = 1; t <= 5; ++t)
        for (double on : {1.0, 0.0}) {
            // Two steps for each value of on: the count of steps goes on.
            opt.set("on", on);
            const auto step = static_cast<int>(opt.step_count()) + 1;
            auto g = normal_values<T>(n, static_cast<unsigned>(t));
            for (auto& x : g) x = std::clamp(x, T(-1.5), T(1.5));
            if (t % 2) g[3] = 5;
            const auto old = w;
            opt.step(w, g);
            const bool small = t % 2 == 0, late = step > 2;
            for (std::size_t i = 0; i < n; ++i) {
                CAPTURE(step);
                CAPTURE(i);
                const bool negative = g[i] < 0;
                const auto is = [&](std::string_view name, double expected) {
                    return opt.state(name)[i] == static_cast<T>(expected);
                };
                CHECK(w[i] == (late ? old[i] + 1 : old[i]));
                CHECK(is("tensor", small ? old[i] : g[i]));
                CHECK(is("element", negative ? old[i] : g[i]));
                CHECK(is("all", late && small && negative));
                CHECK(is("any", late || small || negative));
                CHECK(is("none", !(late || negative)));
                CHECK(is("nested", negative ? (late ? 1 : 2) : (small ? 3 : 4)));
                CHECK(is("hyper", on != 0 && negative ? g[i] : -g[i]));
                CHECK(is("second number", g[i] <= T(0.5)));
                CHECK(is("scalar branches", negative ? step : on));
            }
            CHECK(opt.state(record<"not tensor">(truth(!conditions::of_tensor)))[0] == !small);
            CHECK(opt.state(record<"of named">(select(conditions::named, 1, 2)))[0] == (late && small ? 1 : 2));
            CHECK(opt.state(record<"number">(truth(3 < furl::step)))[0] == (3 < step));
        }
}

}  // namespace

TEST_CASE_TEMPLATE("conditions of steps, tensors and elements choose and combine", Optimizer, reference<conditions>,
                   optimizer<conditions>, naive<conditions>) {
    check_conditions<Optimizer>();
}

TEST_CASE("a condition of a step costs nothing per element") {
    static_assert(cost<warm>.operations() == 1);
    static_assert(cost<warm>.fused == 1);
    CHECK(true);
}
