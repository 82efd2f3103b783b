// expect: furl[E14]: the rule is too large
#include <furl/furl.hpp>

#include <utility>
#include <vector>

// A polynomial of the gradient as a sum of single terms.
template <int Part, int... I>
constexpr auto terms(std::integer_sequence<int, I...>) {
    return ((furl::grad * (Part + I / 100.0)) + ...);
}

template <int Part>
constexpr auto part() {
#ifdef CORRECTED
    return terms<Part>(std::make_integer_sequence<int, 50>{});
#else
    return terms<Part>(std::make_integer_sequence<int, 100>{});
#endif
}

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto update = furl::param - lr * (part<0>() + part<1>() + part<2>() + part<3>());
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
}
