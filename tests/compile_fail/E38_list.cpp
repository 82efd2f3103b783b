// expect: furl[E38]: the parameters are a temporary
#include <furl/furl.hpp>

#include <span>
#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);

    static constexpr auto update = furl::param - lr * furl::grad;
};

int main() {
    std::vector<float> weights(10), bias(2), weights_gradient(10), bias_gradient(2);
    furl::optimizer<my_rule> opt({10, 2});
    opt[my_rule::lr] = 0.05;
#ifdef CORRECTED
    opt.step(std::vector{std::span(weights), std::span(bias)}, std::vector{weights_gradient, bias_gradient});
#else
    opt.step(std::vector{weights, bias}, std::vector{weights_gradient, bias_gradient});
#endif
}
