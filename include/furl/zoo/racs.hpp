#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

namespace detail {

// a / b, or 0 where b is 0.
template <Expression A, Expression B>
constexpr auto racs_quotient(const A& a, const B& b) {
    return select(b > 0, a / b, 0);
}

template <char Letter, int Iteration>
inline constexpr char racs_name[]{Letter, static_cast<char>('0' + Iteration), 0};

// Returns r, the sum of the squares of s, and s, after some iterations: q_i is r_i over that sum. It is divided late, because a sum
// over columns is known only after a walk over memory. x is the square of the gradient times a factor of the tensor, which keeps r
// in the range of float.
template <int Iterations, Expression X>
constexpr auto racs_fixed_point(const X& x) {
    const auto next = [&](const auto& of_columns) {
        const auto s = let<fixed_string(racs_name<'s', Iterations>)>(of_columns);
        const auto r = let<fixed_string(racs_name<'r', Iterations>)>(per_row(sum(x * s)));
        return hana::make_basic_tuple(r, sum(square(s)), s);
    };
    if constexpr (Iterations == 1) {
        return next(per_column(mean(square(grad))));
    } else {
        const auto last = racs_fixed_point<Iterations - 1>(x);
        const auto r = hana::at_c<0>(last);
        return next(per_column(sum(x * r)) * racs_quotient(hana::at_c<1>(last), sum(square(r))));
    }
}

}  // namespace detail

/// RACS, row and column scaled SGD: each element of the gradient is divided by the roots of a scale of its row and one of its
/// column.
///
/// \f$ s_j = \frac{\sum_i q_i\, g_{ij}^2}{\sum_i q_i^2},\quad q_i = \frac{\sum_j s_j\, g_{ij}^2}{\sum_j s_j^2} \f$, five times in
/// turn, from q = 1, so that q s approximates the squares of the gradient; then
///
/// \f$ S_t = \beta S_{t-1} + (1-\beta)\, s,\quad Q_t = \beta Q_{t-1} + (1-\beta)\, q,\quad
///     u_{ij} = \frac{g_{ij}}{\sqrt{Q_i S_j}},\quad
///     \phi_t = \min(\lVert u\rVert, \gamma\, \phi_{t-1}),\quad
///     \theta_t = \theta_{t-1} - \eta\, \alpha\, \frac{\phi_t}{\lVert u\rVert}\, u \f$
///
/// The last line lets the norm of a step grow by a factor of at most gamma. The first step has no such bound, nor has the first one
/// after a gradient of 0. Where a divisor is 0, a quotient is 0.
///
/// Shapes:    a matrix {rows, columns}.
/// Defaults:  lr 0.02, beta 0.9, alpha 0.05, gamma 1.01.
/// State:     q, one number per row; s, one number per column; phi, one number per tensor. They start at 0.
/// Cost:      8 passes, all but the last of which only read the gradient: 9 loads, 1 store per parameter: 40 bytes in float.
/// Source:    Gong et al. 2025 (arXiv 2502.07752), algorithm 1 with five iterations of equation 16, and the values of its table 9.
///            Differs from pytorch_optimizer's RACS, which averages the means of the squares instead of the fixed point, starts the
///            average of the columns at 1, and adds an epsilon inside the roots.
struct racs {
    static constexpr auto lr = hyper<"lr">(0.02);
    static constexpr auto beta = hyper<"beta">(0.9);
    static constexpr auto alpha = hyper<"alpha">(0.05);
    static constexpr auto gamma = hyper<"gamma">(1.01);

    static constexpr auto factor = let<"factor">(detail::racs_quotient(count, sum(square(grad))));
    static constexpr auto scales = detail::racs_fixed_point<5>(square(grad) * factor);
    static constexpr auto q = ema<"q">(detail::racs_quotient(hana::at_c<0>(scales), factor * hana::at_c<1>(scales)), beta);
    static constexpr auto s = ema<"s">(hana::at_c<2>(scales), beta);
    static constexpr auto u = let<"u">(grad * select(q > 0, rsqrt(q), 0) * select(s > 0, rsqrt(s), 0));
    static constexpr auto length = let<"length">(norm(u));
    static constexpr auto phi = state<"phi">(0.0, [](auto old) { return select(old > 0, min(length, gamma * old), length); });

    static constexpr auto update = param - lr * alpha * detail::racs_quotient(phi, length) * u;
};

}  // namespace furl::zoo
