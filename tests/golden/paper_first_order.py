"""Reference implementations: first order, no second moment. See paper_golden.py for the conventions."""
import numpy as np


def momentum(param, grads, *, lr=0.01, momentum=0.9):
    """Momentum with the learning rate inside the accumulator.

    v = momentum v + lr g;  param -= v.  v_0 = 0.
    Source: Rumelhart, Hinton, Williams 1986; the form of Qian 1999 and of Ruder 2016 (arXiv 1609.04747), section 4.1.
    Dialect: lr inside, so a change of lr acts through v; PyTorch has lr outside. The same trajectory while lr is constant.
    """
    v = np.zeros_like(param)
    for g in grads:
        v = momentum * v + lr * g
        param = param - v
        yield param


def heavy_ball(param, grads, *, lr=0.01, momentum=0.9):
    """Heavy ball: the momentum is the last displacement of the parameter itself.

    param_t = param_{t-1} - lr g + momentum (param_{t-1} - param_{t-2}).  param_{-1} = param_0.
    Source: Polyak 1964, Some methods of speeding up the convergence of iteration methods.
    Dialect: the state is the previous parameter, so whatever else moves the parameter is momentum too.
    """
    previous = param
    for g in grads:
        previous, param = param, param - lr * g + momentum * (param - previous)
        yield param


def nesterov(param, grads, *, lr=0.01, momentum=0.9):
    """Nesterov's accelerated gradient, stored at the lookahead point.

    Classic: v_t = momentum v_{t-1} - lr grad(theta_{t-1} + momentum v_{t-1});  theta_t = theta_{t-1} + v_t.
    The stored parameter is the point where the gradient is taken, param_t = theta_t + momentum v_t, hence
    v = momentum v - lr g;  param += momentum v - lr g.  v_0 = 0.  Track theta: the classic iterate, param - momentum v.
    Source: Sutskever et al. 2013, equations (3), (4); the change of variable: Bengio et al. 2012, arXiv 1212.0901.
    Dialect: lr inside v; equals PyTorch's nesterov=True while lr is constant.
    """
    v = np.zeros_like(param)
    for g in grads:
        v = momentum * v - lr * g
        param = param + momentum * v - lr * g
        yield {"param": param, "theta": param - momentum * v}


def signsgd(param, grads, *, lr=1e-3):
    """signSGD.

    param -= lr sign(g).  sign(0) = 0.
    Source: Bernstein et al. 2018, arXiv 1802.04434, algorithm 1; optax sign_sgd.
    """
    for g in grads:
        param = param - lr * np.sign(g)
        yield param


def signum(param, grads, *, lr=1e-3, beta=0.9):
    """Signum: the sign of the momentum.

    m = beta m + (1-beta) g;  param -= lr sign(m).  m_0 = 0.
    Source: Bernstein et al. 2018, arXiv 1802.04434, algorithm 2; optax signum (optax/_src/alias.py).
    Dialect: no bias correction (the sign does not see it), no weight decay (with it: tiger).
    """
    m = np.zeros_like(param)
    for g in grads:
        m = beta * m + (1 - beta) * g
        param = param - lr * np.sign(m)
        yield param


def tiger(param, grads, *, lr=1e-3, beta=0.965, weight_decay=0.01):
    """Tiger: Signum with decoupled weight decay.

    m = beta m + (1-beta) g;  param -= lr (sign(m) + weight_decay param).
    Source: Su, https://kexue.fm/archives/9512; kozistr/pytorch_optimizer tiger.py.
    Dialect: the plain rule. bojone/tiger tiger.py also scales lr by the root mean square of the parameter, per tensor.
    """
    m = np.zeros_like(param)
    for g in grads:
        m = beta * m + (1 - beta) * g
        param = param - lr * (np.sign(m) + weight_decay * param)
        yield param


def lion(param, grads, *, lr=1e-4, beta1=0.9, beta2=0.99, weight_decay=0.0, direction=None):
    """Lion.

    c = beta1 m + (1-beta1) g;  param -= lr (sign(c) + weight_decay param);  m = beta2 m + (1-beta2) g.  m_0 = 0.
    Source: Chen et al. 2023, arXiv 2302.06675, algorithm 2; google/automl lion/lion_pytorch.py; optax scale_by_lion, mode "hard".
    Dialect: sign(0) = 0 (DeepSpeed: copysign, so +-1).
    """
    m = np.zeros_like(param)
    for g in grads:
        c = beta1 * m + (1 - beta1) * g
        param = param - lr * ((direction or np.sign)(c) + weight_decay * param)
        m = beta2 * m + (1 - beta2) * g
        yield param


def lion_tanh(param, grads, *, lr=1e-4, beta1=0.9, beta2=0.99, weight_decay=0.0, smooth_beta=1.0):
    """Lion with a smooth sign.

    As lion, with tanh(smooth_beta c) for sign(c).
    Source: optax scale_by_lion, mode "smooth" (optax/_src/transform.py).
    """
    yield from lion(param, grads, lr=lr, beta1=beta1, beta2=beta2, weight_decay=weight_decay,
                    direction=lambda c: np.tanh(smooth_beta * c))


def lion_refined(param, grads, *, lr=1e-4, beta1=0.9, beta2=0.99, weight_decay=0.0):
    """Lion with a saturated identity.

    As lion, with c where |c| < 1, else sign(c).
    Source: optax scale_by_lion, mode "refined" (optax/_src/transform.py).
    """
    yield from lion(param, grads, lr=lr, beta1=beta1, beta2=beta2, weight_decay=weight_decay,
                    direction=lambda c: np.clip(c, -1, 1))


