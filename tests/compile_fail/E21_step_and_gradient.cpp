// expect: furl[E21]: this condition of skip_unless is false in the first step
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto update = skip_nonfinite(only_if(furl::step > 3, furl::param - lr * furl::grad));
#else
    static constexpr auto update = skip_nonfinite(skip_unless(furl::step > 3, furl::param - lr * furl::grad));
#endif

};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt.step(weights, gradients);
}
