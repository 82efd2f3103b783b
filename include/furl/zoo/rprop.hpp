#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Rprop: each parameter has a step length of its own, which grows while the gradient keeps its sign and shrinks when the
/// sign changes; the size of the gradient is not used.
///
/// \f$ p_t = \mathrm{sign}(g_t)\, \bar g_{t-1},\quad
///     \Delta_t = \mathrm{clamp}\big(\Delta_{t-1} \{\eta^+ \text{ if } p_t > 0,\ \eta^- \text{ if } p_t < 0,\ 1\},\,
///     \Delta_{min},\, \Delta_{max}\big),\quad
///     \bar g_t = \{0 \text{ if } p_t < 0,\ g_t\},\quad
///     \theta_t = \theta_{t-1} - \mathrm{sign}(\bar g_t)\, \Delta_t \f$
///
/// Defaults:  lr 1e-2, etaminus 0.5, etaplus 1.2, step_min 1e-6, step_max 50.
/// State:     step_size, n values, starts at lr, which has no other use; last, n values, starts at 0: the gradient, or 0
///            where its sign changed.
/// Cost:      4 loads, 3 stores per parameter: 28 bytes in float.
/// Source:    Riedmiller & Braun 1993 without its step back: iRprop- of Igel & Hüsken 2003; PyTorch's Rprop. optax's
///            takes each step one call late, and bounds step_size only where it changes; Keras has none. These use the product
///            of both gradients as p_t, which has the same sign, but is 0 in float where the gradients are below 1e-19.
struct rprop {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto etaminus = hyper<"etaminus">(0.5);
    static constexpr auto etaplus = hyper<"etaplus">(1.2);
    static constexpr auto step_min = hyper<"step_min">(1e-6);
    static constexpr auto step_max = hyper<"step_max">(50.0);

    static constexpr auto last = state<"last">(0.0, [](auto old) { return select(sign(grad) * old < 0, 0, grad); });
    static constexpr auto agreement = let<"agreement">(sign(grad) * previous(last));
    static constexpr auto factor = select(agreement > 0, etaplus, select(agreement < 0, etaminus, 1));
    static constexpr auto step_size =
        state<"step_size">(lr, [](auto old) { return clamp(old * factor, step_min, step_max); });

    static constexpr auto update = param - sign(last) * step_size;
};

}  // namespace furl::zoo
