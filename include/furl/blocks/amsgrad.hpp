#pragma once

#include <furl/blocks/accumulators.hpp>
#include <furl/language/leaves.hpp>

namespace FURL_NAMESPACE {

/// AMSGrad's second moment: the largest one so far, bias corrected. It takes the place of `bias_corrected(v)`.
///
/// \f$ \bar v_t = \max(\bar v_{t-1}, v_t),\quad \bar v_0 = 0,\quad
///     \mathrm{amsgrad}(v)_t = \bar v_t / (1 - \beta^t) \f$
///
/// `struct amsgrad : furl::zoo::adam { static constexpr auto update = param - lr * safe_divide(bias_corrected(m),
/// sqrt(furl::amsgrad<"v_max">(v)), eps); };`
///
/// @param v  the second moment: an ema that starts at 0.
/// @returns  an expression of the shape of v.
/// State:    one more buffer of n values, under its name, starts at 0.
/// Cost:     1 load, 1 store, 1 maximum per parameter.
/// Errors:   E06 if v is no ema.
/// Source:   Reddi, Kale & Kumar 2018, algorithm 2, with the bias correction of PyTorch's amsgrad=True: that of the current
///           step, outside the maximum. optax's amsgrad takes the maximum of the corrected moment:
///           `running_max<"v_max">(bias_corrected(v))`. Keras's has no correction: `running_max<"v_max">(v)`.
template <fixed_string Name, class V>
constexpr auto amsgrad(const V& v) {
    const auto beta = decay(v);
    if constexpr (is_ema<V>) return running_max<Name>(v) / (1 - pow(beta, step));
    else return beta;
}

}  // namespace furl
