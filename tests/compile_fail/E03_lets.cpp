// expect: furl[E03]: a state or let is defined twice
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto a = furl::let<"g">(furl::grad * (1 + abs(furl::param)));
#ifdef CORRECTED
    static constexpr auto b = furl::let<"bell">(exp(-square(furl::param)));
#else
    static constexpr auto b = furl::let<"g">(exp(-square(furl::param)));
#endif

    static constexpr auto update = furl::param - lr * a * b;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
}
