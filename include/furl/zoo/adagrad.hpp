#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// AdaGrad: each parameter's learning rate falls with the sum of its squared gradients.
///
/// \f$ s_t = s_{t-1} + g_t^2,\quad
///     \theta_t = \theta_{t-1} - \frac{\eta}{1 + (t-1)\,\delta}\, \frac{g_t}{\sqrt{s_t} + \epsilon} \f$
///
/// Defaults:  lr 1e-2, lr_decay 0, eps 1e-10.
/// State:     s, n values, starts at 0.
/// Cost:      3 loads, 2 stores, 1 square root, 1 division per parameter: 20 bytes in float.
/// Source:    Duchi, Hazan & Singer 2011. PyTorch's Adagrad; TensorFlow's starts s at 0.1 and has eps inside the root.
struct adagrad {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto lr_decay = hyper<"lr_decay">(0.0);
    static constexpr auto eps = hyper<"eps">(1e-10);

    static constexpr auto s = accumulate<"s">(square(grad));

    static constexpr auto update = param - lr / (1 + (step - 1) * lr_decay) * safe_divide(grad, sqrt(s), eps);
};

}  // namespace furl::zoo
