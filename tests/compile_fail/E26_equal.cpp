// expect: furl[E26]: the result of a comparison is compared again
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto update = furl::param - lr * select(furl::param == furl::grad && furl::grad == 0, 0, furl::grad);
#else
    static constexpr auto update = furl::param - lr * select(furl::param == furl::grad == 0, 0, furl::grad);
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
}
