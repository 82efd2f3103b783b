// Scalar code, with the bias corrections inside the loop: the compiler takes them out, and vectorizes, by -Ofast.
#include "peers.hpp"

#include <cmath>

namespace bench {

void llmc_adamw(const streams& s, const adamw_hyper& hyper, std::size_t step) {
    const auto lr = static_cast<float>(hyper.lr), decay = static_cast<float>(hyper.weight_decay);
    const auto beta1 = static_cast<float>(hyper.beta1), beta2 = static_cast<float>(hyper.beta2);
    const auto eps = static_cast<float>(hyper.eps), t = static_cast<float>(step);
    auto* const params = s.param;
    const auto* grads = s.grad;
    auto* const first = s.m;
    auto* const second = s.v;
    for (std::size_t i = 0; i < s.n; ++i) {
        const auto param = params[i];
        const auto grad = grads[i];
        const auto m = beta1 * first[i] + (1.0f - beta1) * grad;
        const auto v = beta2 * second[i] + (1.0f - beta2) * grad * grad;
        const auto m_hat = m / (1.0f - std::pow(beta1, t));
        const auto v_hat = v / (1.0f - std::pow(beta2, t));
        first[i] = m;
        second[i] = v;
        params[i] -= lr * (m_hat / (std::sqrt(v_hat) + eps) + decay * param);
    }
}

}  // namespace bench
