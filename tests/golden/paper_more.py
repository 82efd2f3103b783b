"""Reference implementations of rules that few libraries have. See paper_golden.py."""
import math

import numpy as np

from paper_reductions import _ratio, dot, mean, norm


def accsgd(param, grads, *, lr=1e-3, kappa=1000.0, xi=10.0, c=0.7):
    """AccSGD.

    a = 1 - c^2 xi/kappa, b = 1 - a, zeta = c/(c + b);  w = a w + b (param - lr kappa/c g), w_0 = param_0;
    param = zeta (param - lr g) + (1-zeta) w.
    Source: Kidambi et al. 2018, arXiv 1803.05591; rahulkidambi/AccSGD AccSGD.py.
    """
    a = 1 - c * c * xi / kappa
    b = 1 - a
    zeta, w = c / (c + b), param
    for g in grads:
        w = b * ((1 / b - 1) * w - lr * kappa / c * g + param)
        param = zeta * (param - lr * g) + (1 - zeta) * w
        yield param


def ano(param, grads, *, lr=1e-4, beta1=0.92, beta2=0.99, eps=1e-8, weight_decay=0.0):
    """Ano.

    param *= 1 - lr weight_decay;  m = beta1 m + (1-beta1) g;  v = beta2 v + (1-beta2) sign(g^2 - v) g^2, with the old v;
    param -= lr |g| sign(m)/(sqrt(v^) + eps).
    Source: arXiv 2508.18258; kozistr/pytorch_optimizer ano.py.
    """
    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * np.sign(g * g - v) * g * g
        step = abs(g) * np.sign(m) / (np.sqrt(v / (1 - beta2 ** t)) + eps)
        param = param * (1 - lr * weight_decay) - lr * step
        yield param


def avagrad(param, grads, *, lr=0.1, beta1=0.9, beta2=0.999, eps=0.1, weight_decay=0.0):
    """AvaGrad.

    param *= 1 - lr weight_decay;  m = beta1 m + (1-beta1) g;  from t = 2 on: param -= lr c m^/d, of the step before;
    v = beta2 v + (1-beta2) g^2;  d = sqrt(v^) + eps;  c = 1/sqrt(mean(1/d^2)).
    Source: Savarese et al. 2021, arXiv 1912.01823; lolemacs/avagrad; kozistr/pytorch_optimizer avagrad.py.
    Dialect: the mean is over all tensors (here there is one).
    """
    m, v, c, d = np.zeros_like(param), np.zeros_like(param), 0.0, None
    for t, g in enumerate(grads, 1):
        param = param * (1 - lr * weight_decay)
        m = beta1 * m + (1 - beta1) * g
        if d is not None:
            param = param - c * lr / (1 - beta1 ** t) * (m / d)
        v = beta2 * v + (1 - beta2) * g * g
        d = np.sqrt(v) / math.sqrt(1 - beta2 ** t) + eps
        c = 1 / math.sqrt(mean(1 / (d * d)))
        yield param


def fromage(param, grads, *, lr=0.01):
    """Fromage.

    param -= lr |param|/|g| g, with 1 for the ratio if either norm is 0;  param /= sqrt(1 + lr^2).
    Source: Bernstein et al. 2020, arXiv 2002.03432, algorithm 1; jxbz/fromage fromage.py without p_bound.
    """
    for g in grads:
        param = (param - lr * _ratio(norm(param), norm(g)) * g) / math.sqrt(1 + lr * lr)
        yield param


def ftml(param, grads, *, lr=0.0025, beta1=0.6, beta2=0.999, eps=1e-8):
    """FTML.

    v = beta2 v + (1-beta2) g^2;  d_t = (1-beta1^t)/lr (sqrt(v^) + eps);
    z = beta1 z + (1-beta1) g - (d_t - beta1 d_{t-1}) param;  param = -z/d_t.
    Source: Zheng and Kwok 2017 (ICML), algorithm 1; apache/mxnet python/mxnet/optimizer/ftml.py.
    """
    v, z, d = np.zeros_like(param), np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        v = beta2 * v + (1 - beta2) * g * g
        last, d = d, (1 - beta1 ** t) / lr * (np.sqrt(v / (1 - beta2 ** t)) + eps)
        z = beta1 * z + (1 - beta1) * g - (d - beta1 * last) * param
        param = -z / d
        yield param


def kate(param, grads, *, lr=1e-3, delta=0.0, eps=1e-8):
    """KATE.

    b^2 += g^2 + eps;  m^2 += delta g^2 + g^2/b^2;  param -= lr m g/b^2.
    Source: Choudhury et al. 2024, arXiv 2403.02648, algorithm 1; kozistr/pytorch_optimizer kate.py.
    Dialect: eps is kozistr's.
    """
    m, b = np.zeros_like(param), np.zeros_like(param)
    for g in grads:
        square = b * b + g * g + eps
        m = np.sqrt(m * m + delta * g * g + g * g / square)
        param = param - lr * m * g / square
        b = np.sqrt(square)
        yield param


