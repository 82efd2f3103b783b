#pragma once

#include <furl/zoo/adam.hpp>

namespace furl::zoo {

/// RAdam, rectified Adam: momentum alone until the second moment is reliable, then Adam times a factor that rises to 1.
///
/// \f$ \rho_\infty = \frac{2}{1-\beta_2} - 1,\quad \rho_t = \rho_\infty - \frac{2t\beta_2^t}{1-\beta_2^t},\quad
///     r_t = \sqrt{\frac{(\rho_t-4)(\rho_t-2)\,\rho_\infty}{(\rho_\infty-4)(\rho_\infty-2)\,\rho_t}},\quad
///     \theta_t = \theta_{t-1} - \eta\, \Big\{ r_t \sqrt{1-\beta_2^t}\, \frac{\hat m_t}{\sqrt{v_t} + \epsilon}
///     \text{ if } \rho_t > 5,\ \hat m_t \Big\} \f$
///
/// Defaults:  those of adam.
/// State:     m and v, n values each, start at 0.
/// Cost:      4 loads, 3 stores, 1 square root, 1 division per parameter: 28 bytes in float.
/// Source:    Liu et al. 2020, algorithm 2; PyTorch's RAdam, with its threshold of 5 (the paper's is 4) and its epsilon
///            on the uncorrected root. optax's is radam_optax. Keras has none.
struct radam : adam {
    static constexpr auto rho_inf = let<"rho_inf">(2 / (1 - beta2) - 1);
    static constexpr auto rho = let<"rho">(rho_inf - 2 * step * pow(beta2, step) / (1 - pow(beta2, step)));
    static constexpr auto r = let<"r">(sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho)));
    static constexpr auto rectified = r * sqrt(1 - pow(beta2, step)) * safe_divide(bias_corrected(m), sqrt(v), eps);

    static constexpr auto update = param - lr * select(rho > 5, rectified, bias_corrected(m));
};

/// RAdam in optax's dialect: epsilon is added to the corrected root.
///
/// \f$ \theta_t = \theta_{t-1} - \eta\, \Big\{ r_t\, \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}
///     \text{ if } \rho_t \ge 5,\ \hat m_t \Big\} \f$
///
/// Defaults:  those of adam.
/// State, Cost:  those of radam.
/// Source:    Liu et al. 2020, algorithm 2; optax's radam.
struct radam_optax : radam {
    static constexpr auto update = param - lr * select(rho >= 5, r * direction, bias_corrected(m));
};

}  // namespace furl::zoo
