// expect: furl[E17]: the rule's update uses no hyperparameter of this name
#include <furl/furl.hpp>

#include <vector>

struct other_rule {
    static constexpr auto rate = furl::hyper<"rate">(0.1);

    static constexpr auto update = furl::param - rate * furl::grad;
};

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);

    static constexpr auto update = furl::param - lr * furl::grad;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
#ifdef CORRECTED
    opt[my_rule::lr] = 0.05;
#else
    opt[other_rule::rate] = 0.05;
#endif
    opt.step(weights, gradients);
}