def _adam_directions(param, grads, beta1, beta2, eps):
    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        yield m / (1 - beta1 ** t) / (np.sqrt(v / (1 - beta2 ** t)) + eps)


def optimistic_adam(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """Optimistic Adam.

    u_t = m^/(sqrt(v^) + eps), u_0 = 0;  param -= 2 lr u_t - lr u_{t-1}.
    Source: Daskalakis et al. 2018, arXiv 1711.00141, algorithm 1; ensmallen update_policies optimisticadam_update.hpp.
    """
    last = np.zeros_like(param)
    for u in _adam_directions(param, grads, beta1, beta2, eps):
        param, last = param - 2 * lr * u + lr * last, u
        yield param


def adamc(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01, lr_max=1e-3):
    """AdamC, for layers before a normalization.

    param *= 1 - lr^2/lr_max weight_decay;  param -= lr m^/(sqrt(v^) + eps).
    Source: Defazio 2025, arXiv 2506.02285; kozistr/pytorch_optimizer adamc.py with normalized.
    Dialect: eps as in Adam; kozistr's is divided by the correction too.
    """
    for u in _adam_directions(param, grads, beta1, beta2, eps):
        param = param * (1 - lr ** 2 / lr_max * weight_decay) - lr * u
        yield param


def simplified_ademamix(param, grads, *, lr=1e-3, beta1=0.99, beta2=0.95, alpha=0.0, eps=1e-8, weight_decay=0.0):
    """Simplified AdEMAMix.

    m = beta1 m + g;  v = beta2 v + (1-beta2) g^2;  param -= lr ((m + alpha g)/(sqrt(v^) + eps) + weight_decay param).
    Source: Morwani et al. 2025, arXiv 2502.02431; optax optax/contrib/_ademamix.py, simplified_ademamix.
    """
    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        m = beta1 * m + g
        v = beta2 * v + (1 - beta2) * g * g
        param = param - lr * ((m + alpha * g) / (np.sqrt(v / (1 - beta2 ** t)) + eps) + weight_decay * param)
        yield param


def swats(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-9, tolerance=1e-9):
    """SWATS.

    Adam: p = -lr sqrt(1-beta2^t)/(1-beta1^t) m/(sqrt(v) + eps);  param += p;  if <p, g> is not 0: c = <p, p>/-<p, g>;
    l = beta2 l + (1-beta2) c;  if t > 1, l^ > 0 and |l^ - c| < tolerance: from the next step on
    SGD: b = beta1 b + g, b starts at 0;  param -= (1-beta1) l^ b.
    Source: Keskar and Socher 2017, arXiv 1712.07628, algorithm 1; Mrpatekful/swats (l^ > 0).
    Dialect: an absolute tolerance and inner products over all tensors, as in the paper.
    """
    m, v, b, l, rate = np.zeros_like(param), np.zeros_like(param), np.zeros_like(param), 0.0, None
    for t, g in enumerate(grads, 1):
        if rate is not None:
            b = beta1 * b + g
            param = param - (1 - beta1) * rate * b
            yield {"param": param, "rate": np.full_like(param, rate)}
            continue
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        p = -lr * math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t) * m / (np.sqrt(v) + eps)
        param = param + p
        yield {"param": param, "rate": np.zeros_like(param)}
        if dot(p, g) != 0:
            c = dot(p, p) / -dot(p, g)
            l = beta2 * l + (1 - beta2) * c
            corrected = l / (1 - beta2 ** t)
            if t > 1 and corrected > 0 and abs(corrected - c) < tolerance:
                rate = corrected


def cocob(param, grads, *, lr=1.0, alpha=100.0, eps=1e-8):
    """COCOB.

    g *= lr;  L = max(L, |g|), L_0 = eps;  G += |g|;  reward = max(reward - g (param - param_0), 0);  theta -= g;
    param = param_0 + theta/(L max(G + L, alpha L)) (L + reward).
    Source: Orabona and Tommasi 2017, arXiv 1705.07795, algorithm 2 (its g is the negative gradient); optax
    optax/contrib/_cocob.py (lr).
    """
    start, largest = param, np.full_like(param, eps)
    total, reward, theta = np.zeros_like(param), np.zeros_like(param), np.zeros_like(param)
    for g in lr * grads:
        largest = np.maximum(largest, abs(g))
        total = total + abs(g)
        reward = np.maximum(reward - g * (param - start), 0)
        theta = theta - g
        param = start + theta / (largest * np.maximum(total + largest, alpha * largest)) * (largest + reward)
        yield param


def _alternating(grads, beta1):
    """m_t = beta1^2 m_(t-2) + (1-beta1^2) g, and m_(t-1); both start at 0."""
    last, before_last = 0.0, 0.0
    for g in grads:
        m = beta1 ** 2 * before_last + (1 - beta1 ** 2) * g
        yield m, last
        last, before_last = m, last


