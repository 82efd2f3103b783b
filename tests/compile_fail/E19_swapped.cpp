// expect: furl[E19]: the parameters are const, and a step writes them
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);

    static constexpr auto update = furl::param - lr * furl::grad;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    const std::vector<float>& g = gradients;
#ifdef CORRECTED
    opt.step(weights, g);
#else
    opt.step(g, weights);
#endif
}
