// expect: furl[E33]: the function of a state returns nothing
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto m = furl::state<"m">(0.0, [](auto old) { return 0.9 * old + furl::grad; });
#else
    static constexpr auto m = furl::state<"m">(0.0, [](auto old) { 0.9 * old + furl::grad; });
#endif

    static constexpr auto update = furl::param - lr * m;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
    return opt.state(my_rule::m)[0] > 0;
}