def pnm(param, grads, *, lr=1e-3, beta1=0.9, beta2=1.0, weight_decay=0.0):
    """PNM.

    param *= 1 - lr weight_decay;  m_t = beta1^2 m_(t-2) + (1-beta1^2) g;
    param -= lr ((1+beta2) m_t - beta2 m_(t-1))/sqrt((1+beta2)^2 + beta2^2).
    Source: Xie et al. 2021, arXiv 2103.17182; zeke-xie/Positive-Negative-Momentum pnm_optim/pnm.py.
    """
    for m, older in _alternating(grads, beta1):
        step = ((1 + beta2) * m - beta2 * older) / math.sqrt((1 + beta2) ** 2 + beta2 ** 2)
        param = param * (1 - lr * weight_decay) - lr * step
        yield param


def adapnm(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, beta3=1.0, eps=1e-8, weight_decay=0.0):
    """AdaPNM.

    param *= 1 - lr weight_decay;  m as in PNM;  v = beta2 v + (1-beta2) g^2;  w = max(w, v);
    param -= lr/(1-beta1^t) ((1+beta3) m_t - beta3 m_(t-1))/sqrt((1+beta3)^2 + beta3^2)/(sqrt(w)/sqrt(1-beta2^t) + eps).
    Source: Xie et al. 2021, arXiv 2103.17182; zeke-xie/Positive-Negative-Momentum pnm_optim/adapnm.py, amsgrad=True.
    """
    v, w = np.zeros_like(param), np.zeros_like(param)
    for t, (g, (m, older)) in enumerate(zip(grads, _alternating(grads, beta1)), 1):
        v = beta2 * v + (1 - beta2) * g * g
        w = np.maximum(w, v)
        step = ((1 + beta3) * m - beta3 * older) / math.sqrt((1 + beta3) ** 2 + beta3 ** 2)
        step = step / (np.sqrt(w) / math.sqrt(1 - beta2 ** t) + eps)
        param = param * (1 - lr * weight_decay) - lr / (1 - beta1 ** t) * step
        yield param


def adai(param, grads, *, lr=1.0, beta0=0.1, beta2=0.99, eps=1e-3):
    """Adai.

    v = beta2 v + (1-beta2) g^2;  mu = clamp(1 - beta0 v^/mean(v^), 0, 1 - eps);  m = mu m + (1-mu) g;  product *= mu, from 1;
    param -= lr m/(1 - product).
    Source: Xie et al. 2022, arXiv 2006.15815; zeke-xie/adaptive-inertia-adai adai_optim/adai.py.
    Dialect: the mean is over all tensors (here there is one).
    """
    v, m, product = np.zeros_like(param), np.zeros_like(param), np.ones_like(param)
    for t, g in enumerate(grads, 1):
        v = beta2 * v + (1 - beta2) * g * g
        corrected = v / (1 - beta2 ** t)
        mu = np.clip(1 - beta0 * corrected / mean(corrected), 0, 1 - eps)
        m = mu * m + (1 - mu) * g
        product = product * mu
        param = param - lr * m / (1 - product)
        yield param


def optimistic_gd(param, grads, *, lr=1e-2, alpha=1.0, beta=1.0):
    """Optimistic gradient descent.

    param -= lr ((alpha + beta) g_t - beta g_(t-1)), g_0 = g_1.
    Source: Daskalakis et al. 2018, arXiv 1711.00141; Mokhtari et al. 2019, arXiv 1901.08511; optax optimistic_gradient_descent
    (optax/_src/transform.py, scale_by_optimistic_gradient) for g_0.
    """
    last = grads[0]
    for g in grads:
        param = param - lr * ((alpha + beta) * g - beta * last)
        last = g
        yield param


def schedule_free_radam(param, grads, *, lr=2.5e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, r=0.0, weight_lr_power=2.0):
    """Schedule-free RAdam.

    rho_inf = 2/(1-beta2) - 1;  rho = rho_inf - 2 t beta2^t/(1-beta2^t);
    lr_t = lr sqrt((rho-4)(rho-2) rho_inf/((rho_inf-4)(rho_inf-2) rho)) if rho > 4, else 0;  then as schedule_free_adamw: v, n, z, w, W,
    c = w/W (0 if W is 0), x, y.
    Source: facebookresearch/schedule_free radam_schedulefree.py with silent_sgd_phase=True (y and z only).
    """
    x = y = z = param
    v, weights, largest, rho_inf = np.zeros_like(param), 0.0, 0.0, 2 / (1 - beta2) - 1
    for t, g in enumerate(grads, 1):
        rho = rho_inf - 2 * t * beta2 ** t / (1 - beta2 ** t)
        rate = lr * math.sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho)) if rho > 4 else 0.0
        v = beta2 * v + (1 - beta2) * g * g
        z = z - rate * (g / (np.sqrt(v / (1 - beta2 ** t)) + eps) + weight_decay * y)
        largest = max(largest, rate)
        weight = t ** r * largest ** weight_lr_power
        weights += weight
        x = x + (weight / weights if weights > 0 else 0.0) * (z - x)
        y = (1 - beta1) * z + beta1 * x
        yield {"param": y, "x": x}
