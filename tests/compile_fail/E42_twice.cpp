// expect: furl[E42]: the storage gives two formats to the same
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto m = furl::ema<"m">(furl::grad, 0.9);

    static constexpr auto update = furl::param - lr * m;
};

int main() {
#ifdef CORRECTED
    furl::optimizer<my_rule, float, furl::storage<furl::states_as<furl::bfloat16>, furl::state_as<"m", float>>> opt(10);
#else
    furl::optimizer<my_rule, float, furl::storage<furl::states_as<furl::bfloat16>, furl::states_as<float>>> opt(10);
#endif
    std::vector<float> weights(10), gradients(10);
    opt.step(weights, gradients);
}
