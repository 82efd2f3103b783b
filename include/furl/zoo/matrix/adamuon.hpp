#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// AdaMuon: Muon of the sign of the momentum, and a second moment of each parameter, with steps as long as AdamW's.
///
/// \f$ m_t = \mu m_{t-1} + g_t,\quad O_t = \mathrm{NS}_5(\mathrm{sgn}(m_t)),\quad
///     v_t = \mu v_{t-1} + (1-\mu)\, O_t^2,\quad O'_t = \frac{O_t}{\sqrt{v_t} + \epsilon},\quad
///     \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - 0.2\, \eta \sqrt{r c}\; \frac{O'_t}{\lVert O'_t\rVert + \epsilon} \f$
///
/// Its orthogonalize, NS_5, has the five iterations of furl::muon_quintic; r and c are the numbers of rows and columns.
///
/// Defaults:  lr 1e-3, momentum 0.95 (of both averages), eps 1e-8, weight_decay 0.1.
/// State:     m and v, n values each, start at 0.
/// Cost:      3 passes: 9 loads, 4 stores per parameter, 52 bytes in float, and 15 products of matrices.
/// Source:    Si, Zhang & Shen 2025, arXiv 2507.11005, algorithm 1 of its later versions; Levanter's and HeavyBall's. The lr is
///            that of AdamW. The epsilon beside the norm is from the authors' first code; the paper divides by the norm alone.
struct adamuon {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto mu = hyper<"momentum">(0.95);
    static constexpr auto eps = hyper<"eps">(1e-8);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.1);

    static constexpr auto m = furl::momentum<"m">(grad, mu);
    static constexpr auto o = let<"o">(orthogonalize(sign(m)));
    static constexpr auto v = ema<"v">(square(o), mu);
    static constexpr auto n = let<"n">(o / (sqrt(v) + eps));

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * 0.2 * sqrt(count) / (norm(n) + eps) * n;
};

/// AdaMuon as it was published first: Nesterov's momentum instead of its sign, and a second moment that is corrected and slower.
///
/// \f$ m_t = \mu m_{t-1} + (1-\mu)\, g_t,\quad O_t = \mathrm{NS}_5\left((1-\mu)\, g_t + \mu m_t\right),\quad
///     v_t = \beta_2 v_{t-1} + (1-\beta_2)\, O_t^2,\quad O'_t = \frac{O_t}{\sqrt{\hat v_t} + \epsilon} \f$; the update is
///     adamuon's.
///
/// Defaults:  lr 0.02, momentum 0.95, beta2 0.999, eps 1e-8, weight_decay 0.01.
/// State:     that of adamuon.
/// Cost:      3 passes: 9 loads, 4 stores per parameter, 52 bytes in float, and 15 products of matrices.
/// Source:    the authors' adamuon.py of July 2025. pytorch_optimizer's AdaMuon orthogonalizes m itself, with a momentum of 0.9,
///            beta2 of 0.95, eps 1e-10 and no weight decay.
struct adamuon_first {
    static constexpr auto lr = hyper<"lr">(0.02);
    static constexpr auto mu = hyper<"momentum">(0.95);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto eps = hyper<"eps">(1e-8);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.01);

    static constexpr auto m = ema<"m">(grad, mu);
    static constexpr auto o = let<"o">(orthogonalize(lerp(grad, m, mu)));
    static constexpr auto v = ema<"v">(square(o), beta2);
    static constexpr auto n = let<"n">(safe_divide(o, sqrt(bias_corrected(v)), eps));

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * 0.2 * sqrt(count) / (norm(n) + eps) * n;
};

}  // namespace furl::zoo
