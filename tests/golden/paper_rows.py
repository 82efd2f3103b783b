"""Reference implementations of rules that see the rows and columns of a matrix. See matrix_golden.py.

The parameters are a matrix of numpy float64. Sums are exact (math.fsum), rounded once.
"""
import math

import numpy as np


def mean(a):
    return math.fsum(a.flat) / a.size


def row_sum(a):
    return np.array([[math.fsum(row)] for row in a])


def column_sum(a):
    return row_sum(a.T).T


def row_mean(a):
    return row_sum(a) / a.shape[1]


def column_mean(a):
    return column_sum(a) / a.shape[0]


def row_norm(a):
    return np.sqrt(row_sum(a * a))


def rms(a):
    return math.sqrt(mean(a * a))


def adafactor(param, grads, *, lr=1e-2, beta2_decay=-0.8, eps1=2.0 ** -23, eps2=1e-3, d=1.0, weight_decay=0.0, factored=True):
    """Adafactor of PyTorch.

    w = t^beta2_decay;  alpha = max(eps2, rms(param)) min(lr, 1/sqrt(t)), of the old parameters;  param *= 1 - lr weight_decay;
    R += w (row means of g^2 - R);  C += w (column means of g^2 - C);  V = R C/max(mean(R), eps1);
    u = g/sqrt(max(V, eps1^2));  param -= alpha u/max(1, rms(u)/d).
    Source: Shazeer and Stern 2018, arXiv 1804.04235, algorithm 4; pytorch/pytorch torch/optim/_adafactor.py.
    Dialect: eps1 holds the quotients, not the squares; lr bounds the relative step; for vectors (factored=0) V is the average
    of g^2.
    """
    R, C, V = np.zeros((param.shape[0], 1)), np.zeros((1, param.shape[1])), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        w = t ** beta2_decay
        alpha = max(eps2, rms(param)) * min(lr, 1 / math.sqrt(t))
        param = param * (1 - lr * weight_decay)
        if factored:
            R = R + w * (row_mean(g * g) - R)
            C = C + w * (column_mean(g * g) - C)
            V = R * C / max(mean(R), eps1)
        else:
            V = V + w * (g * g - V)
        u = g / np.sqrt(np.maximum(V, eps1 * eps1))
        param = param - alpha * u / max(1.0, rms(u) / d)
        yield param


def adafactor_optax(param, grads, *, lr=1e-2, decay_rate=0.8, eps=1e-30, clipping_threshold=1.0, min_scale=1e-3, weight_decay=0.0,
                    momentum=None):
    """Adafactor of optax.

    b = 1 - t^-decay_rate;  R, C = b R + (1-b) row means of g^2 + eps, and so the columns;  u = g (R/mean(R))^-1/2 C^-1/2;
    u /= max(1, rms(u)/clipping_threshold);  u *= lr;  u *= max(rms(param), min_scale);
    with momentum: m = momentum m + (1-momentum) u, u = m;  param -= u + weight_decay param.
    Source: Shazeer and Stern 2018, arXiv 1804.04235; optax adafactor (optax/_src/alias.py) and optax/_src/factorized.py.
    Dialect: optax factors where both dimensions are at least 128.
    """
    R, C, m = np.zeros((param.shape[0], 1)), np.zeros((1, param.shape[1])), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        b = 1 - t ** -decay_rate
        R = b * R + (1 - b) * row_mean(g * g + eps)
        C = b * C + (1 - b) * column_mean(g * g + eps)
        u = g * (R / mean(R)) ** -0.5 * C ** -0.5
        u = u / max(1.0, rms(u) / clipping_threshold) * lr * max(rms(param), min_scale)
        if momentum is not None:
            m = momentum * m + (1 - momentum) * u
            u = m
        param = param - (u + weight_decay * param)
        yield param


def _factor(R, C):
    return 1 / (np.sqrt(R / mean(R)) * np.sqrt(C))


