// expect: furl[E11]: a number stands where a condition is needed
#include <furl/furl.hpp>

#include <iostream>
#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto update = furl::param - lr * select(furl::grad > 0, 1, -1);
#else
    static constexpr auto update = furl::param - lr * select(furl::grad, 1, -1);
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    std::cout << furl::explain<my_rule, double>();
    weights.swap(gradients);
}
