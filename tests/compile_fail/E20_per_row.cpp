// expect: furl[E20]: per_row() of something that is no reduction
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto update = furl::param - lr * furl::grad / max(per_row(max_abs(furl::grad)), 1e-8);
#else
    static constexpr auto update = furl::param - lr * furl::grad / max(per_row(furl::grad), 1e-8);
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(furl::shape{2, 5});
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
}