def came(param, grads, *, lr=2e-4, beta1=0.9, beta2=0.999, beta3=0.9999, eps1=1e-30, eps2=1e-16, clip_threshold=1.0,
         weight_decay=0.0, factored=True):
    """CAME.

    r, c = averages with beta2 of the row and column means of g^2 + eps1;  u = g (r/mean(r))^-1/2 c^-1/2;
    u /= max(1, rms(u)/clip_threshold);  m = beta1 m + (1-beta1) u;
    R, C = averages with beta3 of the row and column means of (u - m)^2 + eps2;
    param *= 1 - lr weight_decay;  param -= lr m (R/mean(R))^-1/2 C^-1/2.
    Source: Luo et al. 2023, arXiv 2307.02047, algorithm 2; yangluo7/CAME came_pytorch/CAME.py.
    Dialect: no bias correction; for vectors (factored=0) u = g/sqrt(v), and param -= lr m.
    """
    r, c, v = np.zeros((param.shape[0], 1)), np.zeros((1, param.shape[1])), np.zeros_like(param)
    R, C, m = r, c, v
    for g in grads:
        square = g * g + eps1
        if factored:
            r = beta2 * r + (1 - beta2) * row_mean(square)
            c = beta2 * c + (1 - beta2) * column_mean(square)
            u = g * _factor(r, c)
        else:
            v = beta2 * v + (1 - beta2) * square
            u = g / np.sqrt(v)
        u = u / max(1.0, rms(u) / clip_threshold)
        m = beta1 * m + (1 - beta1) * u
        step = m
        if factored:
            unsure = (u - m) ** 2 + eps2
            R = beta3 * R + (1 - beta3) * row_mean(unsure)
            C = beta3 * C + (1 - beta3) * column_mean(unsure)
            step = m * _factor(R, C)
        param = param * (1 - lr * weight_decay) - lr * step
        yield param


def sm3(param, grads, *, lr=0.1, momentum=0.9, eps=1e-8):
    """SM3-II.

    nu = min(r_i, c_j) + g^2;  r_i = max_j nu;  c_j = max_i nu;  m = momentum m + (1-momentum) g/sqrt(nu + eps), 0 where nu is 0;
    param -= lr m.
    Source: Anil et al. 2019, arXiv 1901.11150, algorithm 2; optax sm3 (optax/_src/transform.py).
    Dialect: eps inside the root, and the average of the scaled gradients, are optax's.
    """
    r, c, m = np.zeros((param.shape[0], 1)), np.zeros((1, param.shape[1])), np.zeros_like(param)
    for g in grads:
        nu = np.minimum(r, c) + g * g
        r, c = nu.max(axis=1, keepdims=True), nu.max(axis=0, keepdims=True)
        m = momentum * m + (1 - momentum) * np.where(nu > 0, g / np.sqrt(nu + eps), 0.0)
        param = param - lr * m
        yield param


def adam_mini(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0):
    """Adam-mini, a block a row.

    param *= 1 - lr weight_decay;  m = beta1 m + (1-beta1) g;  v = beta2 v + (1-beta2) row means of g^2;
    param -= lr m^/(sqrt(v)/sqrt(1-beta2^t) + eps).
    Source: Zhang et al. 2024, arXiv 2406.16793; zyushun/Adam-mini adam_mini/adam_mini.py, its branch for queries and keys.
    """
    m, v = np.zeros_like(param), np.zeros((param.shape[0], 1))
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * row_mean(g * g)
        step = m / (1 - beta1 ** t) / (np.sqrt(v) / math.sqrt(1 - beta2 ** t) + eps)
        param = param * (1 - lr * weight_decay) - lr * step
        yield param


def rowwise_adagrad(param, grads, *, lr=0.01, eps=1e-8, weight_decay=0.0):
    """Row-wise AdaGrad.

    s += row means of g^2;  param = (1 - lr weight_decay) param - lr/(sqrt(s) + eps) g.
    Source: pytorch/FBGEMM fbgemm_gpu/codegen/genscript/optimizers.py, rowwise_adagrad, decoupled decay (mode 2).
    """
    s = np.zeros((param.shape[0], 1))
    for g in grads:
        s = s + row_mean(g * g)
        param = (1 - lr * weight_decay) * param - lr / (np.sqrt(s) + eps) * g
        yield param


