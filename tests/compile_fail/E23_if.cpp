// expect: furl[E23]: an expression has no value before a step runs
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto update = furl::param - lr * select(furl::grad > 0, 1.0, -1.0);
#else
    static constexpr auto direction = [] {
        if (furl::grad > 0) return 1.0;
        return -1.0;
    };
    static constexpr auto update = furl::param - lr * direction();
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
}
