#!/usr/bin/python3
"""Golden trajectories of PyTorch 1.13.1 (Debian 12: apt-get install python3-torch): writes torch.txt.

    /usr/bin/python3 tests/golden/torch_golden.py            write the file
    /usr/bin/python3 tests/golden/torch_golden.py --check    compare with the committed file, exit 1 if it differs

Everything runs in float64, including the per-step scalars that PyTorch keeps in tensors of the default type.
OPTIMIZERS says, per optimizer, which rule 1.13.1 has and where today's (late 2025) differs from it.
The kernels are pinned to the ones without vector extensions (the others contract a*b+c), so that every x86-64
processor gives the same text with this package, but perhaps for the last bit of the C library's pow.
"""
import os

os.environ["ATEN_CPU_CAPABILITY"] = "default"  # before torch is loaded

import torch  # noqa: E402

import golden_file  # noqa: E402

# g: the gradient (-gradient if maximize), plus weight_decay * param where weight_decay is coupled (all but AdamW). t = 1, 2, ...
OPTIMIZERS = {
    "SGD": "First step with momentum: buf = g, without dampening. Then buf = momentum buf + (1-dampening) g. "
           "param -= lr (g + momentum buf if nesterov, else buf). Today's: the same.",
    "Adagrad": "sum += g^2; param -= lr/(1+(t-1) lr_decay) g / (sqrt(sum) + eps). Today's: the same.",
    "RMSprop": "v = alpha v + (1-alpha) g^2; D = sqrt(v) + eps, centered: sqrt(v - a^2) + eps. "
               "momentum: buf = momentum buf + g/D; param -= lr buf. Today's: the same "
               "but for a = lerp(a, g, 1-alpha), another rounding.",
    "Adam": "D = sqrt(v)/sqrt(1-beta2^t) + eps; param -= lr/(1-beta1^t) m/D. amsgrad: the maximum of the v before correction. "
            "Today's: the same but for m = lerp(m, g, 1-beta1), another rounding.",
    "AdamW": "param *= 1 - lr weight_decay, then Adam. Today's: the same (now Adam with a flag).",
    "Adadelta": "v = rho v + (1-rho) g^2; d = sqrt(u+eps)/sqrt(v+eps) g; u = rho u + (1-rho) d^2; param -= lr d. "
                "Today's: the same.",
    "Adamax": "u = max(beta2 u, |g| + eps); param -= lr/(1-beta1^t) m/u. Today's: the same but for m = lerp.",
    "NAdam": "DIFFERS. mu_t = beta1 (1 - 0.96^(t momentum_decay)/2), P = mu_1 ... mu_t. "
             "1.13.1, one tensor at a time (the default): "
             "param -= lr (1-mu_t)/(1-P) g/D + lr mu_{t+1}/(1 - P mu_t mu_{t+1}) m/D: mu_t stands twice in the last product. "
             "Its foreach path and today's rule: lr mu_{t+1}/(1 - P mu_{t+1}). Configurations nadam_foreach* are today's rule; "
             "they round D as sqrt(v)/sqrt(1-beta2^t) + eps, today's single-tensor path as sqrt(v/(1-beta2^t)) + eps. "
             "Today's also has maximize and decoupled_weight_decay, which 1.13.1 lacks.",
    "RAdam": "rho_t > 5: param -= lr m/(1-beta1^t) r sqrt(1-beta2^t)/(sqrt(v)+eps), else param -= lr m/(1-beta1^t). "
             "Today's: the same; it also has maximize and decoupled_weight_decay, which 1.13.1 lacks.",
    "Rprop": "s = sign(g prev); step *= etaplus, etaminus or 1, clamped to [step_min, step_max]; g = 0 where s < 0; "
             "param -= sign(g) step; prev = g. The first step has prev = 0, so s = 0 and step = lr (clamped). "
             "No weight decay. Today's: the same.",
    "ASGD": "param *= 1 - lambd eta; param -= eta g; ax = param while mu = 1, else ax += mu (param - ax); "
            "only then eta = lr/(1+lambd lr t)^alpha and mu = 1/max(1, t-t0), for the next step. "
            "Track ax is the average. Today's: the same.",
}

