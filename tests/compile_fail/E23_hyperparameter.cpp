// expect: furl[E23]: an expression has no value before a step runs
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
    opt.step(weights, gradients);
#ifdef CORRECTED
    double x = opt[my_rule::lr];
#else
    double x = my_rule::lr;
#endif
    return x > 1;
}
