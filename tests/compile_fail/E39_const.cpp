// expect: furl[E39]: the gradients are const, and the rule writes them
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);

    static constexpr auto update = furl::zero_grad(furl::param - lr * furl::grad);
};

int main() {
    std::vector<float> weights(10);
#ifdef CORRECTED
    std::vector<float> gradients(10);
#else
    const std::vector<float> gradients(10);
#endif
    furl::optimizer<my_rule> opt(weights.size());
    opt.step(weights, gradients);
}
