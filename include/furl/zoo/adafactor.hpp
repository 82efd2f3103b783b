#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// Adafactor in PyTorch's dialect: the second moment of a matrix is the product of the means of its rows and of its columns.
///
/// \f$ \beta_t = 1 - t^{\tau},\quad
///     r_t = \beta_t\, r_{t-1} + (1-\beta_t)\, \mathrm{mean}_j\, g_{ij}^2,\quad
///     c_t = \beta_t\, c_{t-1} + (1-\beta_t)\, \mathrm{mean}_i\, g_{ij}^2,\quad
///     v_t = \frac{r_t\, c_t}{\max(\mathrm{mean}(r_t), \epsilon_1)} \f$
///
/// \f$ u_t = \frac{g_t}{\sqrt{\max(v_t, \epsilon_1^2)}},\quad
///     \alpha_t = \max(\epsilon_2, \mathrm{rms}(\theta_{t-1}))\, \min(\eta, 1/\sqrt{t}),\quad
///     \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \alpha_t\, \frac{u_t}{\max(1, \mathrm{rms}(u_t) / d)} \f$
///
/// Shapes:    a matrix {rows, columns}. A plain size is one row, where v is the second moment of each parameter: PyTorch does
///            the same for vectors. adafactor_unfactored does it in one pass less: give vectors a group with that rule.
/// Defaults:  lr 1e-2, beta2_decay -0.8, eps1 1.1920929e-7, eps2 1e-3, d 1, weight_decay 0.
/// State:     r, one number per row, and c, one per column; they start at 0.
/// Cost:      3 passes: 5 loads, 1 store per parameter: 24 bytes in float.
/// Source:    Shazeer & Stern 2018, algorithm 4; torch.optim.Adafactor, whose eps1 is the epsilon of the element type,
///            here that of float: set 2.220446049250313e-16 for double. The paper adds eps1 to the squares, as
///            adafactor_optax does.
struct adafactor {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto beta2_decay = hyper<"beta2_decay">(-0.8);
    static constexpr auto eps1 = hyper<"eps1">(1.1920929e-7);
    static constexpr auto eps2 = hyper<"eps2">(1e-3);
    static constexpr auto d = hyper<"d">(1.0);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto beta = let<"beta2_t">(1 - pow(step, beta2_decay));
    static constexpr auto alpha = let<"alpha">(max(eps2, sqrt(mean(square(param)))) * min(lr, 1 / sqrt(step)));
    static constexpr auto stepped = [](auto u) { return param * (1 - lr * weight_decay) - alpha * clip_by_block_rms(let<"u">(u), d); };

    static constexpr auto r = ema<"r">(per_row(mean(square(grad))), beta);
    static constexpr auto c = ema<"c">(per_column(mean(square(grad))), beta);

    // The root of v, by a root for each row and each column: elements need neither root nor quotient.
    static constexpr auto update = stepped(grad * min(rsqrt(r / max(mean(r), eps1)) * rsqrt(c), 1 / eps1));
};

/// What PyTorch's Adafactor does with vectors: each parameter has its own second moment.
///
/// \f$ v_t = \beta_t\, v_{t-1} + (1-\beta_t)\, g_t^2 \f$, and the rest as in adafactor
///
/// Shapes:    any.
/// Defaults:  those of adafactor.
/// State:     v, n values, starts at 0.
/// Cost:      2 passes: 6 loads, 2 stores per parameter: 32 bytes in float.
/// Source:    Shazeer & Stern 2018, algorithm 5; torch.optim.Adafactor, for tensors of one dimension.
struct adafactor_unfactored : adafactor {
    static constexpr auto v = ema<"v">(square(grad), beta);

    static constexpr auto update = stepped(grad / sqrt(max(v, square(eps1))));
};

/// Adafactor in optax's dialect: it adds eps to the squares, and its learning rate does not fall with the root of the step.
///
/// \f$ \beta_t = 1 - t^{-\rho},\quad
///     r_t = \beta_t\, r_{t-1} + (1-\beta_t)\, \mathrm{mean}_j (g_{ij}^2 + \epsilon),\quad
///     c_t = \beta_t\, c_{t-1} + (1-\beta_t)\, \mathrm{mean}_i (g_{ij}^2 + \epsilon),\quad
///     u_t = g_t \Big/ \sqrt{\frac{r_t\, c_t}{\mathrm{mean}(r_t)}} \f$
///
/// \f$ \theta_t = \theta_{t-1} - \eta\, \max(\mathrm{rms}(\theta_{t-1}), s)\, \frac{u_t}{\max(1, \mathrm{rms}(u_t) / d)} -
///     \lambda\theta_{t-1} \f$
///
/// Shapes:    a matrix {rows, columns}. optax factors only those with at least 128 rows and columns. A plain size is one row,
///            where r c / mean(r) is the second moment of each parameter.
/// Defaults:  lr 1e-2, decay_rate 0.8, eps 1e-30, clipping_threshold 1, min_scale 1e-3, weight_decay 0 (independent of lr).
/// State:     r, one number per row, and c, one per column; they start at 0.
/// Cost:      3 passes: 5 loads, 1 store per parameter: 24 bytes in float.
/// Source:    Shazeer & Stern 2018, algorithm 4; optax's adafactor, whose learning rate has no default.
struct adafactor_optax {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto decay_rate = hyper<"decay_rate">(0.8);
    static constexpr auto eps = hyper<"eps">(1e-30);
    static constexpr auto clipping_threshold = hyper<"clipping_threshold">(1.0);
    static constexpr auto min_scale = hyper<"min_scale">(1e-3);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto beta = let<"beta2_t">(1 - pow(step, -decay_rate));
    static constexpr auto r = ema<"r">(per_row(mean(square(grad) + eps)), beta);
    static constexpr auto c = ema<"c">(per_column(mean(square(grad) + eps)), beta);
    static constexpr auto u = let<"u">(grad * (rsqrt(r / mean(r)) * rsqrt(c)));
    static constexpr auto scale = let<"scale">(max(sqrt(mean(square(param))), min_scale));
    static constexpr auto direction = lr * scale * clip_by_block_rms(u, clipping_threshold);

    static constexpr auto update = param - direction - weight_decay * param;
};

/// Adafactor with momentum: it averages whole steps, with the learning rate in them.
///
/// \f$ m_t = \beta_1 m_{t-1} + (1-\beta_1)\, \eta\, \max(\mathrm{rms}(\theta_{t-1}), s)\,
///     \frac{u_t}{\max(1, \mathrm{rms}(u_t) / d)},\quad \theta_t = \theta_{t-1} - m_t - \lambda\theta_{t-1} \f$
///
/// Shapes:    those of adafactor_optax.
/// Defaults:  those of adafactor_optax; momentum 0.9.
/// State:     that of adafactor_optax; m, n values, starts at 0 and is not bias corrected.
/// Cost:      3 passes: 6 loads, 2 stores per parameter: 32 bytes in float.
/// Source:    optax's adafactor(momentum=...).
struct adafactor_momentum : adafactor_optax {
    static constexpr auto beta1 = hyper<"momentum">(0.9);

    static constexpr auto m = ema<"m">(direction, beta1);

    static constexpr auto update = param - m - weight_decay * param;
};

}  // namespace furl::zoo