def qhm(param, grads, *, lr=0.1, beta=0.9, nu=0.7, weight_decay=0.0):
    """Quasi-hyperbolic momentum.

    g += weight_decay param;  m = beta m + (1-beta) g;  param -= lr ((1-nu) g + nu m).  m_0 = 0.
    Source: Ma and Yarats 2019, arXiv 1810.06801; facebookresearch/qhoptim qhoptim/pyt/qhm.py.
    Dialect: weight decay of type "grad" (coupled).
    """
    m = np.zeros_like(param)
    for g in grads:
        g = g + weight_decay * param
        m = beta * m + (1 - beta) * g
        param = param - lr * ((1 - nu) * g + nu * m)
        yield param


def aggmo(param, grads, *, lr=0.1, beta1=0.0, beta2=0.9, beta3=0.99, weight_decay=0.0):
    """Aggregated momentum, three buffers.

    g += weight_decay param;  b_i = beta_i b_i + g, i = 1, 2, 3;  param -= lr/3 (b_1 + b_2 + b_3).  b_i starts at 0.
    Source: Lucas et al. 2019, arXiv 1804.00325; AtheMathmo/AggMo src/aggmo.py.
    """
    betas = [beta1, beta2, beta3]
    buffers = [np.zeros_like(param) for _ in betas]
    for g in grads:
        g = g + weight_decay * param
        buffers = [beta * b + g for beta, b in zip(betas, buffers)]
        param = param - lr / len(betas) * sum(buffers)
        yield param


def pid(param, grads, *, lr=0.01, momentum=0.9, dampening=0.0, integral=5.0, derivative=10.0, weight_decay=0.0):
    """PID controller.

    g += weight_decay param;  I = momentum I + (1-dampening) g, the first time I = g;
    D = momentum D + (1-momentum) (g_t - g_{t-1}), the first time D = 0;  param -= lr (g + integral I + derivative D).
    Source: An et al. 2018 (CVPR), A PID controller approach for stochastic optimization of deep networks;
    tensorboy/PIDOptimizer pid.py.
    Dialect: the first difference is g_2 - g_1, as in the paper. The reference code keeps zeros after step 1, so it takes g_2 - 0
    at step 2, and so does kozistr/pytorch_optimizer pid.py.
    """
    previous = None
    for g in grads:
        g = g + weight_decay * param
        if previous is None:
            i, d = g, np.zeros_like(g)
        else:
            i, d = momentum * i + (1 - dampening) * g, momentum * d + (1 - momentum) * (g - previous)
        previous = g
        param = param - lr * (g + integral * i + derivative * d)
        yield param


def _linear(step, decay_steps):
    """1, 1 - 1/T, ..., 0, 0, ... at steps 1, 2, ..., T+1, ...; 1 for T = 0."""
    return 1 - min(step - 1, decay_steps) / decay_steps if decay_steps else 1.0


def powersign(param, grads, *, lr=0.1, logbase=1.0, beta=0.9, decay_steps=0.0):
    """PowerSign.

    m = beta m + (1-beta) g;  param -= lr exp(logbase f(t) sign(g) sign(m)) g.  m_0 = 0.
    f(t) = 1, or with decay_steps = T > 0: 1 - min(t-1, T)/T.
    Source: Bello et al. 2017, arXiv 1709.07417; tf.raw_ops.ApplyPowerSign (sign_decay = f(t)).
    Dialect: base e is logbase = 1; the sign of the m that contains g.
    """
    m = np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        m = beta * m + (1 - beta) * g
        param = param - lr * np.exp(logbase * _linear(t, decay_steps) * np.sign(g) * np.sign(m)) * g
        yield param


def addsign(param, grads, *, lr=0.1, alpha=1.0, beta=0.9, decay_steps=0.0):
    """AddSign.

    m = beta m + (1-beta) g;  param -= lr (alpha + f(t) sign(g) sign(m)) g.  m_0 = 0.  f(t) as in powersign.
    Source: Bello et al. 2017, arXiv 1709.07417; tf.raw_ops.ApplyAddSign (sign_decay = f(t)).
    """
    m = np.zeros_like(param)
    for t, g in enumerate(grads, 1):
        m = beta * m + (1 - beta) * g
        param = param - lr * (alpha + _linear(t, decay_steps) * np.sign(g) * np.sign(m)) * g
        yield param


def schedule_free_sgd(param, grads, *, lr=1.0, momentum=0.9, weight_decay=0.0, warmup_steps=0.0, r=0.0, weight_lr_power=2.0):
    """Schedule-free SGD.

    lr_t = lr min(1, t/warmup_steps);  n = g + weight_decay y;  z -= lr_t n;
    w = t^r (max lr so far)^weight_lr_power;  W += w;  c = w/W;  x = (1-c) x + c z;  y = (1-momentum) z + momentum x.
    x_0 = z_0 = y_0.  The stored parameter is y, where the gradient is taken; track x is the one to evaluate.
    Source: Defazio et al. 2024, arXiv 2405.15682; facebookresearch/schedule_free sgd_schedulefree.py, which keeps y and z only:
    y = lerp(y, z, c) + lr_t (momentum (1-c) - 1) n, the same up to rounding.
    Dialect: weight decay at y.
    """
    x = y = z = param
    weights = largest = 0.0
    for t, g in enumerate(grads, 1):
        rate = lr * min(1.0, t / warmup_steps) if warmup_steps else lr
        z = z - rate * (g + weight_decay * y)
        largest = max(largest, rate)
        weight = t ** r * largest ** weight_lr_power
        weights += weight
        x = x + weight / weights * (z - x)
        y = (1 - momentum) * z + momentum * x
        yield {"param": y, "x": x}
