// expect: furl[E54]: a derivative is with respect to a hyperparameter, and this is none
#include <furl/blocks/hypergradient_descent.hpp>
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto update = furl::hypergradient_descent(furl::param - lr * furl::grad, lr, 1e-3);
#else
    static constexpr auto update = furl::hypergradient_descent(furl::param - lr * furl::grad, 0.1, 1e-3);
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(10);
    opt.step(weights, gradients);
}
