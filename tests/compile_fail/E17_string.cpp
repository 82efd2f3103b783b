// expect: furl[E17]: this is no hyperparameter
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);

    static constexpr auto update = furl::param - lr * furl::grad;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
#ifdef CORRECTED
    opt.set("lr", 0.05);
#else
    opt["lr"] = 0.05;
#endif
    opt.step(weights, gradients);
}
