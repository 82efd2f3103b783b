#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Gradient descent on weights that are normalized: each row is a length times the direction of a vector, and both are trained.
///
/// \f$ \theta_i = s\, \frac{v}{\lVert v\rVert},\quad
///     \nabla_s = \left\langle g_i, \frac{v}{\lVert v\rVert}\right\rangle,\quad
///     \nabla_v = \frac{s}{\lVert v\rVert} \left(g_i - \nabla_s\, \frac{v}{\lVert v\rVert}\right),\quad
///     s \leftarrow s - \eta \nabla_s,\quad v \leftarrow v - \eta \nabla_v \f$
///
/// s and v start as the length of the row and the row. v is not stored: it is its length, a state, times the direction of the row.
/// As the vectors grow longer, their directions turn more slowly. A row of zeros has no direction, and stays; a length that passes
/// near 0 leaves few digits of it. The model computes with the parameters as they are, and needs no change.
///
/// Shapes:    a matrix {rows, columns}, a row for each neuron.
/// Defaults:  lr 1e-2.
/// State:     length, one number per row: that of v. It starts as that of the row.
/// Cost:      2 loads, 1 store per parameter, in one pass that goes over each row three times: 12 bytes in float.
/// Source:    Salimans & Kingma 2016, equations 2 and 3; PyTorch's weight_norm with dim=0 and SGD, which gives rows of zeros NaN.
struct weight_norm_sgd {
    static constexpr auto lr = hyper<"lr">(1e-2);

    static constexpr auto s = per_row(norm(param));
    static constexpr auto inverse = select(s > 0, 1 / s, 0);
    static constexpr auto along = per_row(dot(grad, param)) * inverse;
    static constexpr auto across = let<"across">(grad - along * inverse * param);

    // v turns by lr (s / length) across, which is orthogonal to it.
    static constexpr auto length = state<"length">(s, [](auto old) {
        return select(s > 0, sqrt(square(old) + square(lr * s / old) * per_row(sum(square(across)))), old);
    });
    static constexpr auto before = previous(length);
    static constexpr auto v = param * before * inverse - select(s > 0, lr * s / before, 0) * across;

    static constexpr auto update = (s - lr * along) * select(length > 0, 1 / length, 0) * v;
};

}  // namespace furl::zoo
