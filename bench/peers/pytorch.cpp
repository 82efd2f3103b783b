// One vector at a time; the first moment by lerp; the root is divided by the root of its bias correction, so that there
// are two divisions for each vector. The bias corrections are computed in each call, which is one for each tensor.
#include "../support/intrinsics.hpp"
#include "peers.hpp"

#include <cmath>

namespace bench {

void pytorch_adamw(const streams& s, const adamw_hyper& hyper, std::size_t step) {
    const auto t = static_cast<double>(step);
    const auto correction1 = 1 - std::pow(hyper.beta1, t);
    const auto correction2 = 1 - std::pow(hyper.beta2, t);
    const auto step_size = hyper.lr / correction1;
    const auto keep = all(1 - hyper.lr * hyper.weight_decay);
    const auto lerp_weight = all(1 - hyper.beta1);  // below a half: the branch of lerp that starts from the old value
    const auto beta2 = all(hyper.beta2), rest2 = all(1 - hyper.beta2);
    const auto root_correction2 = all(std::sqrt(correction2));
    const auto eps = all(hyper.eps);
    const auto negative_step = all(-step_size);
    auto* const w = s.param;
    const auto* g = s.grad;
    auto* const m = s.m;
    auto* const v = s.v;
    const auto n = s.n;
    std::size_t i = 0;
    for (; i + width <= n; i += width) {
        const auto grad = load(g + i);
        const auto param = mul(load(w + i), keep);
        const auto old_m = load(m + i);
        const auto new_m = fmadd(lerp_weight, sub(grad, old_m), old_m);
        const auto new_v = add(mul(load(v + i), beta2), mul(mul(rest2, grad), grad));
        const auto denominator = add(div(root(new_v), root_correction2), eps);
        store(m + i, new_m);
        store(v + i, new_v);
        store(w + i, add(param, div(mul(negative_step, new_m), denominator)));
    }
    const auto lr = static_cast<float>(hyper.lr), decay = static_cast<float>(hyper.weight_decay);
    for (; i < n; ++i) {
        const auto param = w[i] * (1 - lr * decay);
        m[i] = m[i] + static_cast<float>(1 - hyper.beta1) * (g[i] - m[i]);
        v[i] = v[i] * static_cast<float>(hyper.beta2) + static_cast<float>(1 - hyper.beta2) * g[i] * g[i];
        const auto denominator = std::sqrt(v[i]) / static_cast<float>(std::sqrt(correction2)) + static_cast<float>(hyper.eps);
        w[i] = param - static_cast<float>(step_size) * m[i] / denominator;
    }
}

}  // namespace bench
