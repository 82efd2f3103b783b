// expect: furl[E03]: a state or let is defined twice
#include <furl/furl.hpp>

#include <iostream>
#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto beta = furl::hyper<"beta">(0.9);
    static constexpr auto m = furl::ema<"m">(furl::grad, beta);
#ifdef CORRECTED
    static constexpr auto v = furl::ema<"v">(square(furl::grad), beta);
#else
    static constexpr auto v = furl::ema<"m">(square(furl::grad), beta);
#endif

    static constexpr auto update = furl::param - lr * m / (sqrt(v) + 1e-8);
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::reference<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    static_assert(furl::cost<my_rule>.passes == 1);
    std::cout << furl::text<my_rule>() << furl::latex<my_rule>() << furl::dot<my_rule>() << furl::explain<my_rule>();
    weights.swap(gradients);
}
