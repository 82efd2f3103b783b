// expect: furl[E30]: a step takes parameters, gradients, and further inputs by name
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto update = furl::param - lr * furl::grad / furl::input<"h">;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    const std::vector<float> hessian(10, 1.0f);
    furl::optimizer<my_rule> opt(weights.size());
#ifdef CORRECTED
    opt.step(weights, gradients, furl::input<"h"> = hessian);
#else
    opt.step(weights, gradients, hessian);
#endif
}
