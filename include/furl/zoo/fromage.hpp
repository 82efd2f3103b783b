#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Fromage: each tensor moves by a fixed share of its length, and is then scaled down, so that it cannot grow.
///
/// \f$ \theta_t = \frac{1}{\sqrt{1 + \eta^2}} \left( \theta_{t-1} -
///     \eta\, \frac{\lVert\theta_{t-1}\rVert}{\lVert g_t\rVert}\, g_t \right) \f$
///
/// The norms are those of the tensor; where either is 0, their ratio is 1.
///
/// Defaults:  lr 1e-2.
/// Cost:      2 passes: 4 loads, 1 store per parameter: 20 bytes in float.
/// Source:    Bernstein, Vahdat, Yue & Liu 2020, algorithm 1; jxbz/fromage without p_bound. optax's norms are at least 1e-6.
struct fromage {
    static constexpr auto lr = hyper<"lr">(1e-2);

    static constexpr auto update = (param - lr * scaled_by_trust_ratio(grad)) * rsqrt(1 + square(lr));
};

}  // namespace furl::zoo
