// expect: furl[E16]: the data has another element type than the optimizer
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);

    static constexpr auto update = furl::param - lr * furl::grad;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    std::vector<double> w(10), g(10);
#ifdef CORRECTED
    furl::optimizer<my_rule, double> opt(w.size());
#else
    furl::optimizer<my_rule> opt(w.size());
#endif
    opt[my_rule::lr] = 0.05;
    opt.step(w, g);
    weights.swap(gradients);
}
