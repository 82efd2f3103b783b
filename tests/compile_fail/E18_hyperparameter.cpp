// expect: furl[E18]: this is no state
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);

    static constexpr auto update = furl::param - lr * furl::grad;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt.step(weights, gradients);
#ifdef CORRECTED
    return opt[my_rule::lr] > 0;
#else
    return opt.state(my_rule::lr)[0] > 0;
#endif
}
