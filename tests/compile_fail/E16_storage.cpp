// expect: furl[E16]: the data has another element type than the optimizer
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto m = furl::ema<"m">(furl::grad, 0.9);

    static constexpr auto update = furl::param - lr * m;
};

int main() {
    std::vector<float> weights(10);
    std::vector<furl::bfloat16> gradients(10);
#ifdef CORRECTED
    furl::optimizer<my_rule, float, furl::storage<furl::grad_as<furl::bfloat16>>> opt(weights.size());
#else
    furl::optimizer<my_rule, float, furl::storage<furl::grad_as<furl::float16>>> opt(weights.size());
#endif
    opt.step(weights, gradients);
}
