// expect: furl[E40]: the rule has a reduction over all tensors
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto update = furl::param - lr * clip_by_norm(furl::grad, 1.0);
#else
    static constexpr auto update = furl::param - lr * clip_by_global_norm(furl::grad, 1.0);
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt.step_tensor(0, weights, gradients);
}
