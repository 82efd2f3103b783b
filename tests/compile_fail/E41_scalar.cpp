// expect: furl[E41]: the storage names a state or input that the rule
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto m = furl::ema<"m">(furl::grad, 0.9);

    static constexpr auto n = furl::accumulate<"n">(norm(furl::grad));
    static constexpr auto update = furl::param - lr * m / n;
};

int main() {
#ifdef CORRECTED
    furl::optimizer<my_rule, float, furl::storage<furl::state_as<"m", furl::bfloat16>>> opt(10);
#else
    furl::optimizer<my_rule, float, furl::storage<furl::state_as<"n", furl::bfloat16>>> opt(10);
#endif
    std::vector<float> weights(10), gradients(10);
    opt.step(weights, gradients);
}
