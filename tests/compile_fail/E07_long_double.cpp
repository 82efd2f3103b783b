// expect: furl[E07]: the element type must be float or double
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);

    static constexpr auto update = furl::param - lr * furl::grad;
};

int main() {
    std::vector<float> weights(10), gradients(10);
#ifdef CORRECTED
    furl::optimizer<my_rule, float> opt(weights.size());
#else
    furl::optimizer<my_rule, long double> opt(weights.size());
#endif
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
}
