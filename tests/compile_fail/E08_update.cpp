// expect: furl[E08]: 'updated' is the value after the update
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto update = furl::param - lr * (furl::grad + 1e-4 * furl::param);
#else
    static constexpr auto update = furl::param - lr * (furl::grad + 1e-4 * furl::updated);
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
}
