// expect: furl[E42]: a loop for each operation is over streams of the element type
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
    furl::naive<my_rule> opt(weights.size());
#else
    furl::naive<my_rule, float, furl::storage<furl::states_as<furl::bfloat16>>> opt(weights.size());
#endif
    opt.step(weights, gradients);
}
