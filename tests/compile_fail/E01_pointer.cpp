// expect: furl[E01]: this operand is no expression
#include <furl/furl.hpp>

#include <vector>

inline constexpr double rate = 0.5;

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto update = furl::param - rate * lr * furl::grad;
#else
    static constexpr auto update = furl::param - &rate * furl::grad;
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
}
