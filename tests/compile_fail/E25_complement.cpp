// expect: furl[E25]: rules have no operators
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto m = -furl::grad;
#else
    static constexpr auto m = ~furl::grad;
#endif

    static constexpr auto update = furl::param - lr * m;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt.step(weights, gradients);
}
