#pragma once

#include <furl/blocks/clip.hpp>
#include <furl/blocks/skip_nonfinite.hpp>
#include <furl/zoo/adam.hpp>

/// AdamW as training loops use it: the gradient is clipped by the norm over all tensors, the decay has a value for each tensor, and a
/// step is skipped if a gradient is not finite. It reports grad_norm, and clip: the factor of the clipping.
struct adamw_clipped : furl::zoo::adam {
    static constexpr auto max_norm = furl::hyper<"max_norm">(1.0);
    static constexpr auto weight_decay = furl::per_tensor<"weight_decay">(0.01);

    static constexpr auto decayed = furl::param * (1 - lr * weight_decay) - lr * direction;
    static constexpr auto clipped = furl::clip_by_global_norm<"grad_norm", "clip">(furl::grad, max_norm);
    static constexpr auto update = furl::skip_nonfinite(furl::replace(decayed, furl::grad, clipped));
};
