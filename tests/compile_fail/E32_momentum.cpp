// expect: furl[E32]: the average of a number, with a decay that differs
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto m = furl::momentum<"m">(lr * furl::grad, 0.9);
#else
    static constexpr auto m = furl::momentum<"m">(0.9, lr * furl::grad);
#endif

    static constexpr auto update = furl::param - lr * m;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
    return opt.state(my_rule::m)[0] > 0;
}
