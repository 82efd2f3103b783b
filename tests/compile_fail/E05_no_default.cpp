// expect: furl[E05]: a hyperparameter has no default
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
#ifdef CORRECTED
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#else
    static constexpr auto lr = furl::hyper<"lr">();
#endif

    static constexpr auto update = furl::param - lr * furl::grad;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
}
