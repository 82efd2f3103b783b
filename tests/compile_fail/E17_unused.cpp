// expect: furl[E17]: the rule's update uses no hyperparameter of this name
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto beta = furl::hyper<"beta">(0.9);

#ifdef CORRECTED
    static constexpr auto update = furl::param - lr * furl::momentum<"m">(furl::grad, beta);
#else
    static constexpr auto update = furl::param - lr * furl::grad;
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::beta] = 0.95;
    opt.step(weights, gradients);
}
