// expect: furl[E14]: an expression of more than 200 operations in a chain
#include <furl/furl.hpp>

#include <vector>

template <int Depth, class X>
constexpr auto chain(const X& x) {
    if constexpr (Depth == 0) return x;
    else return chain<Depth - 1>(x) * 0.5;
}

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto first = furl::let<"first">(chain<125>(furl::grad));
    static constexpr auto update = furl::param - lr * chain<125>(first);
#else
    static constexpr auto update = furl::param - lr * chain<250>(furl::grad);
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
}
