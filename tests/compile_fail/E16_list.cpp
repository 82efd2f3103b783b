// expect: furl[E16]: the data has another element type than the optimizer
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);

    static constexpr auto update = furl::param - lr * furl::grad;
};

int main() {
    std::vector<float> weights(10), gradients(10);
#ifdef CORRECTED
    std::vector<std::vector<float>> grads(2, gradients);
#else
    std::vector<std::vector<double>> grads(2, std::vector<double>(10));
#endif
    std::vector<std::vector<float>> params(2, weights);
    furl::optimizer<my_rule> opt(params);
    opt.step(params, grads);
}
