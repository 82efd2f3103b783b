// expect: furl[E17]: this is no hyperparameter
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto beta = furl::hyper<"beta">(0.9);
    static constexpr auto m = furl::ema<"m">(furl::grad, beta);

    static constexpr auto update = furl::param - lr * m;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
#ifdef CORRECTED
    opt.state(my_rule::m)[0] = 0.05f;
#else
    opt[my_rule::m] = 0.05;
#endif
    opt.step(weights, gradients);
}
