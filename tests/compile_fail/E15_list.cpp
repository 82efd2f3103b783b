// expect: furl[E15]: a step takes data that is contiguous by its type
#include <furl/furl.hpp>

#include <list>
#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);

    static constexpr auto update = furl::param - lr * furl::grad;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    std::list<float> losses(10);
    furl::optimizer<my_rule> opt(weights.size());
#ifdef CORRECTED
    opt.step(weights, gradients);
    losses.clear();
#else
    opt.step(weights, losses);
#endif
}
