#pragma once

#include <furl/blocks/clip.hpp>
#include <furl/blocks/skip_nonfinite.hpp>
#include <furl/language/language.hpp>
#include <furl/zoo/adamw.hpp>

namespace furl::tests {

/// A norm over all tensors that is reported, a hyperparameter of each tensor, a guard, and states of one value per tensor and step.
struct guarded {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto decay = per_tensor<"decay">(0.01);
    static constexpr auto clipped = clip_by_global_norm<"grad_norm", "clip">(grad, 1.0);
    static constexpr auto m = ema<"m">(clipped, 0.9);
    static constexpr auto size = ema<"size">(norm(grad), 0.5);
    static constexpr auto update = skip_nonfinite(with(param * (1 - lr * decay) - lr * m, size));
};

/// A state of one value per row, and an input besides the gradient.
struct scaled_rows {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto r = ema<"r">(per_row(mean(square(grad))), 0.9);
    static constexpr auto update = param - lr * grad / (1.0 + r + input<"curvature">);
};

struct zeroing_sgd {
    static constexpr auto lr = hyper<"lr">(0.5);
    static constexpr auto update = zero_grad(param - lr * grad);
};

}  // namespace furl::tests