PAIRS = {"betas": ("beta1", "beta2"), "etas": ("etaminus", "etaplus"), "step_sizes": ("step_min", "step_max")}
FLAGS = {"nesterov", "amsgrad", "centered", "maximize"}
NOT_WRITTEN = {"foreach", "differentiable", "capturable", "fused"}
EXTRA_TRACKS = {"ASGD": ["ax"]}

_momentum = dict(lr=0.01, momentum=0.9)
_ams = dict(amsgrad=True)
_odd_adam = dict(lr=0.05, betas=(0.8, 0.95), eps=1e-6)  # nothing at its default
_odd_rms = dict(lr=0.03, alpha=0.9, eps=1e-6)

CONFIGS = [  # name, optimizer, arguments
    ("sgd", "SGD", dict(lr=0.01)),
    ("sgd_maximize", "SGD", dict(lr=0.01, maximize=True)),
    ("sgd_decay", "SGD", dict(lr=0.1, weight_decay=0.05)),
    ("sgd_momentum", "SGD", _momentum),
    ("sgd_momentum_other", "SGD", dict(lr=0.3, momentum=0.5)),
    ("sgd_momentum_decay", "SGD", dict(_momentum, weight_decay=0.01)),
    ("sgd_dampening", "SGD", dict(_momentum, dampening=0.9)),
    ("sgd_dampening_decay_maximize", "SGD", dict(_momentum, dampening=0.3, weight_decay=0.02, maximize=True)),
    ("sgd_nesterov", "SGD", dict(_momentum, nesterov=True)),
    ("sgd_nesterov_decay", "SGD", dict(lr=0.2, momentum=0.7, nesterov=True, weight_decay=0.01)),
    ("sgd_nesterov_maximize", "SGD", dict(_momentum, nesterov=True, maximize=True)),

    ("adagrad", "Adagrad", {}),
    ("adagrad_lr_decay", "Adagrad", dict(lr=0.1, lr_decay=0.05)),
    ("adagrad_eps", "Adagrad", dict(lr=0.1, eps=1e-4)),
    ("adagrad_initial", "Adagrad", dict(lr=0.1, initial_accumulator_value=0.1)),
    ("adagrad_decay", "Adagrad", dict(weight_decay=0.01)),
    ("adagrad_all", "Adagrad",
     dict(lr=0.2, lr_decay=0.01, eps=1e-7, initial_accumulator_value=1e-6, weight_decay=0.02, maximize=True)),

    ("rmsprop", "RMSprop", {}),
    ("rmsprop_other", "RMSprop", _odd_rms),
    ("rmsprop_decay", "RMSprop", dict(weight_decay=0.01)),
    ("rmsprop_maximize", "RMSprop", dict(maximize=True)),
    ("rmsprop_centered", "RMSprop", dict(centered=True)),
    ("rmsprop_centered_other", "RMSprop", dict(_odd_rms, centered=True, weight_decay=0.01)),
    ("rmsprop_momentum", "RMSprop", dict(momentum=0.9)),
    ("rmsprop_momentum_other", "RMSprop", dict(_odd_rms, momentum=0.6, weight_decay=0.01)),
    ("rmsprop_centered_momentum", "RMSprop", dict(centered=True, momentum=0.9)),
    ("rmsprop_centered_momentum_other", "RMSprop", dict(_odd_rms, centered=True, momentum=0.6, weight_decay=0.01, maximize=True)),

    ("adam", "Adam", {}),
    ("adam_other", "Adam", _odd_adam),
    ("adam_decay", "Adam", dict(weight_decay=0.01)),
    ("adam_decay_other", "Adam", dict(_odd_adam, weight_decay=0.1)),
    ("adam_maximize", "Adam", dict(maximize=True)),
    ("adam_amsgrad", "Adam", _ams),
    ("adam_amsgrad_other", "Adam", dict(_odd_adam, **_ams)),
    ("adam_amsgrad_decay_maximize", "Adam", dict(_ams, weight_decay=0.01, maximize=True)),

    ("adamw", "AdamW", {}),
    ("adamw_decay", "AdamW", dict(lr=0.01, weight_decay=0.3)),
    ("adamw_other", "AdamW", dict(_odd_adam, weight_decay=0.05)),
    ("adamw_no_decay", "AdamW", dict(weight_decay=0)),
    ("adamw_maximize", "AdamW", dict(maximize=True)),
    ("adamw_amsgrad", "AdamW", _ams),
    ("adamw_amsgrad_other", "AdamW", dict(_odd_adam, weight_decay=0.05, **_ams)),

    ("adadelta", "Adadelta", {}),
    ("adadelta_other", "Adadelta", dict(lr=0.5, rho=0.8, eps=1e-4)),
    ("adadelta_decay", "Adadelta", dict(weight_decay=0.01)),
    ("adadelta_maximize", "Adadelta", dict(maximize=True)),

    ("adamax", "Adamax", {}),
    ("adamax_other", "Adamax", _odd_adam),
    ("adamax_decay", "Adamax", dict(weight_decay=0.01)),
    ("adamax_maximize", "Adamax", dict(maximize=True)),

    ("nadam", "NAdam", {}),
    ("nadam_other", "NAdam", dict(_odd_adam, momentum_decay=0.05)),
    ("nadam_decay", "NAdam", dict(weight_decay=0.01)),
    ("nadam_foreach", "NAdam", dict(foreach=True)),
    ("nadam_foreach_other", "NAdam", dict(_odd_adam, momentum_decay=0.05, foreach=True)),
    ("nadam_foreach_decay", "NAdam", dict(weight_decay=0.01, foreach=True)),

    ("radam", "RAdam", {}),
    ("radam_other", "RAdam", _odd_adam),
    ("radam_decay", "RAdam", dict(weight_decay=0.01)),
    ("radam_never_rectified", "RAdam", dict(betas=(0.9, 0.6))),  # rho_inf = 4 < 5

    ("rprop", "Rprop", {}),
    ("rprop_other", "Rprop", dict(lr=0.1, etas=(0.3, 1.5), step_sizes=(1e-3, 0.5))),
    ("rprop_maximize", "Rprop", dict(maximize=True)),

    ("asgd", "ASGD", {}),
    ("asgd_other", "ASGD", dict(lr=0.2, lambd=0.01, alpha=0.6, t0=10.0)),
    ("asgd_decay", "ASGD", dict(weight_decay=0.01, t0=20.0)),
    ("asgd_maximize", "ASGD", dict(maximize=True)),
]


