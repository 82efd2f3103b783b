// expect: furl[E12]: a condition stands where a number is needed
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto update = furl::param - lr * furl::grad / sum(select(furl::grad != 0, 1, 0));
#else
    static constexpr auto update = furl::param - lr * furl::grad / sum(furl::grad != 0);
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
}
