// expect: furl[E09]: FURL_REQUIRE_SIMD is set, but no vector instruction set is enabled
#define FURL_REQUIRE_SIMD
#ifndef CORRECTED
#define FURL_NO_SIMD
#endif
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);

    static constexpr auto update = furl::param - lr * furl::grad;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients);
}
