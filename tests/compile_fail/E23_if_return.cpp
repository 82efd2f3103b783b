// expect: furl[E23]: an expression has no value
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto m = furl::state<"m">(0.0, [](auto old) { return select(old > 0, 0.9 * old, 0.8 * old) + furl::grad; });
#else
    static constexpr auto m = furl::state<"m">(0.0, [](auto old) { if (old > 0) return 0.9 * old + furl::grad; return 0.8 * old + furl::grad; });
#endif

    static constexpr auto update = furl::param - lr * m;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt.step(weights, gradients);
}
