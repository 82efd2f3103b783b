// expect: furl[E13]: the old value of a state is used outside its recurrence
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto beta = furl::hyper<"beta">(0.9);
    static constexpr auto m = furl::ema<"m">(furl::grad, beta);
#ifdef CORRECTED
    static constexpr auto update = furl::param - lr * (m + previous(m));
#else
    static constexpr furl::detail::old_value<furl::name<"v">> leaked{};

    static constexpr auto update = furl::param - lr * (m + leaked);
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
    return opt.state(my_rule::m)[0] > 0;
}
