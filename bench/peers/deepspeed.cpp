// Eight vectors of each stream at a time, operation by operation, the kind of weight decay asked for in the loop; what is
// left over goes through the same loop with four, then with one, then element by element. Each of the three loops of the
// original also opens a parallel region, which costs it 0.4 us.
#include "../support/intrinsics.hpp"
#include "peers.hpp"

#include <cmath>

namespace bench {
namespace {

struct constants {
    float beta1, rest1, beta2, rest2, root_correction2, eps, step_size, weight_decay, decay;
    bool decoupled;
};

// The elements done.
template <std::size_t Span>
std::size_t vectors(const streams& s, const constants& c, std::size_t begin) {
    const auto beta1 = all(c.beta1), rest1 = all(c.rest1), beta2 = all(c.beta2), rest2 = all(c.rest2);
    const auto scale = all(c.root_correction2), eps = all(c.eps), step_size = all(c.step_size), decay = all(c.decay);
    auto* const param = s.param;
    const auto* grad = s.grad;
    auto* const momentum = s.m;
    auto* const variance = s.v;
    const auto end = begin + (s.n - begin) / (Span * width) * (Span * width);
    for (auto i = begin; i < end; i += Span * width) {
        vec g[Span], m[Span], v[Span], p[Span];
        for (std::size_t k = 0; k < Span; ++k) g[k] = load(grad + i + k * width);
        for (std::size_t k = 0; k < Span; ++k) m[k] = load(momentum + i + k * width);
        for (std::size_t k = 0; k < Span; ++k) v[k] = load(variance + i + k * width);
        for (std::size_t k = 0; k < Span; ++k) p[k] = load(param + i + k * width);
        if (c.weight_decay > 0 && !c.decoupled)
            for (std::size_t k = 0; k < Span; ++k) g[k] = fmadd(p[k], decay, g[k]);
        for (std::size_t k = 0; k < Span; ++k) m[k] = mul(m[k], beta1);
        for (std::size_t k = 0; k < Span; ++k) m[k] = fmadd(g[k], rest1, m[k]);
        for (std::size_t k = 0; k < Span; ++k) v[k] = mul(v[k], beta2);
        for (std::size_t k = 0; k < Span; ++k) g[k] = mul(g[k], g[k]);
        for (std::size_t k = 0; k < Span; ++k) v[k] = fmadd(g[k], rest2, v[k]);
        for (std::size_t k = 0; k < Span; ++k) g[k] = root(v[k]);
        for (std::size_t k = 0; k < Span; ++k) g[k] = fmadd(g[k], scale, eps);
        for (std::size_t k = 0; k < Span; ++k) g[k] = div(m[k], g[k]);
        if (c.weight_decay > 0 && c.decoupled)
            for (std::size_t k = 0; k < Span; ++k) p[k] = fmadd(p[k], decay, p[k]);
        for (std::size_t k = 0; k < Span; ++k) p[k] = fmadd(g[k], step_size, p[k]);
        for (std::size_t k = 0; k < Span; ++k) store(param + i + k * width, p[k]);
        for (std::size_t k = 0; k < Span; ++k) store(momentum + i + k * width, m[k]);
        for (std::size_t k = 0; k < Span; ++k) store(variance + i + k * width, v[k]);
    }
    return end;
}

}  // namespace

void deepspeed_adamw(const streams& s, const adamw_hyper& hyper, std::size_t step) {
    const auto t = static_cast<double>(step);
    const auto f = [](double x) { return static_cast<float>(x); };
    const constants c{f(hyper.beta1),
                      f(1 - hyper.beta1),
                      f(hyper.beta2),
                      f(1 - hyper.beta2),
                      f(1 / std::sqrt(1 - std::pow(hyper.beta2, t))),
                      f(hyper.eps),
                      f(-hyper.lr / (1 - std::pow(hyper.beta1, t))),
                      f(hyper.weight_decay),
                      f(hyper.decoupled ? -hyper.lr * hyper.weight_decay : hyper.weight_decay),
                      hyper.decoupled};
    auto i = vectors<8>(s, c, 0);
    i = vectors<4>(s, c, i);
    i = vectors<1>(s, c, i);
    for (; i < s.n; ++i) {
        auto g = s.grad[i];
        if (c.weight_decay > 0 && !c.decoupled) g += c.decay * s.param[i];
        s.m[i] = s.m[i] * c.beta1 + c.rest1 * g;
        s.v[i] = s.v[i] * c.beta2 + c.rest2 * g * g;
        const auto direction = s.m[i] / (std::sqrt(s.v[i]) * c.root_correction2 + c.eps);
        if (c.weight_decay > 0 && c.decoupled) s.param[i] += c.decay * s.param[i];
        s.param[i] += direction * c.step_size;
    }
}

}  // namespace bench
