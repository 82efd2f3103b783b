// expect: furl[E30]: a step takes parameters, gradients, and further inputs by name
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);

    static constexpr auto update = furl::param - lr * furl::grad;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
#ifdef CORRECTED
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
#else
    opt.step(weights, gradients, 0.05);
#endif
}
