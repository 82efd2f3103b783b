// expect: furl[E42]: behind any_optimizer, grouped_optimizer and names of run time
#include <furl/furl.hpp>
#include <furl/runtime/any_optimizer.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto m = furl::ema<"m">(furl::grad, 0.9);

    static constexpr auto update = furl::param - lr * m;
};

int main() {
#ifdef CORRECTED
    furl::any_optimizer<float> opt = furl::optimizer<my_rule, float, furl::storage<furl::states_as<furl::bfloat16>>>(10);
#else
    furl::any_optimizer<float> opt = furl::optimizer<my_rule, float, furl::storage<furl::param_as<furl::bfloat16>>>(10);
#endif
    std::vector<float> weights(10), gradients(10);
    opt.step(weights, gradients);
}
