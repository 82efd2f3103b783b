// expect: furl[E22]: the stream of random() must be a whole number
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto m = furl::grad + furl::random_normal(0, 1);
#else
    static constexpr auto m = furl::grad + furl::random_normal(0, 0.5);
#endif

    static constexpr auto update = furl::param - lr * m;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt.step(weights, gradients);
}
