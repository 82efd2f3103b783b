// expect: furl[E23]: an expression has no value
#include <furl/furl.hpp>

#include <vector>

template <class X>
constexpr int halvings(const X& x) {
    int n = 0;
    while (x > 0) ++n;
    return n;
}

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto m = select(furl::grad > 0, furl::grad * 0.5, furl::grad);
#else
    static constexpr auto m = furl::grad * halvings(furl::grad);
#endif

    static constexpr auto update = furl::param - lr * m;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt.step(weights, gradients);
}
