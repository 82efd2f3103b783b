#include <furl/furl.hpp>

#include <iostream>
#include <vector>

struct descent {
    static constexpr auto lr = furl::hyper<"lr">(0.25);
    static constexpr auto update = furl::param - lr * furl::grad;
};

int main() {
    std::vector<float> weights(19, 1.0F);
    const std::vector<float> gradients(19, 2.0F);
    furl::optimizer<descent> opt(weights.size());
    opt.step(weights, gradients);
    for (const float w : weights)
        if (w != 0.5F) {
            std::cerr << "expected 0.5, got " << w << '\n';
            return 1;
        }
}
