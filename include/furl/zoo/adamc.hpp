#pragma once

#include <furl/zoo/adam.hpp>

namespace furl::zoo {

/// AdamC: AdamW whose weight decay falls with the square of the learning rate, for layers that are followed by a normalization.
///
/// \f$ \theta_t = \left(1 - \frac{\eta_t^2}{\eta_{\max}} \lambda\right) \theta_{t-1} -
///     \eta_t\, \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} \f$, with the m and v of adam
///
/// Other layers take adamw. lr needs a schedule, whose largest value is lr_max; with lr = lr_max in all steps this is AdamW.
///
/// Defaults:  those of adam; weight_decay 1e-2, lr_max 1e-3.
/// State:     that of adam.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Defazio 2025 (arXiv 2506.02285); kozistr's AdamC(normalized=True), whose eps is divided by the
///            correction too. timm marks optimizers with this decay by a C in their names.
struct adamc : adam {
    static constexpr auto weight_decay = hyper<"weight_decay">(1e-2);
    static constexpr auto lr_max = hyper<"lr_max">(1e-3);

    static constexpr auto update = param * (1 - square(lr) / lr_max * weight_decay) - lr * direction;
};

}  // namespace furl::zoo
