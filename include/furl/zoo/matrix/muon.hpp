#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

// The rules of this folder multiply matrices, so an optimizer needs a matrix engine: furl::optimizer<zoo::muon, float,
// eigen_engine>. They are for the weight matrices of hidden layers, furl::shape{rows, columns}. Embeddings, heads, norms and biases
// take another rule, in a group of their own. They have a list of their own, list.hpp, because programs that use furl::zoo::all
// have no engine.
namespace furl::zoo {

/// Muon: each step is the momentum with its singular values set near 1.
///
/// \f$ m_t = \mu m_{t-1} + (1-\mu)\, g_t,\quad O_t = \mathrm{NS}_5\left((1-\mu)\, g_t + \mu m_t\right),\quad
///     \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \eta \sqrt{\max(1, r/c)}\; O_t \f$
///
/// Its orthogonalize, NS_5, has the five iterations of furl::muon_quintic; r and c are the numbers of rows and columns.
///
/// Defaults:  lr 0.02, momentum 0.95, weight_decay 0.
/// State:     m, n values, starts at 0.
/// Cost:      2 passes: 6 loads, 3 stores per parameter, 36 bytes in float, and 15 products of matrices.
/// Source:    Jordan et al. 2024; KellerJordan/Muon, muon.py, which orthogonalizes in bfloat16. DeepSpeed and mlx do the same.
struct muon {
    static constexpr auto lr = hyper<"lr">(0.02);
    static constexpr auto mu = hyper<"momentum">(0.95);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto m = ema<"m">(grad, mu);
    static constexpr auto o = let<"o">(orthogonalize(lerp(grad, m, mu)));

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * sqrt(max(1, rows / columns)) * o;
};

/// Muon as PyTorch has it.
///
/// \f$ O_t = \mathrm{NS}_5\left((1-\mu)\, g_t + \mu m_t\right),\quad X_0 = x / \max(\|x\|, 10^{-7}) \f$; the update is muon's.
///
/// Defaults:  lr 1e-3, momentum 0.95, weight_decay 0.1.
/// State:     m, n values, starts at 0.
/// Cost:      that of muon.
/// Source:    torch.optim.Muon (PyTorch 2.9) with its defaults, nesterov and adjust_lr_fn "original". It orthogonalizes in
///            bfloat16.
struct muon_torch {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto mu = hyper<"momentum">(0.95);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.1);

    static constexpr auto m = ema<"m">(grad, mu);
    static constexpr auto o = let<"o">(orthogonalize<muon_quintic_torch>(lerp(grad, m, mu)));

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * sqrt(max(1, rows / columns)) * o;
};

/// Muon as PyTorch has it, with steps as long as AdamW's, so that AdamW's learning rate fits.
///
/// \f$ \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - 0.2\, \eta \sqrt{\max(r, c)}\; O_t \f$
///
/// Defaults:  those of muon_torch.
/// State:     m, n values, starts at 0.
/// Cost:      that of muon.
/// Source:    torch.optim.Muon with adjust_lr_fn "match_rms_adamw".
struct muon_torch_rms : muon_torch {
    static constexpr auto update = param * (1 - lr * weight_decay) - lr * 0.2 * sqrt(max(rows, columns)) * o;
};

/// Muon as Moonlight has it: its momentum is a sum, not an average, and its steps are as long as AdamW's.
///
/// \f$ m_t = \mu m_{t-1} + g_t,\quad O_t = \mathrm{NS}_5\left(g_t + \mu m_t\right),\quad
///     \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - 0.2\, \eta \sqrt{\max(r, c)}\; O_t \f$
///
/// Defaults:  lr 1e-3, momentum 0.95, weight_decay 0.1.
/// State:     m, n values, starts at 0.
/// Cost:      that of muon.
/// Source:    Liu et al. 2025, arXiv 2502.16982, and MoonshotAI/Moonlight. Keras's Muon has the same momentum and scale.
struct muon_moonlight {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto mu = hyper<"momentum">(0.95);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.1);

    static constexpr auto m = furl::momentum<"m">(grad, mu);
    static constexpr auto o = let<"o">(orthogonalize(grad + mu * m));

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * 0.2 * sqrt(max(rows, columns)) * o;
};

/// NorMuon: Muon with a second moment of each row, so that all neurons take steps of equal length.
///
/// \f$ v_{i,t} = \beta_2 v_{i,t-1} + (1-\beta_2)\, \mathrm{mean}_j\, O_{ij,t}^2,\quad O'_t = O_t / (\sqrt{v_t} + 10^{-10}),\quad
///     \theta_t = (1 - \eta\lambda)\, \theta_{t-1} - \eta \sqrt{\max(1, r/c)}\; O'_t\, \|O_t\| / \|O'_t\| \f$
///
/// Shapes:    a matrix {outputs, inputs}, a row for each neuron.
/// Defaults:  lr 0.02, momentum 0.95, beta2 0.95, weight_decay 0.
/// State:     m, n values; v, one number per row. They start at 0.
/// Cost:      3 passes: 7 loads, 3 stores per parameter, 40 bytes in float, and the products of muon.
/// Source:    Li et al. 2025, arXiv 2510.05491, and zichongli5/NorMuon, normuon.py.
struct normuon {
    static constexpr auto lr = hyper<"lr">(0.02);
    static constexpr auto mu = hyper<"momentum">(0.95);
    static constexpr auto beta2 = hyper<"beta2">(0.95);
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto m = ema<"m">(grad, mu);
    static constexpr auto o = let<"o">(orthogonalize(lerp(grad, m, mu)));
    static constexpr auto v = ema<"v">(per_row(mean(square(o))), beta2);
    static constexpr auto n = let<"n">(o / (sqrt(v) + 1e-10));

    static constexpr auto update = param * (1 - lr * weight_decay) - lr * sqrt(max(1, rows / columns)) * n * (norm(o) / max(norm(n), 1e-10));
};

}  // namespace furl::zoo
