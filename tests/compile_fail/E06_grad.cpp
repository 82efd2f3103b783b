// expect: furl[E06]: only an ema has a decay and can be bias corrected
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto update = furl::param - lr * furl::grad;
#else
    static constexpr auto update = furl::param - lr * bias_corrected(furl::grad);
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
}
