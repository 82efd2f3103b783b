// expect: furl[E16]: the data has another element type than the optimizer
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto update = furl::param - lr * furl::grad / furl::input<"h">;
};

int main() {
    std::vector<float> weights(10), gradients(10);
#ifdef CORRECTED
    std::vector<float> hessian(10, 1.0f);
#else
    std::vector<double> hessian(10, 1.0);
#endif
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients, furl::input<"h"> = hessian);
}
