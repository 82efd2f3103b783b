// expect: furl[E30]: a step input is one number for the whole step
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);

    static constexpr auto update = furl::param - lr * furl::step_input<"loss"> * furl::grad;
};

int main() {
    std::vector<float> weights(10), gradients(10), losses(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
#ifdef CORRECTED
    opt.step(weights, gradients, furl::step_input<"loss"> = losses[0]);
#else
    opt.step(weights, gradients, furl::step_input<"loss"> = losses);
#endif
}
