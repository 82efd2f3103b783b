"""Reference implementations that reduce over the tensor (or over all tensors: here there is one). See paper_golden.py.

Sums are exact (math.fsum), rounded once.
"""
import math

import numpy as np


def dot(a, b):
    return math.fsum(a * b)


def norm(a):
    return math.sqrt(dot(a, a))


def mean(a):
    return math.fsum(a) / a.size


def _ratio(numerator, denominator):
    """A trust ratio: 1 if either norm is 0."""
    return numerator / denominator if numerator > 0 and denominator > 0 else 1.0


def cautious_adamw(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-6, weight_decay=0.0):
    """Cautious AdamW.

    param *= 1 - lr weight_decay;  m, v as adam;  k = 1 where m g > 0, else 0;
    param -= lr sqrt(1-beta2^t)/(1-beta1^t) m k/max(mean(k), 1e-3)/(sqrt(v) + eps).
    Source: Liang et al. 2024, arXiv 2411.16085; kyleliang919/C-Optim c_adamw.py.
    Dialect: C-Optim's present scale of the mask; the paper's, and kozistr's, is size/(sum(k) + 1).
    """
    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        param = param * (1 - lr * weight_decay)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        mask = np.where(m * g > 0, 1.0, 0.0)
        mask = mask / max(mean(mask), 1e-3)
        param = param - lr * math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t) * m * mask / (np.sqrt(v) + eps)
        yield param


def mars(param, grads, *, lr=3e-3, beta1=0.95, beta2=0.99, gamma=0.025, eps=1e-8, weight_decay=0.0):
    """MARS-AdamW.

    c = g_t + gamma beta1/(1-beta1) (g_t - g_{t-1}), g_0 = 0;  c /= max(1, norm(c));
    m = beta1 m + (1-beta1) c;  v = beta2 v + (1-beta2) c^2;
    param -= lr (weight_decay param + m/(1-beta1^t)/(sqrt(v)/sqrt(1-beta2^t) + eps)).
    Source: Yuan et al. 2024, arXiv 2411.10438, algorithm 2; AGI-Arena/MARS MARS/optimizers/mars.py, "mars-adamw".
    Dialect: the approximate form (the gradient of the step before, not of the same batch), for every tensor; the reference
    runs AdamW on tensors of one dimension. timm/optim/mars.py has c = g, unclipped, at t = 1.
    """
    def corrected():
        previous = np.zeros_like(param)
        for g in grads:
            c = g + gamma * beta1 / (1 - beta1) * (g - previous)
            previous = g
            yield c / max(1.0, norm(c))

    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, c in enumerate(corrected(), 1):
        m = beta1 * m + (1 - beta1) * c
        v = beta2 * v + (1 - beta2) * c * c
        update = m / (1 - beta1 ** t) / (np.sqrt(v) / math.sqrt(1 - beta2 ** t) + eps)
        param = param - lr * (weight_decay * param + update)
        yield param


def lars(param, grads, *, lr=1.0, momentum=0.9, dampening=0.0, weight_decay=0.0, trust_coefficient=1e-3, eps=1e-8,
         nesterov=False, trust_clip=False):
    """LARS, PyTorch's dialect.

    r = trust_coefficient |param|/(|g| + weight_decay |param| + eps), 1 if either norm is 0;  trust_clip: r = min(r/lr, 1);
    g = r (g + weight_decay param);  then SGD as PyTorch's: the first time b = g, then b = momentum b + (1-dampening) g;
    param -= lr (g + momentum b if nesterov, else b).
    Source: You et al. 2017, arXiv 1708.03888, algorithm 1; timm/optim/lars.py with always_adapt=True.
    Dialect: norms of g and param apart, as in the paper (optax: of their sum); lr outside the buffer (paper and optax: inside).
    timm adapts only where weight_decay is not 0, unless always_adapt.
    """
    b = None
    for g in grads:
        p, q = norm(param), norm(g)
        ratio = trust_coefficient * p / (q + weight_decay * p + eps) if p > 0 and q > 0 else 1.0
        if trust_clip:
            ratio = min(ratio / lr, 1.0)
        g = ratio * (g + weight_decay * param)
        b = g if b is None else momentum * b + (1 - dampening) * g
        param = param - lr * (g + momentum * b if nesterov else b)
        yield param


def lars_optax(param, grads, *, lr=1.0, momentum=0.9, weight_decay=0.0, trust_coefficient=1e-3, eps=0.0, nesterov=False):
    """LARS, optax's dialect.

    u = g + weight_decay param;  u *= trust_coefficient |param|/(|u| + eps), unchanged if either norm is 0;  u = lr u;
    b = momentum b + u;  param -= u + momentum b if nesterov, else b.
    Source: optax lars (optax/_src/alias.py: weight decay, scale_by_trust_ratio, learning rate, trace).
    """
    b = np.zeros_like(param)
    for g in grads:
        u = g + weight_decay * param
        p, q = norm(param), norm(u)
        u = lr * (trust_coefficient * p / (q + eps) if p > 0 and q > 0 else 1.0) * u
        b = momentum * b + u
        param = param - (u + momentum * b if nesterov else b)
        yield param


