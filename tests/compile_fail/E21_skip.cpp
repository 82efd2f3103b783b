// expect: furl[E21]: skip_unless skips the whole step
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto update = skip_unless(global(all_finite(furl::grad)), furl::param - lr * furl::grad);
#else
    static constexpr auto update = skip_unless(all_finite(furl::grad), furl::param - lr * furl::grad);
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
}