def _fbgemm_adam(param, g, state, t, beta1, beta2, eps, weight_decay, per_row):
    """Moments and the direction of FBGEMM's Adam and LAMB."""
    m, v = state
    square = row_mean(g * g) if per_row else g * g
    state[:] = m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * square
    return m / (1 - beta1 ** t) / (np.sqrt(v / (1 - beta2 ** t)) + eps) + weight_decay * param


def partial_rowwise_adam(param, grads, *, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0):
    """Partial row-wise Adam.

    m = beta1 m + (1-beta1) g;  v = beta2 v + (1-beta2) row means of g^2;  param -= lr (m^/(sqrt(v^) + eps) + weight_decay param).
    Source: pytorch/FBGEMM fbgemm_gpu/codegen/genscript/optimizers.py, partial_rowwise_adam.
    """
    state = [np.zeros_like(param), np.zeros((param.shape[0], 1))]
    for t, g in enumerate(grads, 1):
        param = param - lr * _fbgemm_adam(param, g, state, t, beta1, beta2, eps, weight_decay, True)
        yield param


def rowwise_lamb(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-6, weight_decay=0.0, partial=None):
    """LAMB, row by row.

    u as in partial_rowwise_adam, with an own v for each parameter unless partial;  param -= lr |param_i|/|u_i| u_i, 1 for the ratio
    if either norm is 0.
    Source: pytorch/FBGEMM fbgemm_gpu/codegen/genscript/optimizers.py, lamb and partial_rowwise_lamb.
    Dialect: FBGEMM divides without looking for 0.
    """
    state = [np.zeros_like(param), np.zeros((param.shape[0], 1) if partial else param.shape)]
    for t, g in enumerate(grads, 1):
        u = _fbgemm_adam(param, g, state, t, beta1, beta2, eps, weight_decay, partial)
        p, q = row_norm(param), row_norm(u)
        ratio = np.divide(p, q, out=np.ones_like(p), where=(p > 0) & (q > 0))
        param = param - lr * ratio * u
        yield param


def partial_rowwise_lamb(param, grads, *, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0):
    """LAMB, row by row, with one second moment a row: rowwise_lamb."""
    return rowwise_lamb(param, grads, lr=lr, beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay, partial=True)


PROJECTIONS = set()  # of the runs so far: "rows", "tensor", "none"


def _projected(param, g, step, delta, wd_ratio, eps):
    """The step without its part along the parameters, and the factor of the weight decay."""
    whole = [x.reshape(1, -1) for x in (param, g, step)]
    for view, (p, x, u) in (("rows", (param, g, step)), ("tensor", whole)):
        cosine = abs(row_sum(p * x)) / (np.maximum(row_norm(p), eps) * np.maximum(row_norm(x), eps))
        if cosine.max() < delta / math.sqrt(p.shape[1]):
            unit = p / (row_norm(p) + eps)
            PROJECTIONS.add(view)
            return (u - unit * row_sum(unit * u)).reshape(param.shape), wd_ratio
    PROJECTIONS.add("none")
    return step, 1.0


