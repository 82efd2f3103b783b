// expect: furl[E15]: a step takes data that is contiguous by its type
#include <furl/furl.hpp>

#include <span>
#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);

    static constexpr auto update = furl::param - lr * furl::grad;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
#ifdef CORRECTED
    opt.step(std::span(weights.data(), 10), std::span(gradients.data(), 10));
#else
    opt.step(weights.data(), gradients.data());
#endif
}
