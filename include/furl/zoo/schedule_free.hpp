#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

namespace furl::zoo {

/// The weight of this step in the average of a schedule-free method.
///
/// \f$ c_t = w_t / \sum_{i \le t} w_i,\quad w_t = t^r\, (\max_{i \le t} \eta_i)^p \f$
///
/// @param rate   the learning rate of this step. Shape: one value per step.
/// @param r      the power of the step; with 0 all steps have the same weight.
/// @param power  p, the power of the largest learning rate so far.
/// @returns  an expression. Shape: one value per step. It is 0 as long as the learning rate has been 0.
/// State:    "largest_lr" and "weights", one number each.
/// Source:   Defazio et al. 2024; facebookresearch's schedule_free.
template <Expression Rate, class R, class Power>
constexpr auto schedule_free_weight(const Rate& rate, const R& r, const Power& power) {
    const auto weight = pow(step, r) * pow(running_max<"largest_lr">(rate), power);
    const auto weights = accumulate<"weights">(weight);
    return let<"c">(select(weights > 0, weight / weights, 0));
}

/// Schedule-free SGD: an average of the iterates replaces a schedule of the learning rate.
///
/// \f$ \eta_t = \eta \min(1, t / t_w),\quad n_t = g_t + \lambda y_{t-1},\quad
///     z_t = z_{t-1} - \eta_t\, n_t,\quad x_t = (1 - c_t)\, x_{t-1} + c_t z_t,\quad
///     y_t = (1 - \beta)\, z_t + \beta\, x_t \f$
///
/// where c_t is schedule_free_weight. The parameters are y, where gradients are taken. Evaluate the model at x, which is
/// `average`, or \f$ x_t = y_t + (1 - 1/\beta)(z_t - y_t) \f$. To store x after each step, in one more buffer, write
/// `with(update, state<"x">(0.0, [](auto) { return average; }))`.
///
/// Defaults:  lr 1, momentum 0.9 (beta), weight_decay 0, warmup_steps 0 (t_w; 0: none), r 0, weight_lr_power 2.
/// State:     z, n values, starts at the parameters; largest_lr and weights, one number each.
/// Cost:      3 loads, 2 stores per parameter: 20 bytes in float.
/// Source:    Defazio et al. 2024; facebookresearch's SGDScheduleFree, which also keeps only y and z. Weight decay is taken
///            at y. PyTorch has none.
struct schedule_free_sgd {
    static constexpr auto lr = hyper<"lr">(1.0);
    static constexpr auto beta = hyper<"momentum">(0.9);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);
    static constexpr auto warmup_steps = hyper<"warmup_steps">(0.0);
    static constexpr auto r = hyper<"r">(0.0);
    static constexpr auto weight_lr_power = hyper<"weight_lr_power">(2.0);

    static constexpr auto rate = let<"rate">(select(step < warmup_steps, lr * step / warmup_steps, lr));
    static constexpr auto c = schedule_free_weight(rate, r, weight_lr_power);

    static constexpr auto n = let<"n">(grad + weight_decay * param);
    static constexpr auto z = state<"z">(param, [](auto old) { return old - rate * n; });

    static constexpr auto update = lerp(param, previous(z), c) - rate * (1 - beta * (1 - c)) * n;

    static constexpr auto average = lerp(updated, z, 1 - 1 / beta);
};

/// Schedule-free AdamW: schedule-free SGD with the direction of a bias-corrected RMSprop.
///
/// \f$ n_t = \frac{g_t}{\sqrt{\hat v_t} + \epsilon} + \lambda y_{t-1} \f$, then z, x and y as in schedule_free_sgd
///
/// Defaults:  lr 2.5e-3, beta1 0.9 (beta), beta2 0.999, eps 1e-8, weight_decay 0, warmup_steps 0 (t_w; 0: none), r 0,
///            weight_lr_power 2.
/// State:     v, n values, starts at 0; z, n values, starts at the parameters; largest_lr and weights, one number each.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Defazio et al. 2024; facebookresearch's AdamWScheduleFree. Weight decay is taken at y. The paper's algorithm 1
///            and early versions of that class put the bias correction into the learning rate, and so also into the decay
///            and the weights.
struct schedule_free_adamw {
    static constexpr auto lr = hyper<"lr">(2.5e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto eps = hyper<"eps">(1e-8);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);
    static constexpr auto warmup_steps = hyper<"warmup_steps">(0.0);
    static constexpr auto r = hyper<"r">(0.0);
    static constexpr auto weight_lr_power = hyper<"weight_lr_power">(2.0);

    static constexpr auto rate = let<"rate">(select(step < warmup_steps, lr * step / warmup_steps, lr));
    static constexpr auto c = schedule_free_weight(rate, r, weight_lr_power);

    static constexpr auto v = ema<"v">(square(grad), beta2);
    static constexpr auto n = let<"n">(safe_divide(grad, sqrt(bias_corrected(v)), eps) + weight_decay * param);
    static constexpr auto z = state<"z">(param, [](auto old) { return old - rate * n; });

    static constexpr auto update = lerp(param, previous(z), c) - rate * (1 - beta1 * (1 - c)) * n;

    static constexpr auto average = lerp(updated, z, 1 - 1 / beta1);
};

/// Schedule-free RAdam: schedule-free AdamW in which the factor of RAdam takes the place of a warm-up.
///
/// \f$ \eta_t = \eta\, r_t \text{ if } \rho_t > 4,\ 0,\quad
///     n_t = \frac{g_t}{\sqrt{\hat v_t} + \epsilon} + \lambda y_{t-1} \f$ with the r and rho of radam, then c, z, x and y as in
/// schedule_free_sgd
///
/// With beta2 of 0.999 the first four steps move nothing.
///
/// Defaults:  lr 2.5e-3, beta1 0.9 (beta), beta2 0.999, eps 1e-8, weight_decay 0, r 0, weight_lr_power 2.
/// State:     v, n values, starts at 0; z, n values, starts at the parameters; largest_lr and weights, one number each.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    facebookresearch's RAdamScheduleFree with silent_sgd_phase=True, its default; Defazio et al. 2024; Liu et al. 2020.
///            PyTorch and optax have none.
struct schedule_free_radam {
    static constexpr auto lr = hyper<"lr">(2.5e-3);
    static constexpr auto beta1 = hyper<"beta1">(0.9);
    static constexpr auto beta2 = hyper<"beta2">(0.999);
    static constexpr auto eps = hyper<"eps">(1e-8);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);
    static constexpr auto r = hyper<"r">(0.0);
    static constexpr auto weight_lr_power = hyper<"weight_lr_power">(2.0);

    static constexpr auto rho_inf = let<"rho_inf">(2 / (1 - beta2) - 1);
    static constexpr auto rho = let<"rho">(rho_inf - 2 * step * pow(beta2, step) / (1 - pow(beta2, step)));
    static constexpr auto factor = sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho));
    static constexpr auto rate = let<"rate">(select(rho > 4, lr * factor, 0));
    static constexpr auto c = schedule_free_weight(rate, r, weight_lr_power);

    static constexpr auto v = ema<"v">(square(grad), beta2);
    static constexpr auto n = let<"n">(safe_divide(grad, sqrt(bias_corrected(v)), eps) + weight_decay * param);
    static constexpr auto z = state<"z">(param, [](auto old) { return old - rate * n; });

    static constexpr auto update = lerp(param, previous(z), c) - rate * (1 - beta1 * (1 - c)) * n;

    static constexpr auto average = lerp(updated, z, 1 - 1 / beta1);
};

}  // namespace furl::zoo
