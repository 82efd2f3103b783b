// expect: furl[E14]: an expression of more than 200 operations in a chain
#include <furl/furl.hpp>

#include <vector>

template <int Depth>
constexpr auto chain() {
#ifdef CORRECTED
    if constexpr (Depth == 20) return furl::grad;
#else
    if constexpr (Depth == 250) return furl::grad;
#endif
    else return chain<Depth + 1>() * 0.5;
}

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto update = furl::param - lr * chain<0>();
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
}
