#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Nero: each row moves by a fixed share of its length; then its mean is set to 0 and its length to 1.
///
/// \f$ v_t = \beta v_{t-1} + (1-\beta) \lVert g_i\rVert^2,\quad
///     w_t = \theta_{t-1} - \eta\, \frac{g_t}{\sqrt{\hat v_t}},\quad
///     c_t = w_t - \mathrm{mean}_j(w_t),\quad \theta_t = \frac{c_t}{\lVert c_t\rVert} \f$
///
/// The norms and the means are those of a row. Where v is 0, the quotient is 0.
///
/// Shapes:    a matrix {rows, columns} of at least two columns, a row for each neuron. Start from rows of mean 0 and length 1, as
///            the authors' constructor makes them. Biases and scales take nero_unconstrained.
/// Defaults:  lr 1e-2, beta 0.999.
/// State:     v, one number per row, starts at 0.
/// Cost:      2 loads, 1 store per parameter, in one pass that goes over each row four times: 12 bytes in float.
/// Source:    Liu, Bernstein, Meister & Yue 2021, algorithm 1; the authors' Nero.
struct nero {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto beta = hyper<"beta">(0.999);

    static constexpr auto v = ema<"v">(per_row(dot(grad, grad)), beta);
    static constexpr auto moved = let<"w">(param - lr * select(v > 0, grad / sqrt(bias_corrected(v)), 0));
    static constexpr auto centred = let<"c">(centralized_per_row(moved));

    static constexpr auto update = centred / per_row(norm(centred));
};

/// Nero without its constraints: each row moves by a fixed share of the length that rows had at the start.
///
/// \f$ \theta_t = \theta_{t-1} - \eta\, \sigma\, \frac{g_t}{\sqrt{\hat v_t}},\quad
///     \sigma = \mathrm{mean}_i\, \lVert\theta_{0,i}\rVert \f$, or 0.01 if that is 0, with the v of nero
///
/// Shapes:    a matrix {rows, columns}, a row for each neuron. For biases and scales give {n, 1}, so that each is a row.
/// Defaults:  those of nero: lr 1e-2, beta 0.999.
/// State:     v, one number per row, starts at 0; scale, one number per tensor.
/// Cost:      2 passes: 4 loads, 1 store per parameter: 20 bytes in float.
/// Source:    the authors' Nero with constraints=False, which they also use for tensors of one dimension.
struct nero_unconstrained {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto beta = hyper<"beta">(0.999);

    static constexpr auto v = ema<"v">(per_row(dot(grad, grad)), beta);
    static constexpr auto length = mean(per_row(norm(param)));
    static constexpr auto scale = state<"scale">(select(length > 0, length, 0.01), [](auto old) { return old; });

    static constexpr auto update = param - lr * scale * select(v > 0, grad / sqrt(bias_corrected(v)), 0);
};

}  // namespace furl::zoo
