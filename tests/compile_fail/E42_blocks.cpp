// expect: furl[E42]: parameters are read by others
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto m = furl::ema<"m">(furl::grad, 0.9);

    static constexpr auto update = furl::param - lr * m;
};

int main() {
    std::vector<float> weights(10), gradients(10);
#ifdef CORRECTED
    furl::optimizer<my_rule, float, furl::storage<furl::states_as<furl::block8>>> opt(weights.size());
#else
    furl::optimizer<my_rule, float, furl::storage<furl::param_as<furl::block8>>> opt(weights.size());
#endif
    opt.step(weights, gradients);
}
