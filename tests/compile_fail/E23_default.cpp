// expect: furl[E23]: an expression has no value before a step runs
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto slow = 0.1 * lr;
#else
    static constexpr auto slow = furl::hyper<"slow">(0.1 * lr);
#endif

    static constexpr auto update = furl::param - lr * furl::grad - slow * sign(furl::grad);
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
}
