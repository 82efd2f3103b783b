// expect: furl[E15]: a step takes data that is contiguous by its type
#include <furl/furl.hpp>

#include <cstddef>
#include <span>
#include <vector>

// A view of a library of tensors, which may have strides: a pointer and a size do not say.
struct view {
    float* first;
    float* data() const { return first; }
    std::size_t size() const { return 10; }
};

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);

    static constexpr auto update = furl::param - lr * furl::grad;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    const view w{weights.data()};
#ifdef CORRECTED
    opt.step(std::span(w.data(), w.size()), gradients);
#else
    opt.step(w, gradients);
#endif
}