def lamb(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-6, weight_decay=0.0):
    """LAMB.

    m, v as adam;  u = m^/(sqrt(v^) + eps) + weight_decay param;  param -= lr |param|/|u| u, with 1 for the ratio if either
    norm is 0.
    Source: You et al. 2020, arXiv 1904.00962, algorithm 2; optax lamb (optax/_src/alias.py).
    """
    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        u = m / (1 - beta1 ** t) / (np.sqrt(v / (1 - beta2 ** t)) + eps) + weight_decay * param
        param = param - lr * _ratio(norm(param), norm(u)) * u
        yield param


def lamb_apex(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-6, weight_decay=0.01, max_grad_norm=1.0):
    """LAMB, apex's dialect.

    g /= max(1, |g|/max_grad_norm), the norm over all tensors;  then lamb; without weight decay the ratio is 1.
    Source: NVIDIA/apex csrc/multi_tensor_lamb.cu, mode 1 (decoupled), grad_averaging, bias_correction, not nvlamb.
    """
    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        g = g / max(1.0, norm(g) / max_grad_norm)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        u = m / (1 - beta1 ** t) / (np.sqrt(v / (1 - beta2 ** t)) + eps) + weight_decay * param
        param = param - lr * (_ratio(norm(param), norm(u)) if weight_decay else 1.0) * u
        yield param


def novograd(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.25, eps=1e-6, weight_decay=0.0):
    """NovoGrad: one second moment per tensor.

    v = |g|^2 the first time, then beta2 v + (1-beta2) |g|^2;  m = beta1 m + g/(sqrt(v) + eps) + weight_decay param;  param -= lr m.
    Source: Ginsburg et al. 2019, arXiv 1905.11286, algorithm 1; optax novograd (optax/_src/transform.py).
    Dialect: no 1-beta1 (flashlight; timm nvnovograd with grad_averaging).
    """
    m, v = np.zeros_like(param), None
    for g in grads:
        v = dot(g, g) if v is None else beta2 * v + (1 - beta2) * dot(g, g)
        m = beta1 * m + g / (math.sqrt(v) + eps) + weight_decay * param
        param = param - lr * m
        yield param


def stable_adamw(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.99, eps=1e-8, weight_decay=0.01):
    """StableAdamW: AdamW with the update clipping of Adafactor.

    m, v as adam;  lr_t = lr/max(1, sqrt(mean(g^2/max(v^, eps^2))));
    param = param (1 - lr_t weight_decay) - lr_t m^/(sqrt(v^) + eps).
    Source: Wortsman et al. 2023, arXiv 2304.13013, algorithm 2; warner-benjamin/optimi optimi/stableadamw.py.
    Dialect: corrected moments everywhere (the paper's debiased betas), eps squared under the mean, decay with the lowered lr.
    """
    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        corrected = v / (1 - beta2 ** t)
        rate = lr / max(1.0, math.sqrt(mean(g * g / np.maximum(corrected, eps ** 2))))
        param = param * (1 - rate * weight_decay) - rate * (m / (1 - beta1 ** t)) / (np.sqrt(corrected) + eps)
        yield param


def dog(param, grads, *, lr=1.0, reps_rel=1e-6, eps=1e-8, weight_decay=0.0):
    """DoG: distance over gradients.

    g += weight_decay param;  r = max(r, |param - param_0|), r_0 = reps_rel (1 + |param_0|);  G += |g|^2, G_0 = eps;
    param -= lr r/sqrt(G) g.
    Source: Ivgi et al. 2023, arXiv 2302.12022; formll/dog src/dog/dog.py, class DoG; optax optax/contrib/_dog.py ("heuristic").
    Dialect: norms over all tensors (per tensor: LDoG); the average of the iterates is left to the user.
    """
    start, r, total = param, reps_rel * (1 + norm(param)), eps
    for g in grads:
        g = g + weight_decay * param
        r = max(r, norm(param - start))
        total += dot(g, g)
        param = param - lr * r / math.sqrt(total) * g
        yield param