def adamp(param, grads, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, delta=0.1, wd_ratio=0.1, nesterov=False):
    """AdamP.

    m, v as adam;  p = m/(sqrt(v)/sqrt(1-beta2^t) + eps), with nesterov (beta1 m + (1-beta1) g) for m;
    for the rows, then for the tensor: if |cos(g, param)| < delta/sqrt(size of one) for all: unit = param/(|param| + eps),
    p -= unit <unit, p>, k = wd_ratio, and no further; otherwise k = 1;
    param *= 1 - lr weight_decay k;  param -= lr/(1-beta1^t) p.
    Source: Heo et al. 2021, arXiv 2006.08217, algorithm 2; clovaai/AdamP adamp/adamp.py.
    Dialect: the norms of the cosine are each held at eps or more, as in today's torch.nn.functional.cosine_similarity.
    """
    m, v = np.zeros_like(param), np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        denominator = np.sqrt(v) / math.sqrt(1 - beta2 ** t) + eps
        p = (beta1 * m + (1 - beta1) * g if nesterov else m) / denominator
        p, k = _projected(param, g, p, delta, wd_ratio, eps)
        param = param * (1 - lr * weight_decay * k) - lr / (1 - beta1 ** t) * p
        yield param


def sgdp(param, grads, *, lr=0.01, momentum=0.9, dampening=0.0, weight_decay=0.0, delta=0.1, wd_ratio=0.1, eps=1e-8, nesterov=False):
    """SGDP.

    b = momentum b + (1-dampening) g;  p = b, with nesterov g + momentum b;  p and k as in adamp;
    param *= 1 - lr weight_decay k/(1-momentum);  param -= lr p.
    Source: Heo et al. 2021, arXiv 2006.08217, algorithm 1; clovaai/AdamP adamp/sgdp.py.
    """
    b = np.zeros_like(param)
    for g in grads:
        b = momentum * b + (1 - dampening) * g
        p, k = _projected(param, g, g + momentum * b if nesterov else b, delta, wd_ratio, eps)
        param = param * (1 - lr * weight_decay * k / (1 - momentum)) - lr * p
        yield param


def nero(param, grads, *, lr=0.01, beta=0.999, constraints=True):
    """Nero.

    v = beta v + (1-beta) |g_i|^2 of each row;  param -= lr scale g/sqrt(v^), 0 where v is 0;
    with constraints: param -= its row means;  param /= its row norms.
    Source: Liu et al. 2021, arXiv 2102.07227, algorithm 1; jxbz/nero optim/nero.py.
    Dialect: with constraints scale is 1: the constructor, which gives the rows length 1, is left to the caller; here the rows
    start as they are. Without, it is the mean of the norms of the rows at the start.
    """
    v = np.zeros((param.shape[0], 1))
    scale = 1.0 if constraints else mean(row_norm(param)) or 0.01
    for t, g in enumerate(grads, 1):
        v = beta * v + (1 - beta) * row_sum(g * g)
        root = np.sqrt(v / (1 - beta ** t))
        param = param - lr * scale * np.divide(g, root, out=np.zeros_like(g), where=root > 0)
        if constraints:
            param = param - row_mean(param)
            param = param / row_norm(param)
        yield param


def _scion(param, grads, lr, momentum, scale, direction):
    m = np.zeros_like(param)
    for g in grads:
        m = (1 - momentum) * m + momentum * g
        param = (1 - lr) * param - lr * scale * direction(m)
        yield param


def scion_sign(param, grads, *, lr=1e-3, momentum=0.1, scale=1.0):
    """Scion, sign.

    m = (1-momentum) m + momentum g;  param *= 1 - lr;  param -= lr scale sign(m)/columns.
    Source: Pethick et al. 2025, arXiv 2502.07529; LIONS-EPFL/scion scion.py, Sign(normalized=True), constrained.
    """
    return _scion(param, grads, lr, momentum, scale, lambda m: np.sign(m) / m.shape[1])


def scion_column(param, grads, *, lr=1e-3, momentum=0.1, scale=1.0):
    """Scion, column norm: scion_sign with m/(sqrt(column means of m^2) + 1e-8), ColNorm(normalized=False)."""
    return _scion(param, grads, lr, momentum, scale, lambda m: m / (np.sqrt(column_mean(m * m)) + 1e-8))


def scion_row(param, grads, *, lr=1e-3, momentum=0.1, scale=1.0):
    """Scion, row norm: scion_sign with m/(sqrt(columns) |m_i| + 1e-8), RowNorm(normalized=True)."""
    return _scion(param, grads, lr, momentum, scale, lambda m: m / (math.sqrt(m.shape[1]) * row_norm(m) + 1e-8))


