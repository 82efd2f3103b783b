// A rule of 400 operations on 200 numbers of its own, which is more than one fold of the evaluator takes.
#include <furl/furl.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <utility>
#include <vector>

namespace {

template <int Part, int... I>
constexpr auto terms(std::integer_sequence<int, I...>) {
    return ((furl::grad * (Part + I / 128.0)) + ...);
}

struct large_rule {
    template <int Part>
    static constexpr auto part = terms<Part>(std::make_integer_sequence<int, 50>{});

    static constexpr auto first  = furl::let<"first">(part<0> + part<1>);
    static constexpr auto second = furl::let<"second">(part<2> + part<3>);
    static constexpr auto update = furl::param - furl::sqrt(first * first) - second;
};

// Each of the 200 products is the gradient times a number that binary fractions hold, and so is each sum.
double sum_of(int part) {
    double sum = 0;
    for (int i = 0; i < 50; ++i) sum += part + i / 128.0;
    return sum;
}

template <class Optimizer>
void check() {
    const std::size_t n = 19;
    std::vector<float> w(n, 0), g(n);
    for (std::size_t i = 0; i < n; ++i) g[i] = static_cast<float>(i % 4) - 1;
    Optimizer opt(n);
    CHECK(opt.step(w, g));
    for (std::size_t i = 0; i < n; ++i)
        CHECK(w[i] == -std::abs(g[i] * (sum_of(0) + sum_of(1))) - g[i] * (sum_of(2) + sum_of(3)));
}

}  // namespace

TEST_CASE("A rule of 400 operations with a number in every second one steps as written") {
    static_assert(furl::cost<large_rule>.operations() >= 200);  // a product and a sum are one fused operation
    check<furl::optimizer<large_rule>>();
    check<furl::naive<large_rule, float>>();
}
