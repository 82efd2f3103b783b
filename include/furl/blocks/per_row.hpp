#pragma once

#include <furl/language/functions.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/reductions.hpp>

// Blocks that treat each row of a matrix by itself. A row has the weights of one neuron, or the vector of one token of an
// embedding; a tensor without a shape is one row. A rule whose reductions are all per row goes over memory once.
namespace FURL_NAMESPACE {

/// Subtracts from each row of x its mean: gradient centralization.
///
/// \f$ x_{ij} - \mathrm{mean}_k(x_{ik}) \f$
///
/// @param x  a gradient, or the direction of an update. Shape: rows x columns.
/// @returns  an expression of the shape of x.
/// Cost:    no more passes in a rule without reductions over columns or tensors; 1 addition, 1 subtraction per parameter.
/// Source:  Yong, Huang, Hua & Zhang 2020, equation 1; optax's centralize. Both leave vectors as they are. Here a vector is one
///          row, so give vectors a group of their own.
template <Expression X>
constexpr auto centralized_per_row(const X& x) {
    return x - per_row(mean(x));
}

/// Adaptive gradient clipping: scales a row of x down if its norm exceeds a multiple of the norm of that row of the parameters.
///
/// \f$ x_i \cdot \min\left(1, \frac{c\, \max(\lVert\theta_i\rVert, \epsilon)}{\max(\lVert x_i\rVert, 10^{-6})}\right) \f$
///
/// @param x     the gradient. Shape: rows x columns.
/// @param clip  c, dimensionless, above 0: 0.01 in the paper.
/// @param eps   in the unit of the parameter. A row with a smaller norm counts as if it had this one, so that rows of 0 can move.
/// @returns  an expression of the shape of x.
/// Cost:    no more passes in a rule without reductions over columns or tensors; 2 fma, 1 multiplication per parameter.
/// Source:  Brock, De, Smith & Simonyan 2021; optax's adaptive_grad_clip, which clips columns, because its matrices have a
///          column for each output. The paper does not clip the last layer.
template <Expression X, class Clip = double, class Eps = double>
constexpr auto adaptive_gradient_clipping(const X& x, const Clip& clip = 0.01, const Eps& eps = 1e-3) {
    const auto length = per_row(norm(x));
    const auto limit = as_expression(clip) * max(per_row(norm(param)), eps);
    return x * select(length < limit, 1, limit / max(length, 1e-6));
}

/// Scales each row of x to the length 1: weights on a sphere, if x is the update of a rule.
///
/// \f$ \frac{x_i}{\lVert x_i\rVert} \f$; a row of zeros stays
///
/// @param x  the new weights, as in `unit_rows(param - lr * grad)`. Shape: rows x columns. Start from rows of length 1.
/// @returns  an expression of the shape of x.
/// Cost:    no more passes in a rule without reductions over columns or tensors; 1 fma, 1 multiplication per parameter.
/// Source:  Loshchilov, Hsieh, Sun & Ginsburg 2024, whose nGPT normalizes its matrices after each step; the forced weight
///          normalization of Karras et al. 2024 has the root of columns for the length. weight_norm_sgd is the
///          reparametrization of Salimans & Kingma 2016.
template <Expression X>
constexpr auto unit_rows(const X& x) {
    const auto length = per_row(norm(x));
    return x * select(length > 0, 1 / length, 1);
}

/// The trust ratio of each row of a direction: the norm of the row of the parameters over that of the direction.
///
/// \f$ \rho_i = \frac{\lVert\theta_i\rVert}{\lVert d_i\rVert} \f$, or 1 where either norm is 0
///
/// @param direction  d, before the learning rate: an intermediate value of the rule. Shape: rows x columns.
/// @returns  an expression. Shape: one value per row.
/// Cost:    no more passes in a rule without reductions over columns or tensors; 2 fma per parameter.
/// Source:  FBGEMM's LAMB, which divides by 0 where a norm is 0. trust_ratio has one ratio for the tensor.
template <Expression D>
constexpr auto trust_ratio_per_row(const D& direction) {
    const auto weights = per_row(norm(param));
    const auto length = per_row(norm(direction));
    return select(weights > 0 && length > 0, weights / length, 1);
}

namespace detail {

template <class Product, class First, class Second, class Eps>
constexpr auto cosine(const Product& product, const First& first, const Second& second, const Eps& eps) {
    return abs(product) / (max(first, eps) * max(second, eps));
}

// A condition, one per tensor: the gradient is nearly orthogonal to the parameters, either in every row or in the whole tensor.
template <class Delta, class Eps>
constexpr auto rows_only_turn(const Delta& delta, const Eps& eps) {
    const auto along = cosine(per_row(dot(grad, param)), per_row(norm(grad)), per_row(norm(param)), eps);
    return max_abs(along) < as_expression(delta) / sqrt(columns);
}
template <class Delta, class Eps>
constexpr auto tensor_only_turns(const Delta& delta, const Eps& eps) {
    return cosine(dot(grad, param), norm(grad), norm(param), eps) < as_expression(delta) / sqrt(furl::count);
}

}  // namespace detail

/// Removes from a direction its part along the parameters, if the loss seems not to depend on their length.
///
/// \f$ d - \hat\theta\, \langle\hat\theta, d\rangle,\quad \hat\theta = \frac{\theta}{\lVert\theta\rVert + \epsilon} \f$
///
/// It does so row by row if \f$ |\cos(g_i, \theta_i)| < \delta / \sqrt{\mathit{columns}} \f$ in all rows; otherwise in the tensor
/// as a whole if \f$ |\cos(g, \theta)| < \delta / \sqrt{n} \f$; otherwise d stays as it is.
///
/// @param direction  d: the rule subtracts lr times d from the parameter. Shape: rows x columns.
/// @param delta      dimensionless, at least 0: 0.1 in the paper.
/// @param eps        in the unit of the parameter.
/// @returns  an expression of the shape of d.
/// Cost:    1 more pass over memory, which only reads and computes d; 1 select, 1 fma per parameter.
/// Source:  Heo et al. 2021, algorithms 1 and 2; clovaai/AdamP, which does not do so for vectors: give those a group of their own.
template <Expression D, class Delta = double, class Eps = double>
constexpr auto without_radial_part(const D& direction, const Delta& delta = 0.1, const Eps& eps = 1e-8) {
    const auto of_row = per_row(dot(param, direction)) / square(per_row(norm(param)) + as_expression(eps));
    const auto of_tensor = dot(param, direction) / square(norm(param) + as_expression(eps));
    return direction - param * select(detail::rows_only_turn(delta, eps), of_row,
                                      select(detail::tensor_only_turns(delta, eps), of_tensor, 0));
}

/// The factor of the weight decay that goes with without_radial_part: `ratio` if that removes a part, otherwise 1.
///
/// @param delta  as in without_radial_part.
/// @param ratio  dimensionless, in [0, 1]: 0.1 in the paper.
/// @param eps    as in without_radial_part.
/// @returns  an expression. Shape: one value per tensor.
/// Source:  that of without_radial_part.
template <class Delta = double, class Ratio = double, class Eps = double>
constexpr auto radial_decay(const Delta& delta = 0.1, const Ratio& ratio = 0.1, const Eps& eps = 1e-8) {
    return select(detail::rows_only_turn(delta, eps) || detail::tensor_only_turns(delta, eps), as_expression(ratio), 1);
}

}  // namespace furl