def clipped_sgd(param, grads, *, lr=0.1, clip=0.01, eps=1e-3):
    """SGD with adaptive gradient clipping, row by row.

    limit = clip max(|param_i|, eps);  g_i *= limit/max(|g_i|, 1e-6) unless |g_i| < limit;  param -= lr g.
    Source: Brock et al. 2021, arXiv 2102.06171; optax adaptive_grad_clip (optax/transforms/_clipping.py).
    """
    for g in grads:
        length, limit = row_norm(g), clip * np.maximum(row_norm(param), eps)
        param = param - lr * np.where(length < limit, g, g * (limit / np.maximum(length, 1e-6)))
        yield param


def centralized_sgd(param, grads, *, lr=0.1):
    """SGD with gradient centralization, row by row: param -= lr (g - its row means).

    Source: Yong et al. 2020, arXiv 2004.01461, equation 1; optax centralize (optax/_src/transform.py).
    """
    for g in grads:
        param = param - lr * (g - row_mean(g))
        yield param


def _or_zero(a, b):
    """a/b, or 0 where b is 0."""
    return np.where(b > 0, a / np.where(b > 0, b, 1.0), 0.0)


def racs(param, grads, *, lr=0.02, beta=0.9, alpha=0.05, gamma=1.01):
    """RACS.

    q = 1;  5 times: s_j = sum_i q_i g_ij^2/sum_i q_i^2, q_i = sum_j s_j g_ij^2/sum_j s_j^2;
    S = beta S + (1-beta) s;  Q = beta Q + (1-beta) q;  u = g/sqrt(Q S);  eta = gamma/max(|u|/phi, gamma) if phi > 0 else 1;
    phi = eta |u|;  param -= lr alpha eta u.
    Source: Gong et al. 2025, arXiv 2502.07752, algorithm 1, equation 16.
    Dialect: a quotient is 0 where its divisor is 0 (a row without gradients).
    """
    S, Q, phi = np.zeros((1, param.shape[1])), np.zeros((param.shape[0], 1)), 0.0
    for g in grads:
        square, q = g * g, np.ones((param.shape[0], 1))
        for _ in range(5):
            s = _or_zero(column_sum(q * square), math.fsum((q * q).flat))
            q = _or_zero(row_sum(s * square), math.fsum((s * s).flat))
        S = beta * S + (1 - beta) * s
        Q = beta * Q + (1 - beta) * q
        u = _or_zero(g, np.sqrt(Q) * np.sqrt(S))
        length = math.sqrt(math.fsum((u * u).flat))
        eta = gamma / max(length / phi, gamma) if phi > 0 else 1.0
        phi = eta * length
        param = param - lr * alpha * eta * u
        yield param


def weight_norm_sgd(param, grads, *, lr=1e-2):
    """Gradient descent with weight normalization.

    param = s v/|v|, row by row; v starts as param, s as |v|;  of a row: ds = <g, v>/|v|;  dv = s/|v| g - s ds/|v|^2 v;
    s -= lr ds;  v -= lr dv.
    Source: Salimans and Kingma 2016, arXiv 1602.07868, equations 2 and 3; torch.nn.utils.weight_norm with dim=0.
    """
    v, s = param, row_norm(param)
    for g in grads:
        length = row_norm(v)
        ds = row_sum(g * v) / length
        dv = s / length * g - s * ds / length ** 2 * v
        s, v = s - lr * ds, v - lr * dv
        param = s * v / row_norm(v)
        yield param


def unit_rows_sgd(param, grads, *, lr=1e-2):
    """Gradient descent on rows of length 1.

    param -= lr g;  param /= |param|, row by row.
    Source: Loshchilov et al. 2024, arXiv 2410.01131 (nGPT normalizes all matrices after each step).
    """
    for g in grads:
        param = param - lr * g
        param = param / row_norm(param)
        yield param
