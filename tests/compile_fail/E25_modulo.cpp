// expect: furl[E25]: rules have no operators
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto update = furl::param - lr * select(furl::step - 10 * floor(furl::step / 10) == 0, furl::grad, 0);
#else
    static constexpr auto update = furl::param - lr * select(furl::step % 10 == 0, furl::grad, 0);
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
}
