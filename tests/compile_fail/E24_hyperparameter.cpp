// expect: furl[E24]: nothing is assigned to an expression
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
#else
    my_rule::lr = 0.05;
#endif
    opt.step(weights, gradients);
}
