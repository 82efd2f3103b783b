// expect: furl[E42]: formats of less than 32 bits are of an optimizer of float
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto m = furl::ema<"m">(furl::grad, 0.9);

    static constexpr auto update = furl::param - lr * m;
};

int main() {
    std::vector<double> weights(10), gradients(10);
#ifdef CORRECTED
    furl::optimizer<my_rule, double, furl::storage<furl::states_as<float>>> opt(weights.size());
#else
    furl::optimizer<my_rule, double, furl::storage<furl::states_as<furl::bfloat16>>> opt(weights.size());
#endif
    opt.step(weights, gradients);
}
