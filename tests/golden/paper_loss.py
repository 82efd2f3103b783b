"""Reference implementations that read the value of the loss at each step. See paper_golden.py.

Sums are exact (math.fsum), rounded once.
"""
import math

import numpy as np

from paper_reductions import dot


def polyak_sgd(param, grads, losses, *, lr=1.0, max_lr=1.0, f_min=0.0, eps=0.0):
    """Polyak's step length, optax.

    rate = min((loss - f_min)/(|g|^2 + eps), max_lr), 0 where |g|^2 + eps <= 2^-52;  param -= lr rate g.
    Source: Polyak 1987; optax optax/_src/transform.py scale_by_polyak, variant "sps", and optax/_src/alias.py polyak_sgd.
    """
    for g, loss in zip(grads, losses):
        norm2 = dot(g, g) + eps
        rate = min((loss - f_min) / norm2, max_lr) if norm2 > 2.0 ** -52 else 0.0
        param = param - lr * rate * g
        yield param


def sps(param, grads, losses, *, lr=1.0, c=0.5, f_min=0.0, eps=1e-8):
    """SPS_max.

    rate = min(max(loss - f_min, 0)/(c |g|^2 + eps), lr), 0 where |g| < 1e-8;  param -= rate g.
    Source: Loizou et al. 2021, arXiv 2002.10542; IssamLaradji/sps sps/sps.py, adapt_flag "constant", lr = eta_max.
    """
    for g, loss in zip(grads, losses):
        norm = math.sqrt(dot(g, g))
        rate = 0.0
        if norm >= 1e-8 and loss >= f_min:
            rate = min(lr, (loss - f_min) / (c * norm ** 2 + eps))
        param = param - rate * g
        yield param


def sps_smooth(param, grads, losses, *, lr=1.0, c=0.5, eps=1e-8, growth=2.0, batches_per_epoch=500.0, initial_rate=1.0):
    """SPS_max with a bound that follows the step length.

    rate = min(growth^(1/batches_per_epoch) rate, loss/(c |g|^2 + eps)), rate_0 = initial_rate;  param -= lr rate g.
    Source: as sps, adapt_flag "smooth_iter". No gradient is 0 here.
    """
    rate = initial_rate
    for g, loss in zip(grads, losses):
        rate = min(growth ** (1 / batches_per_epoch) * rate, loss / (c * dot(g, g) + eps))
        param = param - lr * rate * g
        yield param


def alig(param, grads, losses, *, lr=0.1, eps=1e-5, momentum=0.0):
    """ALI-G.

    rate = min(loss/(|g|^2 + eps), lr);  param -= rate g;  b = momentum b - rate g;  param += momentum b.
    Source: Berrada et al. 2020, arXiv 1906.05661; oval-group/ali-g alig/th/alig.py, lr = max_lr.
    Dialect: the standard Nesterov momentum (adjusted_momentum=False); no projection.
    """
    b = np.zeros_like(param)
    for g, loss in zip(grads, losses):
        rate = min(loss / (dot(g, g) + eps), lr)
        param = param - rate * g
        b = momentum * b - rate * g
        param = param + momentum * b
        yield param


def momo(param, grads, losses, *, lr=1.0, beta=0.9, lower_bound=0.0, weight_decay=0.0, star=False):
    """MoMo; star: MoMo*, with an estimated lower bound.

    d, f, c: averages of g, loss, <g, param>, from their first values;  D = 1 + lr weight_decay;
    star: cap = D (f - c) + <d, param>; where cap < D bound: bound = max(cap/(2 D), lower_bound);
    tau = min(lr, max(D (f - bound - c) + <d, param>, 0)/|d|^2);
    star: bound = max(f + <d, param> - c - tau |d|^2/2, lower_bound), of the next step;
    param = (param - tau d)/D.
    Source: Schaipp et al. 2023, arXiv 2305.07583, algorithm 1 and MoMo*; fabian-sp/MoMo momo/momo.py, bias_correction=False.
    Dialect: optax's momo, with weight decay, has param/D - tau d.
    """
    d = f = c = None
    bound, decay = lower_bound, 1 + lr * weight_decay
    for g, loss in zip(grads, losses):
        if d is None:
            d, f, c = g, loss, dot(g, param)
        d = beta * d + (1 - beta) * g
        f = beta * f + (1 - beta) * loss
        c = beta * c + (1 - beta) * dot(g, param)
        along, norm2 = dot(d, param), dot(d, d)
        cap = decay * (f - c) + along
        if star and cap < decay * bound:
            bound = max(cap / (2 * decay), lower_bound)
        tau = min(lr, max(decay * (f - bound - c) + along, 0.0) / norm2)
        if star:
            bound = max(f + along - c - 0.5 * tau * norm2, lower_bound)
        param = (param - tau * d) / decay
        yield param


def momo_adam(param, grads, losses, *, lr=1e-2, beta1=0.9, beta2=0.999, eps=1e-8, lower_bound=0.0, weight_decay=0.0, star=False):
    """MoMo-Adam; star: MoMo-Adam*, with an estimated lower bound.

    m, v as adam;  S = sqrt(v^) + eps;  f, c: averages of loss, <g, param>, from 0, by beta1;  r = 1 - beta1^t;
    D = 1 + lr weight_decay;  n = <m, m/S>;
    star: cap = D (f - c) + <m, param>; where cap < D r bound: bound = max(cap/(2 D r), lower_bound);
    tau = min(lr/r, max(D (f - r bound - c) + <m, param>, 0)/n);
    star: bound = max((f + <m, param> - c - tau n/2)/r, lower_bound), of the next step;
    param = (param - tau m/S)/D.
    Source: Schaipp et al. 2023, arXiv 2305.07583, algorithm 2; fabian-sp/MoMo momo/momo_adam.py, divide=True.
    Dialect: as momo; there the least bound of star is 0.
    """
    m, v = np.zeros_like(param), np.zeros_like(param)
    f = c = 0.0
    bound, decay = lower_bound, 1 + lr * weight_decay
    for t, (g, loss) in enumerate(zip(grads, losses), 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        scale = np.sqrt(v / (1 - beta2 ** t)) + eps
        f = beta1 * f + (1 - beta1) * loss
        c = beta1 * c + (1 - beta1) * dot(g, param)
        r = 1 - beta1 ** t
        along, norm2 = dot(m, param), dot(m, m / scale)
        cap = decay * (f - c) + along
        if star and cap < decay * r * bound:
            bound = max(cap / (2 * decay * r), lower_bound)
        tau = min(lr / r, max(decay * (f - r * bound - c) + along, 0.0) / norm2)
        if star:
            bound = max((f + along - c - 0.5 * tau * norm2) / r, lower_bound)
        param = (param - tau * m / scale) / decay
        yield param
