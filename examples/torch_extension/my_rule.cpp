// A rule as an optimizer of PyTorch: see train.py.
#include <furl/adapt/torch_module.hpp>
#include <furl/blocks/blocks.hpp>

// AdamW, which clips the norm of all gradients itself.
struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(1e-3);
    static constexpr auto max_norm = furl::hyper<"max_norm">(1.0);
    static constexpr auto g = furl::clip_by_global_norm<"norm", "factor">(furl::grad, max_norm);
    static constexpr auto m = furl::ema<"m">(g, 0.9);
    static constexpr auto v = furl::ema<"v">(square(g), 0.999);
    static constexpr auto decayed = furl::param * (1 - lr * furl::hyper<"weight_decay">(0.01));
    static constexpr auto update = decayed - lr * safe_divide(bias_corrected(m), sqrt(bias_corrected(v)), 1e-8);
};

FURL_TORCH_MODULE(my_rule)
