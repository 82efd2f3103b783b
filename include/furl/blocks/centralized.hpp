#pragma once

#include <furl/language/operators.hpp>
#include <furl/language/reductions.hpp>

namespace FURL_NAMESPACE {

/// Subtracts from x its mean over the tensor: gradient centralization.
///
/// \f$ x_i - \mathrm{mean}(x) \f$
///
/// @param x  a gradient, or the direction of an update. Shape: n.
/// @returns  an expression of the shape of x.
/// Cost:    1 more pass over memory, which only reads; 1 subtraction per parameter.
/// Source:  Yong, Huang, Hua & Zhang 2020, equation 1. Differs from it and from optax's centralize in that the mean is
///          that of the whole tensor, not of each row, and that vectors are centralized too. centralized_per_row does what they do.
template <Expression X>
constexpr auto centralized(const X& x) {
    return x - mean(x);
}

}  // namespace furl
