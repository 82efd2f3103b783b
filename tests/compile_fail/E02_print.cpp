// expect: furl[E02]: the rule has no update
#include <furl/furl.hpp>

#include <iostream>
#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto update = furl::param - lr * furl::grad;
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::naive<my_rule> opt(weights.size());
    opt.step(weights, gradients);
    static_assert(furl::cost<my_rule>.passes == 1);
    std::cout << furl::text<my_rule>() << furl::latex<my_rule>() << furl::dot<my_rule>() << furl::explain<my_rule>();
}