def settings(defaults):
    """PyTorch's defaults as {name: number or bool}: pairs taken apart, implementation switches left out."""
    result = {}
    for name, value in defaults.items():
        if name in PAIRS:
            result.update(zip(PAIRS[name], value))
        elif name not in NOT_WRITTEN:
            result[name] = bool(value) if name in FLAGS else value
    return result


def run(optimizer, arguments):
    """The settings and the tracks of one configuration."""
    param = torch.nn.Parameter(torch.tensor(golden_file.START))
    opt = getattr(torch.optim, optimizer)([param], **{"foreach": False, **arguments})
    tracks = {name: [] for name in ["param"] + EXTRA_TRACKS.get(optimizer, [])}
    for grad in golden_file.STREAMS["grad"]:
        param.grad = torch.tensor(grad)
        opt.step()
        for name, rows in tracks.items():
            rows.append((param if name == "param" else opt.state[param][name]).tolist())
    return settings(opt.defaults), tracks


def configs():
    for name, optimizer, arguments in CONFIGS:
        if name == optimizer.lower():  # the first of its kind
            yield ["", "# %s: %s" % (optimizer, OPTIMIZERS[optimizer])]
        yield golden_file.config_lines(name, "torch." + optimizer, *run(optimizer, arguments))


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)  # NAdam and ASGD keep per-step scalars in tensors of this type
    golden_file.main(__doc__.split("\n")[0], "torch.txt", lambda: golden_file.document(
        "PyTorch %s, float64, CPU" % torch.__version__, ["grad"], configs()))
