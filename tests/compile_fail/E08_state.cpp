// expect: furl[E08]: 'updated' is the value after the update
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto beta = furl::hyper<"beta">(0.9);
    static constexpr auto m = furl::ema<"m">(furl::updated, beta, furl::param);

#ifdef CORRECTED
    static constexpr auto update = furl::param - lr * furl::grad + 0.1 * (previous(m) - furl::param);
#else
    static constexpr auto update = furl::param - lr * furl::grad + 0.1 * (m - furl::param);
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
    return opt.state(my_rule::m)[0] > 0;
}
