// expect: furl[E42]: a format is float, double,
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto m = furl::ema<"m">(furl::grad, 0.9);

    static constexpr auto update = furl::param - lr * m;
};

int main() {
#ifdef CORRECTED
    furl::optimizer<my_rule, float, furl::storage<furl::states_as<furl::nearest<float>>>> opt(10);
#else
    furl::optimizer<my_rule, float, furl::storage<furl::states_as<furl::nearest<int>>>> opt(10);
#endif
    std::vector<float> weights(10), gradients(10);
    opt.step(weights, gradients);
}
