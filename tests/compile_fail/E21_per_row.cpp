// expect: furl[E21]: skip_unless skips the whole step, so its condition must be one for all tensors
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
#ifdef CORRECTED
    static constexpr auto update = skip_unless(global(all_finite(furl::grad)), furl::param - furl::grad);
#else
    static constexpr auto update = skip_unless(per_row(all_finite(furl::grad)), furl::param - furl::grad);
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(furl::shape{2, 5});
    opt.step(weights, gradients);
}
