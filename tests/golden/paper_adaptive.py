"""Reference implementations: elementwise, with second moments. See paper_golden.py for the conventions."""
import math

import numpy as np


def adam(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adam, eps outside the root: the style of everything below, checked against PyTorch.

    m = beta1 m + (1-beta1) g;  v = beta2 v + (1-beta2) g^2;  param -= lr m^/(sqrt(v^) + eps);
    m^ = m/(1-beta1^t), v^ = v/(1-beta2^t).
    Source: Kingma and Ba 2015, arXiv 1412.6980, algorithm 1.
    """
    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        param = param - lr * (m / (1 - beta1 ** t)) / (np.sqrt(v / (1 - beta2 ** t)) + eps)
        yield param


def adam_eps_inside(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adam with eps inside the root.

    As adam, with param -= lr m^/sqrt(v^ + eps).
    Source: tiny-dnn; optax adam with eps = 0, eps_root > 0. Not the paper's, and another scale of eps: 1e-8 here acts like
    1e-4 there.
    """
    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        param = param - lr * (m / (1 - beta1 ** t)) / np.sqrt(v / (1 - beta2 ** t) + eps)
        yield param


def adam_eps_hat(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adam with both corrections in the learning rate ("epsilon hat").

    param -= lr sqrt(1-beta2^t)/(1-beta1^t) m/(sqrt(v) + eps): eps is added to the root of the uncorrected v.
    Source: Kingma and Ba 2015, end of section 2; TensorFlow and Keras Adam, ensmallen, dlib, flashlight.
    """
    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        param = param - lr * math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t) * m / (np.sqrt(v) + eps)
        yield param


def amsgrad_optax(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """AMSGrad with the maximum of the corrected second moment.

    As adam, with u = max(u, v^) and param -= lr m^/(sqrt(u) + eps).  u_0 = 0.
    Source: Reddi et al. 2018, arXiv 1904.09237 (which corrects nothing); optax scale_by_amsgrad (optax/_src/transform.py).
    Dialect: PyTorch takes the maximum of the uncorrected v and corrects after; v^ of the first steps lasts here.
    """
    m, v, u = np.zeros_like(param), np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        u = np.maximum(u, v / (1 - beta2 ** t))
        param = param - lr * (m / (1 - beta1 ** t)) / (np.sqrt(u) + eps)
        yield param


def nadam(param, grads, *, lr=2e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, momentum_decay=4e-3, decoupled=False):
    """NAdam, today's rule of PyTorch (that of 1.13.1 differs: see torch_golden.py).

    coupled: g += weight_decay param; decoupled: param *= 1 - lr weight_decay, first.
    mu_t = beta1 (1 - 0.96^(t momentum_decay)/2);  P = P mu_t, P_0 = 1;  m, v as adam;  D = sqrt(v/(1-beta2^t)) + eps;
    param -= lr ((1-mu_t)/(1-P) g/D + mu_{t+1}/(1 - P mu_{t+1}) m/D).
    Source: Dozat 2016, Incorporating Nesterov momentum into Adam; torch/optim/nadam.py.
    """
    def mu(t):
        return beta1 * (1 - 0.5 * 0.96 ** (t * momentum_decay))

    m, v, product = np.zeros_like(param), np.zeros_like(param), 1.0
    for t, g in enumerate(grads, 1):
        if decoupled:
            param = param * (1 - lr * weight_decay)
        else:
            g = g + weight_decay * param
        product *= mu(t)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        step = (1 - mu(t)) / (1 - product) * g + mu(t + 1) / (1 - product * mu(t + 1)) * m
        param = param - lr * step / (np.sqrt(v / (1 - beta2 ** t)) + eps)
        yield param


def nadam_optax(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0):
    """NAdam, optax's dialect: no warm-up of the momentum.

    m, v as adam;  D = sqrt(v^) + eps;  n = beta1 m/(1-beta1^(t+1)) + (1-beta1) g/(1-beta1^t);
    param -= lr (n/D + weight_decay param), with the old param.
    Source: optax scale_by_adam(nesterov=True), nadam and nadamw (optax/_src/transform.py, alias.py).
    """
    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        n = beta1 * (m / (1 - beta1 ** (t + 1))) + (1 - beta1) * (g / (1 - beta1 ** t))
        param = param - lr * (n / (np.sqrt(v / (1 - beta2 ** t)) + eps) + weight_decay * param)
        yield param


def radam_optax(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """RAdam, optax's dialect: eps on the corrected root.

    m, v as adam;  i = 2/(1-beta2) - 1;  p = i - 2 t beta2^t/(1-beta2^t);
    p >= 5: param -= lr sqrt((p-4)(p-2) i/((i-4)(i-2) p)) m^/(sqrt(v^) + eps);  else param -= lr m^.
    Source: Liu et al. 2020, arXiv 1908.03265, algorithm 2; optax scale_by_radam (optax/_src/transform.py).
    """
    i = 2 / (1 - beta2) - 1
    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        first, second = m / (1 - beta1 ** t), v / (1 - beta2 ** t)
        p = i - 2 * t * beta2 ** t / (1 - beta2 ** t)
        if p >= 5:
            r = math.sqrt((p - 4) * (p - 2) * i / ((i - 4) * (i - 2) * p))
            param = param - lr * r * first / (np.sqrt(second) + eps)
        else:
            param = param - lr * first
        yield param


def amsgrad_keras(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-7):
    """AMSGrad, Keras's dialect: the epsilon of adam_eps_hat.

    m, v as adam;  u = max(u, v), u_0 = 0;  param -= lr sqrt(1-beta2^t)/(1-beta1^t) m/(sqrt(u) + eps).
    Source: keras/src/optimizers/adam.py with amsgrad=True.
    """
    m, v, u = np.zeros_like(param), np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        alpha = lr * math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t)
        m = m + (g - m) * (1 - beta1)
        v = v + (g * g - v) * (1 - beta2)
        u = np.maximum(u, v)
        param = param - m * alpha / (np.sqrt(u) + eps)
        yield param


def adamw_keras(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-7, weight_decay=4e-3):
    """AdamW, Keras's dialect: the epsilon of adam_eps_hat.

    param -= lr weight_decay param, first;  m, v as adam;  param -= lr sqrt(1-beta2^t)/(1-beta1^t) m/(sqrt(v) + eps).
    Source: keras/src/optimizers/adamw.py, adam.py, and _apply_weight_decay of base_optimizer.py.
    """
    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        param = param - param * weight_decay * lr
        m = m + (g - m) * (1 - beta1)
        v = v + (g * g - v) * (1 - beta2)
        param = param - m * (lr * math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t)) / (np.sqrt(v) + eps)
        yield param


def adamax_keras(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-7):
    """AdaMax, Keras's dialect: eps outside the maximum.

    m as adam;  u = max(beta2 u, |g|);  param -= lr m/((1-beta1^t) (u + eps)).
    Source: Kingma and Ba 2015, algorithm 2 (which has no eps); keras/src/optimizers/adamax.py.
    """
    m, u = np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        m = m + (g - m) * (1 - beta1)
        u = np.maximum(beta2 * u, abs(g))
        param = param - lr * m / ((1 - beta1 ** t) * (u + eps))
        yield param


def adagrad_optax(param, grads, *, lr=0.1, initial_accumulator_value=0.1, eps=1e-7):
    """AdaGrad, optax's dialect.

    sum += g^2;  param -= lr g / sqrt(sum + eps), and 0 where sum = 0.  sum_0 = initial_accumulator_value.
    Source: Duchi et al. 2011; optax scale_by_rss (optax/_src/transform.py).
    """
    total = np.full_like(param, initial_accumulator_value)
    for g in grads:
        total = total + g * g
        param = param - lr * np.where(total > 0, g / np.sqrt(total + eps), 0)
        yield param


def rmsprop_tf(param, grads, *, lr=0.01, alpha=0.9, eps=1e-10, momentum=0.0, weight_decay=0.0, initial=1.0, centered=False):
    """RMSprop, TensorFlow's dialect.

    g += weight_decay param;  v += (1-alpha) (g^2 - v), v_0 = initial;  centered: a += (1-alpha) (g - a), a_0 = 0;
    D = sqrt(v + eps), centered: sqrt(v - a^2 + eps);  b = momentum b + lr g/D;  param -= b.
    Source: Tieleman and Hinton 2012; tf.raw_ops.ApplyRMSProp, ApplyCenteredRMSProp; timm/optim/rmsprop_tf.py.
    Dialect: v_0 = 1 (TensorFlow 1, timm) or 0 (Keras; optax rmsprop), eps inside the root, lr inside the momentum.
    """
    v, a, b = np.full_like(param, initial), np.zeros_like(param), np.zeros_like(param)
    for g in grads:
        g = g + weight_decay * param
        v = v + (1 - alpha) * (g * g - v)
        a = a + (1 - alpha) * (g - a)
        b = momentum * b + lr * g / np.sqrt((v - a * a if centered else v) + eps)
        param = param - b
        yield param


def adabelief(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-16, weight_decay=0.0, amsgrad=False):
    """AdaBelief.

    param *= 1 - lr weight_decay;  m = beta1 m + (1-beta1) g;  s = beta2 s + (1-beta2) (g-m)^2 + eps, with the new m, eps stored;
    param -= lr m^/(sqrt(s)/sqrt(1-beta2^t) + eps).  amsgrad: the maximum of s so far in place of s.
    Source: Zhuang et al. 2020, arXiv 2010.07468, algorithm 2; juntang-zhuang/Adabelief-Optimizer
    pypi_packages/adabelief_pytorch0.2.1
    AdaBelief.py with rectify=False; optax scale_by_belief (eps_root = eps).
    """
    m, s, largest = np.zeros_like(param), np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        param = param * (1 - lr * weight_decay)
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * (g - m) ** 2 + eps
        largest = np.maximum(largest, s) if amsgrad else s
        param = param - lr * (m / (1 - beta1 ** t)) / (np.sqrt(largest) / math.sqrt(1 - beta2 ** t) + eps)
        yield param


def yogi(param, grads, *, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-3, initial_accumulator_value=1e-6):
    """Yogi, with bias correction.

    m = beta1 m + (1-beta1) g;  v -= (1-beta2) sign(v - g^2) g^2;  param -= lr m^/(sqrt(v^) + eps).
    m_0 = v_0 = initial_accumulator_value.
    Source: Zaheer et al. 2018 (NeurIPS), Adaptive methods for nonconvex optimization; optax scale_by_yogi
    (optax/_src/transform.py).
    Dialect: optax's, as TensorFlow Addons': m starts at the initial value as well, and both moments are corrected.
    """
    m, v = np.full_like(param, initial_accumulator_value), np.full_like(param, initial_accumulator_value)
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = v - (1 - beta2) * np.sign(v - g * g) * g * g
        param = param - lr * (m / (1 - beta1 ** t)) / (np.sqrt(v / (1 - beta2 ** t)) + eps)
        yield param


def yogi_paper(param, grads, *, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-3, initial_accumulator_value=1e-6):
    """Yogi as printed: no bias correction, m_0 = 0.

    As yogi, with param -= lr m/(sqrt(v) + eps).
    Source: Zaheer et al. 2018, algorithm 2; ensmallen yogi_update.hpp.
    """
    m, v = np.zeros_like(param), np.full_like(param, initial_accumulator_value)
    for g in grads:
        m = beta1 * m + (1 - beta1) * g
        v = v - (1 - beta2) * np.sign(v - g * g) * g * g
        param = param - lr * m / (np.sqrt(v) + eps)
        yield param


def adan(param, grads, *, lr=1e-3, beta1=0.98, beta2=0.92, beta3=0.99, eps=1e-8, weight_decay=0.0, decoupled=False):
    """Adan.

    d = g_t - g_{t-1}, 0 at t = 1;  m = beta1 m + (1-beta1) g;  n = beta2 n + (1-beta2) d;  v = beta3 v + (1-beta3) (g + beta2 d)^2;
    D = sqrt(v)/sqrt(1-beta3^t) + eps;  u = lr/(1-beta1^t) m/D + lr beta2/(1-beta2^t) n/D;
    proximal (the default): param = (param - u)/(1 + lr weight_decay);  decoupled: param = param (1 - lr weight_decay) - u.
    Source: Xie et al. 2022, arXiv 2208.06677, algorithm 1 (whose betas are 1 - these); sail-sg/Adan adan.py; timm/optim/adan.py.
    Dialect: the weight of d and n is beta2 (the paper's 1 - beta2). optax has 1-b2, google-deepmind/optax#1715.
    """
    m, n, v = np.zeros_like(param), np.zeros_like(param), np.zeros_like(param)
    previous = None
    for t, g in enumerate(grads, 1):
        d = np.zeros_like(g) if previous is None else g - previous
        previous = g
        m = beta1 * m + (1 - beta1) * g
        n = beta2 * n + (1 - beta2) * d
        v = beta3 * v + (1 - beta3) * (g + beta2 * d) ** 2
        denominator = np.sqrt(v) / math.sqrt(1 - beta3 ** t) + eps
        update = lr * (m / (1 - beta1 ** t) + beta2 * n / (1 - beta2 ** t)) / denominator
        param = param * (1 - lr * weight_decay) - update if decoupled else (param - update) / (1 + lr * weight_decay)
        yield param


def adopt(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.9999, eps=1e-6, weight_decay=0.0, decoupled=False, clip_exponent=0.25):
    """ADOPT.

    coupled (the default): g += weight_decay param.  t = 1: v = g^2, and nothing else, no decay of the parameter either.
    t > 1: decoupled: param *= 1 - lr weight_decay;  n = g/max(sqrt(v), eps), clipped to +-(t-1)^clip_exponent;
    m = beta1 m + (1-beta1) n;  param -= lr m;  v = beta2 v + (1-beta2) g^2.  m_0 = 0.
    Source: Taniguchi et al. 2024, arXiv 2411.02853, the clipped version; iShohei220/adopt src/adopt/adopt.py.
    Dialect: v of the step before; the clip counts from 0, so it is 1 at the first step that moves (t = 2).
    """
    m = np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        if not decoupled:
            g = g + weight_decay * param
        if t == 1:
            v = g * g
        else:
            if decoupled:
                param = param * (1 - lr * weight_decay)
            clip = (t - 1) ** clip_exponent
            m = beta1 * m + (1 - beta1) * np.clip(g / np.maximum(np.sqrt(v), eps), -clip, clip)
            param = param - lr * m
            v = beta2 * v + (1 - beta2) * g * g
        yield param


def ademamix(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, beta3=0.9999, alpha=2.0, eps=1e-8, weight_decay=0.0,
             alpha_warmup=0.0, beta3_warmup=0.0):
    """AdEMAMix.

    m1 = beta1 m1 + (1-beta1) g;  m2 = beta3(t) m2 + (1-beta3(t)) g;  v = beta2 v + (1-beta2) g^2;
    param -= lr ((m1/(1-beta1^t) + alpha(t) m2)/(sqrt(v)/sqrt(1-beta2^t) + eps) + weight_decay param).
    alpha(t) = alpha min(1, t/alpha_warmup);  beta3(t) = h((1-a) f(beta1) + a f(beta3)), a = t/beta3_warmup < 1, afterwards beta3;
    f(b) = ln 0.5/ln(b + 1e-8) - 1, h(x) = 0.5^(1/(x+1)).  A warm-up of 0 is none.
    Source: Pagliardini et al. 2024, arXiv 2409.03137, algorithm 1; apple/ml-ademamix pytorch/ademamix.py.
    Dialect: m2 is not corrected; the 1e-8 in f is the reference's.
    """
    def life(beta):
        return math.log(0.5) / math.log(beta + 1e-8) - 1

    m1, m2, v = np.zeros_like(param), np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        weight = alpha * t / alpha_warmup if t < alpha_warmup else alpha
        slow = beta3
        if t < beta3_warmup:
            a = t / beta3_warmup
            slow = 0.5 ** (1 / ((1 - a) * life(beta1) + a * life(beta3) + 1))
        m1 = beta1 * m1 + (1 - beta1) * g
        m2 = slow * m2 + (1 - slow) * g
        v = beta2 * v + (1 - beta2) * g * g
        update = (m1 / (1 - beta1 ** t) + weight * m2) / (np.sqrt(v) / math.sqrt(1 - beta2 ** t) + eps)
        param = param - lr * (update + weight_decay * param)
        yield param


def laprop(param, grads, *, lr=4e-4, beta1=0.9, beta2=0.999, eps=1e-15, weight_decay=0.0):
    """LaProp: normalize first, momentum after.

    v = beta2 v + (1-beta2) g^2;  m = beta1 m + (1-beta1) lr g/(sqrt(v/(1-beta2^t)) + eps);  param -= m/(1-beta1^t);
    last: param *= 1 - weight_decay, without lr.
    Source: Ziyin et al. 2020, arXiv 2002.04839, algorithm 1; Z-T-WANG/LaProp-Optimizer laprop.py.
    Dialect: lr inside m. The reference corrects by an average of ones and of lr, the same as the powers while lr is constant.
    """
    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        v = beta2 * v + (1 - beta2) * g * g
        m = beta1 * m + (1 - beta1) * lr * g / (np.sqrt(v / (1 - beta2 ** t)) + eps)
        param = (param - m / (1 - beta1 ** t)) * (1 - weight_decay)
        yield param


def padam(param, grads, *, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, partial=0.25):
    """Padam: partially adaptive AMSGrad.

    g += weight_decay param;  m, v as adam;  u = max(u, v);  param -= lr sqrt(1-beta2^t)/(1-beta1^t) m/(sqrt(u) + eps)^(2 partial).
    Source: Chen et al. 2018, arXiv 1806.06763, algorithm 1; uclaml/Padam Padam.py (amsgrad=True, its default).
    Dialect: the reference's corrections, which the paper does not have; partial is p, 1/2 is AMSGrad.
    """
    m, v, u = np.zeros_like(param), np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        g = g + weight_decay * param
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        u = np.maximum(u, v)
        param = param - lr * math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t) * m / (np.sqrt(u) + eps) ** (2 * partial)
        yield param


def adamod(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, beta3=0.999, eps=1e-8, weight_decay=0.0):
    """AdaMod: learning rates bounded by their own average.

    param *= 1 - lr weight_decay;  m, v as adam;  e = lr sqrt(1-beta2^t)/(1-beta1^t)/(sqrt(v) + eps);
    a = beta3 a + (1-beta3) e;  param -= min(e, a) m.  a_0 = 0.
    Source: Ding et al. 2019, arXiv 1910.12249, algorithm 1; lancopku/AdaMod adamod/adamod.py.
    """
    m, v, a = np.zeros_like(param), np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        param = param * (1 - lr * weight_decay)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        e = lr * math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t) / (np.sqrt(v) + eps)
        a = beta3 * a + (1 - beta3) * e
        param = param - np.minimum(e, a) * m
        yield param


def adabound(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, final_lr=0.1, gamma=1e-3, eps=1e-8, weight_decay=0.0, pick=None):
    """AdaBound: learning rates clipped to an interval that closes on final_lr.

    g += weight_decay param;  m, v as adam;  e = lr sqrt(1-beta2^t)/(1-beta1^t)/(sqrt(v) + eps);
    param -= clip(e, final_lr (1 - 1/(gamma t + 1)), final_lr (1 + 1/(gamma t))) m.
    Source: Luo et al. 2019, arXiv 1902.09843, algorithm 2; Luolc/AdaBound adabound/adabound.py, class AdaBound.
    Dialect: the reference's corrections (the paper has none and lr/sqrt(t)); its final_lr lr/base_lr is final_lr, as lr is
    constant.
    """
    m, v, u = np.zeros_like(param), np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        g = g + weight_decay * param
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        u = pick(u, v) if pick else v
        e = lr * math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t) / (np.sqrt(u) + eps)
        param = param - np.clip(e, final_lr * (1 - 1 / (gamma * t + 1)), final_lr * (1 + 1 / (gamma * t))) * m
        yield param


def amsbound(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, final_lr=0.1, gamma=1e-3, eps=1e-8, weight_decay=0.0):
    """AMSBound.

    As adabound, with the maximum of v so far in place of v.
    Source: Luo et al. 2019, arXiv 1902.09843, algorithm 3; Luolc/AdaBound adabound/adabound.py, amsbound=True.
    """
    yield from adabound(param, grads, lr=lr, beta1=beta1, beta2=beta2, final_lr=final_lr, gamma=gamma, eps=eps,
                        weight_decay=weight_decay, pick=np.maximum)


def diffgrad(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0):
    """diffGrad: friction from the change of the gradient.

    g += weight_decay param;  m, v as adam;  xi = 1/(1 + exp(-|g_{t-1} - g_t|)), g_0 = 0;
    param -= lr sqrt(1-beta2^t)/(1-beta1^t) xi m/(sqrt(v) + eps).
    Source: Dubey et al. 2019, arXiv 1909.11015; shivram1987/diffGrad diffGrad.py.
    Dialect: a true g_{t-1}; the reference notes that its own line stores an alias of the gradient, which makes the difference 0.
    """
    m, v, previous = np.zeros_like(param), np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        g = g + weight_decay * param
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        friction = 1 / (1 + np.exp(-abs(previous - g)))
        previous = g
        param = param - lr * math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t) * friction * m / (np.sqrt(v) + eps)
        yield param


def qhadam(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, nu1=0.7, nu2=1.0, eps=1e-8, weight_decay=0.0):
    """Quasi-hyperbolic Adam.

    g += weight_decay param;  m, v as adam;  param -= lr ((1-nu1) g + nu1 m^)/(sqrt((1-nu2) g^2 + nu2 v^) + eps).
    Source: Ma and Yarats 2019, arXiv 1810.06801; facebookresearch/qhoptim qhoptim/pyt/qhadam.py.
    Dialect: coupled weight decay. The reference corrects by weights 1 + beta w, the same up to rounding.
    """
    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        g = g + weight_decay * param
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        numerator = (1 - nu1) * g + nu1 * m / (1 - beta1 ** t)
        param = param - lr * numerator / (np.sqrt((1 - nu2) * g * g + nu2 * v / (1 - beta2 ** t)) + eps)
        yield param


def msvag(param, grads, *, lr=0.1, beta=0.9):
    """M-SVAG: momentum, damped by the estimated variance.

    m, v averages with the same beta;  m^ = m/(1-beta^t), v^ = v/(1-beta^t);
    rho = min(0.9999, (1-beta)^2 (1-beta^{2t})/((1-beta^2) (1-beta^t)^2));  s = (v^ - m^2)/(1-rho);
    param -= lr clip(m^2/(m^2 + rho s), 0, 1) m^, and 0 where that is 0/0 (m^2 means the square of m^).
    Source: Balles and Hennig 2018, arXiv 1705.07774; lballes/msvag msvag/msvag.py.
    Dialect: the cap 0.9999 is the reference's, it acts at t = 1 only, where v^ = m^2 up to rounding: the factor is 1 to
    about 1e-12.
    """
    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        m = beta * m + (1 - beta) * g
        v = beta * v + (1 - beta) * g * g
        mean, power = m / (1 - beta ** t), beta ** t
        rho = min(0.9999, (1 - beta) ** 2 * (1 - power ** 2) / ((1 - beta ** 2) * (1 - power) ** 2))
        s = (v / (1 - power) - mean ** 2) / (1 - rho)
        total = mean ** 2 + rho * s
        factor = np.divide(mean ** 2, total, out=np.zeros_like(param), where=total != 0)
        param = param - lr * np.clip(factor, 0, 1) * mean
        yield param


def smorms3(param, grads, *, lr=1e-3, eps=1e-16):
    """SMORMS3.

    r = 1/(mem + 1);  m = (1-r) m + r g;  v = (1-r) v + r g^2;  x = m^2/(v + eps);  param -= g min(lr, x)/(sqrt(v) + eps);
    mem = 1 + mem (1-x).  mem_0 = 1, m_0 = v_0 = 0.
    Source: Funk 2015, https://sifter.org/~simon/journal/20150420.html; chainer optimizers/smorms3.py.
    """
    m, v, memory = np.zeros_like(param), np.zeros_like(param), np.ones_like(param)
    for g in grads:
        r = 1 / (memory + 1)
        m = (1 - r) * m + r * g
        v = (1 - r) * v + r * g * g
        x = m * m / (v + eps)
        param = param - g * np.minimum(lr, x) / (np.sqrt(v) + eps)
        memory = 1 + memory * (1 - x)
        yield param


def grams(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-6, weight_decay=0.0):
    """Grams: the magnitude of Adam, the sign of the gradient.

    param *= 1 - lr weight_decay;  m, v as adam;  param -= lr sqrt(1-beta2^t)/(1-beta1^t) sign(g) |m|/(sqrt(v) + eps).
    Source: Cao et al. 2024, arXiv 2412.17107; Gunale0926/Grams grams/src/grams.py.
    Dialect: sign(0) = 0.
    """
    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        param = param * (1 - lr * weight_decay)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        param = param - lr * math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t) * np.sign(g) * abs(m) / (np.sqrt(v) + eps)
        yield param


def ftrl(param, grads, *, lr=0.1, beta=1.0, l1=0.0, l2=0.0):
    """FTRL-Proximal.

    sigma = (sqrt(n + g^2) - sqrt(n))/lr;  z += g - sigma param;  n += g^2;
    param = 0 where |z| <= l1, else -(z - l1 sign(z))/((beta + sqrt(n))/lr + l2).  z_0 = n_0 = 0.
    Source: McMahan et al. 2013, Ad click prediction, algorithm 1; kozistr/pytorch_optimizer ftrl.py (lr_power = -1/2,
    lambda_1, lambda_2).
    Dialect: the paper's. TensorFlow's ApplyFtrlV2 has no beta, n_0 = 0.1 and 2 l2. The initial parameter acts through sigma only:
    a parameter whose first gradient is 0 becomes 0.
    """
    z, n = np.zeros_like(param), np.zeros_like(param)
    for g in grads:
        sigma = (np.sqrt(n + g * g) - np.sqrt(n)) / lr
        z = z + g - sigma * param
        n = n + g * g
        param = np.where(abs(z) <= l1, 0, -(z - l1 * np.sign(z)) / ((beta + np.sqrt(n)) / lr + l2))
        yield param


def ftrl_keras(param, grads, *, lr=1e-3, beta=0.0, l1=0.0, l2=0.0, initial_accumulator_value=0.1):
    """FTRL-Proximal, Keras's dialect.

    N = n + g^2;  z += g - (sqrt(N) - sqrt(n))/lr param;  n = N;
    param = (clip(z, -l1, l1) - z)/(sqrt(n)/lr + 2 (l2 + beta/(2 lr))).  z_0 = 0, n_0 = initial_accumulator_value.
    Source: keras/src/optimizers/ftrl.py with learning_rate_power = -1/2, without its shrinkage.
    """
    z, n = np.zeros_like(param), np.full_like(param, initial_accumulator_value)
    for g in grads:
        grown = n + g * g
        z = z + (g - (grown ** 0.5 - n ** 0.5) / lr * param)
        n = grown
        param = (np.clip(z, -l1, l1) - z) / (n ** 0.5 / lr + 2 * (l2 + beta / (2 * lr)))
        yield param


def madgrad(param, grads, *, lr=0.01, momentum=0.9, eps=1e-6, weight_decay=0.0, decoupled=False):
    """MADGRAD.

    coupled (the default): g += weight_decay param.  k = (lr + eps) sqrt(t);  G += k g^2;  s += k g;
    z = param_0 - s/(cbrt(G) + eps);
    param = momentum param + (1-momentum) z;  decoupled: then minus (lr + eps) weight_decay old param.
    Source: Defazio and Jelassi 2021, arXiv 2101.11075, algorithm 1; facebookresearch/madgrad madgrad/madgrad.py.
    Dialect: eps is added to lr as well. The reference with momentum = 0 recovers param_0 instead of storing it: the same value.
    """
    start, total, s = param, np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        if not decoupled:
            g = g + weight_decay * param
        k = (lr + eps) * math.sqrt(t)
        total = total + k * g * g
        s = s + k * g
        z = start - s / (np.cbrt(total) + eps)
        decay = (lr + eps) * weight_decay * param if decoupled else 0
        param = momentum * param + (1 - momentum) * z - decay
        yield param


def adam_atan2(param, grads, *, lr=1e-4, beta1=0.9, beta2=0.99, weight_decay=0.0, a=1.27, b=1.0):
    """Adam-atan2: no eps.

    m, v as adam;  param *= 1 - lr weight_decay;  param -= lr a atan2(m^, b sqrt(v^)).  atan2(0, 0) = 0.
    Source: Everett et al. 2024, arXiv 2407.05872; lucidrains/adam-atan2-pytorch adam_atan2_pytorch/adam_atan2.py.
    """
    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        update = a * np.arctan2(m / (1 - beta1 ** t), b * np.sqrt(v / (1 - beta2 ** t)))
        param = param * (1 - lr * weight_decay) - lr * update
        yield param


def schedule_free_adamw(param, grads, *, lr=2.5e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, warmup_steps=0.0, r=0.0,
                        weight_lr_power=2.0):
    """Schedule-free AdamW.

    lr_t = lr min(1, t/warmup_steps);  v = beta2 v + (1-beta2) g^2;  n = g/(sqrt(v/(1-beta2^t)) + eps) + weight_decay y;
    z -= lr_t n;
    w = t^r (max lr so far)^weight_lr_power;  W += w;  c = w/W;  x = (1-c) x + c z;  y = (1-beta1) z + beta1 x.
    x_0 = z_0 = y_0.  The stored parameter is y; track x is the one to evaluate.
    Source: Defazio et al. 2024, arXiv 2405.15682, algorithm 1; facebookresearch/schedule_free adamw_schedulefree.py (y and z only).
    """
    x = y = z = param
    v, weights, largest = np.zeros_like(param), 0.0, 0.0
    for t, g in enumerate(grads, 1):
        rate = lr * min(1.0, t / warmup_steps) if warmup_steps else lr
        v = beta2 * v + (1 - beta2) * g * g
        z = z - rate * (g / (np.sqrt(v / (1 - beta2 ** t)) + eps) + weight_decay * y)
        largest = max(largest, rate)
        weight = t ** r * largest ** weight_lr_power
        weights += weight
        x = x + weight / weights * (z - x)
        y = (1 - beta1) * z + beta1 * x
        yield {"param": y, "x": x}


def sophia_g(param, grads, hessians, *, lr=1e-4, beta1=0.965, beta2=0.99, rho=0.04, batch=5120.0, weight_decay=0.1, interval=10.0):
    """Sophia-G. The stream "hessian" is the gradient with sampled labels, here.

    param *= 1 - lr weight_decay;  m = beta1 m + (1-beta1) g;  param -= lr sign(m) min(1, |m|/(rho batch h + 1e-15));
    after the step, if t is a multiple of interval: h = beta2 h + (1-beta2) hessian^2.  m_0 = h_0 = 0.
    Source: Liu et al. 2023, arXiv 2305.14342, algorithm 3; Liuhong99/Sophia sophia.py, and train_sophiag.py for the interval.
    """
    m, h = np.zeros_like(param), np.zeros_like(param)
    for t, (g, hessian) in enumerate(zip(grads, hessians), 1):
        m = beta1 * m + (1 - beta1) * g
        param = param * (1 - lr * weight_decay) - lr * np.sign(m) * np.minimum(1, abs(m) / (rho * batch * h + 1e-15))
        if t % interval == 0:
            h = beta2 * h + (1 - beta2) * hessian ** 2
        yield param


def sophia_h(param, grads, hessians, *, lr=1e-3, beta1=0.965, beta2=0.99, eps=1e-8, gamma=0.01, clip=1.0,
             weight_decay=1e-4, interval=10.0):
    """Sophia-H. The stream "hessian" is Hutchinson's estimate u * (H u).

    m = beta1 m + (1-beta1) g;  param -= lr (clip(m^/max(gamma h, eps), -clip, clip) + weight_decay param), with the old h;
    after the step, if t-1 is a multiple of interval (t = 1 too): h = beta2 h + (1-beta2) hessian.  m_0 = h_0 = 0.
    Source: Liu et al. 2023, arXiv 2305.14342, algorithm 3; optax optax/contrib/_sophia.py.
    Dialect: optax's: m is corrected, the paper's is not; decay on the old parameter.
    """
    m, h = np.zeros_like(param), np.zeros_like(param)
    for t, (g, hessian) in enumerate(zip(grads, hessians), 1):
        m = beta1 * m + (1 - beta1) * g
        update = np.clip(m / (1 - beta1 ** t) / np.maximum(gamma * h, eps), -clip, clip)
        param = param - lr * (update + weight_decay * param)
        if (t - 1) % interval == 0:
            h = beta2 * h + (1 - beta2) * hessian
        yield param


def adahessian(param, grads, hessians, *, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, hessian_power=1.0):
    """AdaHessian, elementwise. The stream "hessian" is Hutchinson's estimate u * (H u).

    param *= 1 - lr weight_decay;  m = beta1 m + (1-beta1) g;  v = beta2 v + (1-beta2) hessian^2;
    param -= lr m^/((v/(1-beta2^t))^(hessian_power/2) + eps).
    Source: Yao et al. 2020, arXiv 2006.00719; timm/optim/adahessian.py.
    Dialect: no averaging over convolution kernels; a new estimate each step.
    """
    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, (g, hessian) in enumerate(zip(grads, hessians), 1):
        param = param * (1 - lr * weight_decay)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * hessian ** 2
        param = param - lr * (m / (1 - beta1 ** t)) / ((v / (1 - beta2 ** t)) ** (hessian_power / 2) + eps)
        yield param
