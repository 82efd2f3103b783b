// A scalar loop over the row, with sqrtf; -O3, as its Release build has it.
#include "peers.hpp"

#include <cmath>

namespace bench {

void ggml_adamw(const streams& s, const adamw_hyper& hyper, std::size_t step) {
    const auto t = static_cast<double>(step);
    const auto alpha = static_cast<float>(hyper.lr), decay = static_cast<float>(hyper.weight_decay);
    const auto beta1 = static_cast<float>(hyper.beta1), beta2 = static_cast<float>(hyper.beta2);
    const auto eps = static_cast<float>(hyper.eps);
    const auto correct1 = static_cast<float>(1 / (1 - std::pow(hyper.beta1, t)));
    const auto correct2 = static_cast<float>(1 / (1 - std::pow(hyper.beta2, t)));
    const auto keep = 1 - alpha * decay;
    auto* const w = s.param;
    const auto* g = s.grad;
    auto* const m = s.m;
    auto* const v = s.v;
    for (std::size_t i = 0; i < s.n; ++i) {
        m[i] = m[i] * beta1 + g[i] * (1 - beta1);
        v[i] = v[i] * beta2 + g[i] * g[i] * (1 - beta2);
        const auto corrected_m = m[i] * correct1;
        const auto denominator = std::sqrt(v[i] * correct2) + eps;
        w[i] = w[i] * keep - alpha * corrected_m / denominator;
    }
}

}  // namespace bench
