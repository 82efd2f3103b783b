// expect: furl[E19]: the parameters are const, and a step writes them
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);

    static constexpr auto update = furl::param - lr * furl::grad;
};

int main() {
    std::vector<float> weights(10), gradients(10);
#ifdef CORRECTED
    auto& w = weights;
#else
    const auto& w = weights;
#endif
    furl::optimizer<my_rule> opt(w.size());
    opt[my_rule::lr] = 0.05;
    opt.step(w, gradients);
}
