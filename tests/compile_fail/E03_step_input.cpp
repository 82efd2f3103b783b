// expect: furl[E03]: a step input has the name of an input or a hyperparameter
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
#ifdef CORRECTED
    static constexpr auto rate = furl::hyper<"lr">(0.1);
#else
    static constexpr auto rate = furl::hyper<"loss">(0.1);
#endif

    static constexpr auto update = furl::param - rate * furl::step_input<"loss"> * furl::grad;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::rate] = 0.05;
    opt.step(weights, gradients, furl::step_input<"loss"> = 0.7);
}
