#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// LAMB: the direction of AdamW, scaled to the norm of its tensor.
///
/// \f$ u_t = \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} + \lambda\theta_{t-1},\quad
///     \theta_t = \theta_{t-1} - \eta\, \frac{\lVert\theta_{t-1}\rVert}{\lVert u_t\rVert}\, u_t \f$
///
/// The norms are those of the tensor; where either is 0, their ratio is 1.
///
/// Defaults:  lr 1e-3, beta1 0.9, beta2 0.999, eps 1e-6, weight_decay 0.
/// State:     m and v, n values each, start at 0.
/// Cost:      2 passes: 8 loads, 3 stores per parameter: 44 bytes in float.
/// Source:    You et al. 2020, algorithm 2, without a bound on the norm; optax's lamb. apex's is lamb_apex.
struct lamb {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto eps = hyper<"eps">(1e-6);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto m = ema<"m">(grad, beta1);
    static constexpr auto v = ema<"v">(square(grad), beta2);
    static constexpr auto u =
        let<"u">(safe_divide(bias_corrected(m), sqrt(bias_corrected(v)), eps) + weight_decay * param);
    static constexpr auto ratio = let<"r">(trust_ratio(u));

    static constexpr auto update = param - lr * ratio * u;
};

/// LAMB in apex's dialect: it first clips the gradient by its norm over all tensors; without weight decay it is Adam.
///
/// \f$ g_t \leftarrow g_t / \max(1, \lVert g_t\rVert / c) \f$ with the norm over all tensors, then lamb, whose ratio is 1
/// where \f$ \lambda = 0 \f$
///
/// Defaults:  lr 1e-3, beta1 0.9, beta2 0.999, eps 1e-6, weight_decay 1e-2, max_grad_norm 1.
/// State:     m and v, n values each, start at 0.
/// Cost:      3 passes, as the norm of u needs the clipped gradient: 10 loads, 3 stores per parameter: 52 bytes in
///            float.
/// Source:    NVIDIA apex's FusedLAMB with its defaults (decoupled decay, grad_averaging, bias_correction, no nvlamb).
struct lamb_apex {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto eps = hyper<"eps">(1e-6);
    static constexpr auto weight_decay = hyper<"weight_decay">(1e-2);
    static constexpr auto max_grad_norm = hyper<"max_grad_norm">(1.0);

    static constexpr auto clipped = let<"clipped">(grad / max(1, global(norm(grad)) / max_grad_norm));
    static constexpr auto m = ema<"m">(clipped, beta1);
    static constexpr auto v = ema<"v">(square(clipped), beta2);
    static constexpr auto u =
        let<"u">(safe_divide(bias_corrected(m), sqrt(bias_corrected(v)), eps) + weight_decay * param);
    static constexpr auto ratio = let<"r">(select(weight_decay != 0, trust_ratio(u), 1));

    static constexpr auto update = param - lr * ratio * u;
};

}  // namespace furl::zoo
