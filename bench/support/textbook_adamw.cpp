// AdamW as it is printed (Loshchilov & Hutter 2019, algorithm 2; decay first, as PyTorch does it).
#include "loops.hpp"

#include <cmath>

namespace bench {

void textbook_adamw(const streams& s, const adamw_hyper& hyper, std::size_t step) {
    const auto lr = static_cast<float>(hyper.lr);
    const auto beta1 = static_cast<float>(hyper.beta1);
    const auto beta2 = static_cast<float>(hyper.beta2);
    const auto eps = static_cast<float>(hyper.eps);
    const auto weight_decay = static_cast<float>(hyper.weight_decay);
    const auto correction1 = static_cast<float>(1 - std::pow(hyper.beta1, static_cast<double>(step)));
    const auto correction2 = static_cast<float>(1 - std::pow(hyper.beta2, static_cast<double>(step)));
    for (std::size_t i = 0; i < s.n; ++i) {
        const auto g = s.grad[i];
        s.m[i] = beta1 * s.m[i] + (1 - beta1) * g;
        s.v[i] = beta2 * s.v[i] + (1 - beta2) * g * g;
        const auto m_hat = s.m[i] / correction1;
        const auto v_hat = s.v[i] / correction2;
        s.param[i] -= lr * weight_decay * s.param[i];
        s.param[i] -= lr * m_hat / (std::sqrt(v_hat) + eps);
    }
}

}  // namespace bench