def dowg(param, grads, *, lr=1.0, eps=1e-4, weight_decay=0.0):
    """DoWG: distance over weighted gradients.

    g += weight_decay param;  r2 = max(r2, |param - param_0|^2), r2_0 = eps;  V += r2 |g|^2, V_0 = 0;
    param -= lr r2/(sqrt(V) + eps) g.
    Source: Khaled et al. 2023, arXiv 2305.16284, algorithm 1; rka97/dowg dowg/dowg.py; optax optax/contrib/_dog.py.
    Dialect: lr and weight_decay are optax's; the square of the distance starts at eps.
    """
    start, r2, total = param, eps, 0.0
    for g in grads:
        g = g + weight_decay * param
        r2 = max(r2, dot(param - start, param - start))
        total += r2 * dot(g, g)
        param = param - lr * r2 / (math.sqrt(total) + eps) * g
        yield param


def prodigy(param, grads, *, lr=1.0, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, d0=1e-6, d_coef=1.0,
            bias_correction=False):
    """Prodigy.

    beta3 = sqrt(beta2);  k = d lr, with bias_correction times sqrt(1-beta2^t)/(1-beta1^t);
    N = beta3 N + d/d0 k <g, param_0 - param>;  m = beta1 m + (1-beta1) d g;  v = beta2 v + (1-beta2) d^2 g^2;
    s = beta3 s + d/d0 k g;  D = max(d, d_coef N/|s|_1);
    param = param (1 - k weight_decay) - k m/(sqrt(v) + D eps), with the old k;  d = D.  d starts at d0.
    Source: Mishchenko and Defazio 2023, arXiv 2306.06101, the Adam version; konstmish/prodigy prodigyopt/prodigy.py; optax
    optax/contrib/_prodigy.py (bias_correction).
    Dialect: the reference's order: d steps before the parameter does, and only eps sees the new one;
    no growth limit, decoupled decay.
    """
    beta3, start, d, numerator = math.sqrt(beta2), param, d0, 0.0
    m, v, s = np.zeros_like(param), np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        rate = d * lr * (math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t) if bias_correction else 1.0)
        numerator = beta3 * numerator + d / d0 * rate * dot(g, start - param)
        m = beta1 * m + (1 - beta1) * d * g
        v = beta2 * v + (1 - beta2) * d * d * g * g
        s = beta3 * s + d / d0 * rate * g
        d = max(d, d_coef * numerator / math.fsum(abs(s)))
        param = param * (1 - rate * weight_decay) - rate * m / (np.sqrt(v) + d * eps)
        yield param


def dadapt_adamw(param, grads, *, lr=1.0, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, d0=1e-6, bias_correction=False):
    """D-Adaptation AdamW.

    w = sqrt(beta2);  k = d lr, with bias_correction times sqrt(1-beta2^t)/(1-beta1^t);
    N = w N + (1-w) k <g, s/(sqrt(v) + eps)>, with the old s and v;  m = beta1 m + (1-beta1) k g;  v = beta2 v + (1-beta2) g^2;
    s = w s + (1-w) k g;  d = max(d, N/((1-w) |s|_1)), after the step;
    param = param (1 - k weight_decay) - m/(sqrt(v) + eps).  d starts at d0.
    Source: Defazio and Mishchenko 2023, arXiv 2301.07733; facebookresearch/dadaptation dadaptation/dadapt_adam.py with
    decouple=True; optax optax/contrib/_dadapt_adamw.py (bias_correction).
    Dialect: lr inside m; no growth limit.
    """
    w, d, numerator = math.sqrt(beta2), d0, 0.0
    m, v, s = np.zeros_like(param), np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        rate = d * lr * (math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t) if bias_correction else 1.0)
        numerator = w * numerator + (1 - w) * rate * dot(g, s / (np.sqrt(v) + eps))
        m = beta1 * m + (1 - beta1) * rate * g
        v = beta2 * v + (1 - beta2) * g * g
        s = w * s + (1 - w) * rate * g
        d = max(d, numerator / ((1 - w) * math.fsum(abs(s))))
        param = param * (1 - rate * weight_decay) - m / (np.sqrt(v) + eps)
        yield param


def barzilai_borwein(param, grads, *, lr=1e-3, short=False, lr_max=1.0):
    """Barzilai-Borwein step lengths, made positive and bounded.

    x = param_{t-1} - param_{t-2}, y = g_t - g_{t-1} (param_{t-1}: where g_t was taken);
    long: a = <x, x>/|<x, y>|, short: a = |<x, y>|/<y, y>;  a = min(a, lr_max);  param -= a g.
    a = lr at the first step; the a of the step before where the denominator is 0.
    Source: Barzilai and Borwein 1988, Two-point step size gradient methods, equations (5) and (6).
    Dialect: the absolute value and the bound are ours, for gradients that are no convex quadratic's.
    """
    a, before = lr, None
    for g in grads:
        if before is not None:
            x, y = param - before[0], g - before[1]
            numerator, denominator = (abs(dot(x, y)), dot(y, y)) if short else (dot(x, x), abs(dot(x, y)))
            a = min(numerator / denominator, lr_max) if denominator else a
        before = param, g
        param = param - a * g
        yield param
