#!/usr/bin/python3
"""Golden trajectories of the optimizers that PyTorch 1.13.1 has not: writes paper.txt.

    /usr/bin/python3 tests/golden/paper_golden.py            write the file
    /usr/bin/python3 tests/golden/paper_golden.py --check    compare with the committed file, exit 1 if it differs

Each optimizer is a function in paper_first_order.py, paper_adaptive.py, paper_more.py, paper_reductions.py or paper_loss.py, written from its paper in numpy
float64, independently of furl's blocks. Its docstring is the reference of the dialect: name, equations (assignments run from left
to right), source, choices. Conventions: t = 1, 2, ...; g the gradient; m^ = m/(1-beta1^t), v^ = v/(1-beta2^t); states start at 0
unless stated; sign(0) = 0; |x| of a vector is its 2-norm, elsewhere the magnitude. Keyword arguments are the hyperparameters.
A generator takes the parameters and the gradients and yields the parameters after each step, or a dict of tracks; an argument
whose default is None is no hyperparameter, but how one rule is made of another.

EQUAL lists rules that must give the trajectory of a PyTorch optimizer; they are run first, if PyTorch can be imported.
"""
import inspect

import numpy as np

import golden_file
from paper_adaptive import (adabelief, adabound, adagrad_optax, adahessian, adam, adam_atan2, adam_eps_hat, adam_eps_inside, adamax_keras,
                            adamod, adamw_keras, adan, ademamix, adopt, amsbound, amsgrad_keras, amsgrad_optax, diffgrad, ftrl,
                            ftrl_keras, grams, laprop, madgrad, msvag, nadam, nadam_optax, padam, qhadam, radam_optax, rmsprop_tf,
                            schedule_free_adamw, smorms3, sophia_g, sophia_h, yogi, yogi_paper)
from paper_first_order import (addsign, aggmo, heavy_ball, lion, lion_refined, lion_tanh, momentum, nesterov, pid, powersign, qhm,
                               schedule_free_sgd, signsgd, signum, tiger)
from paper_loss import alig, momo, momo_adam, polyak_sgd, sps, sps_smooth
from paper_more import (accsgd, adai, adamc, adapnm, ano, avagrad, cocob, fromage, ftml, kate, optimistic_adam, optimistic_gd, pnm,
                        schedule_free_radam, simplified_ademamix, swats)
from paper_reductions import (barzilai_borwein, cautious_adamw, dadapt_adamw, dog, dowg, lamb, lamb_apex, lars, lars_optax, mars,
                              novograd, prodigy, stable_adamw)

_odd = dict(lr=0.05, beta1=0.8, beta2=0.95)
_odd_eps = dict(_odd, eps=1e-6)
_odd_decay = dict(_odd_eps, weight_decay=0.05)

# rule: {suffix of the name: hyperparameters that are not the default}; the defaults run first, under the rule's own name.
# dog and prodigy start larger than their defaults of 1e-6: from there, the distance |param - param_0| has 5 digits in float64.
CONFIGS = {
    momentum: dict(other=dict(lr=0.3, momentum=0.5)),
    heavy_ball: dict(other=dict(lr=0.3, momentum=0.5)),
    nesterov: dict(other=dict(lr=0.3, momentum=0.5)),
    signsgd: dict(other=dict(lr=0.1)),
    signum: dict(other=dict(lr=0.1, beta=0.5)),
    tiger: dict(other=dict(lr=0.1, beta=0.5, weight_decay=0.2)),
    lion: dict(other=dict(lr=0.01, beta1=0.95, beta2=0.98), decay=dict(weight_decay=0.1, lr=0.01)),
    lion_tanh: dict(other=dict(lr=0.01, smooth_beta=30.0, weight_decay=0.1)),
    lion_refined: dict(other=dict(lr=0.01, beta1=0.95, beta2=0.98, weight_decay=0.1)),
    qhm: dict(other=dict(lr=0.01, beta=0.999, nu=0.9, weight_decay=0.01)),
    aggmo: dict(other=dict(lr=0.01, beta1=0.5, beta2=0.8, beta3=0.95, weight_decay=0.01)),
    pid: dict(other=dict(lr=0.02, momentum=0.8, dampening=0.3, integral=2.0, derivative=4.0, weight_decay=0.01)),
    powersign: dict(other=dict(lr=0.01, logbase=0.5, beta=0.8), linear=dict(decay_steps=30.0)),
    addsign: dict(other=dict(lr=0.01, alpha=1.5, beta=0.8), linear=dict(decay_steps=30.0)),
    schedule_free_sgd: dict(other=dict(lr=0.1, momentum=0.8, weight_decay=0.01), warmup=dict(warmup_steps=10.0, r=1.0)),

    adam: dict(other=_odd_eps),
    adam_eps_inside: dict(other=_odd_eps, large_eps=dict(eps=0.01)),
    adam_eps_hat: dict(other=_odd_eps),
    amsgrad_optax: dict(other=_odd_eps),
    amsgrad_keras: dict(other=_odd_eps),
    adamw_keras: dict(other=_odd_decay),
    adamax_keras: dict(other=_odd_eps),
    nadam: dict(other=dict(_odd_eps, momentum_decay=0.05), decay=dict(weight_decay=0.01),
                decoupled=dict(weight_decay=0.1, decoupled=True)),
    nadam_optax: dict(other=_odd_eps, decay=dict(weight_decay=0.1, lr=0.01)),
    radam_optax: dict(other=_odd_eps),
    adagrad_optax: dict(other=dict(lr=0.5, initial_accumulator_value=0.0, eps=1e-5)),
    rmsprop_tf: dict(other=dict(lr=0.03, alpha=0.95, eps=1e-6, weight_decay=0.01), momentum=dict(momentum=0.9),
                     centered=dict(centered=True), centered_momentum=dict(centered=True, momentum=0.6, lr=0.03),
                     initial_zero=dict(initial=0.0, eps=1e-7, momentum=0.5),
                     initial_zero_centered=dict(initial=0.0, eps=1e-7, centered=True),
                     initial_zero_centered_momentum=dict(initial=0.0, eps=1e-7, centered=True, momentum=0.6, lr=0.03)),
    adabelief: dict(other=dict(_odd, eps=1e-12), decay=dict(weight_decay=0.1, lr=0.01), amsgrad=dict(amsgrad=True)),
    yogi: dict(other=dict(lr=0.05, beta1=0.8, beta2=0.95, eps=1e-4, initial_accumulator_value=0.1)),
    yogi_paper: dict(other=dict(lr=0.05, beta1=0.8, beta2=0.95, eps=1e-4, initial_accumulator_value=0.1)),
    adan: dict(other=dict(lr=0.05, beta1=0.9, beta2=0.8, beta3=0.95, eps=1e-6), decay=dict(weight_decay=0.1, lr=0.01),
               decoupled=dict(weight_decay=0.1, lr=0.01, decoupled=True)),
    adopt: dict(other=dict(_odd, eps=1e-4), decay=dict(weight_decay=0.01),
                decoupled=dict(weight_decay=0.1, lr=0.01, decoupled=True)),
    ademamix: dict(other=dict(_odd_decay, beta3=0.99, alpha=5.0), warmup=dict(alpha_warmup=30.0, beta3_warmup=40.0)),
    laprop: dict(other=_odd_eps, decay=dict(weight_decay=1e-3)),
    padam: dict(other=_odd_decay, eighth=dict(partial=0.125)),
    adamod: dict(other=dict(_odd_decay, beta3=0.9)),
    adabound: dict(other=dict(_odd_decay, final_lr=0.5, gamma=0.05)),
    amsbound: dict(other=dict(_odd_decay, final_lr=0.5, gamma=0.05)),
    diffgrad: dict(other=_odd_decay),
    qhadam: dict(other=dict(_odd_decay, nu1=0.9, nu2=0.8)),
    msvag: dict(other=dict(lr=0.01, beta=0.7)),
    smorms3: dict(other=dict(lr=0.05, eps=1e-8)),
    grams: dict(other=_odd_decay),
    ftrl: dict(other=dict(lr=0.5, beta=0.1, l1=0.02, l2=0.1)),
    ftrl_keras: dict(other=dict(lr=0.5, beta=0.1, l1=0.02, l2=0.1, initial_accumulator_value=0.5)),
    madgrad: dict(other=dict(lr=0.1, momentum=0.5, eps=1e-4, weight_decay=0.01), no_momentum=dict(momentum=0.0),
                  decoupled=dict(weight_decay=0.1, decoupled=True)),
    adam_atan2: dict(other=dict(_odd, weight_decay=0.05, a=1.0, b=2.0)),
    schedule_free_adamw: dict(other=dict(_odd_eps, weight_decay=0.05), warmup=dict(warmup_steps=10.0, r=1.0, weight_lr_power=1.0)),

    sophia_g: dict(other=dict(_odd, rho=0.1, batch=30.0, weight_decay=0.01, interval=3.0)),
    sophia_h: dict(other=dict(_odd_decay, gamma=0.5, clip=0.5, interval=3.0)),
    adahessian: dict(other=dict(_odd_decay, hessian_power=0.5)),

    cautious_adamw: dict(other=_odd_decay),
    mars: dict(other=dict(_odd_decay, gamma=0.1)),
    lars: dict(decay=dict(weight_decay=0.01), nesterov=dict(nesterov=True, weight_decay=0.01, lr=0.3),
               clip=dict(lr=0.01, trust_coefficient=0.1, trust_clip=True, dampening=0.2, momentum=0.8, eps=1e-3)),
    lars_optax: dict(decay=dict(weight_decay=0.01),
                     nesterov=dict(nesterov=True, weight_decay=0.01, lr=0.3, eps=1e-3, momentum=0.8)),
    lamb: dict(other=_odd_decay),
    lamb_apex: dict(other=dict(_odd_decay, max_grad_norm=100.0), no_decay=dict(weight_decay=0.0)),
    novograd: dict(other=dict(lr=0.05, beta1=0.95, beta2=0.98, eps=1e-3, weight_decay=0.01)),
    stable_adamw: dict(other=_odd_decay),
    dog: {"": dict(reps_rel=0.01), "other": dict(lr=0.5, reps_rel=0.1, eps=1e-4, weight_decay=0.01)},
    dowg: dict(other=dict(lr=0.5, eps=1e-2, weight_decay=0.01)),
    prodigy: {"": dict(d0=0.01), "corrected": dict(bias_correction=True, d0=0.1),
              "other": dict(lr=0.5, beta1=0.8, beta2=0.95, d0=0.01, d_coef=2.0, weight_decay=0.05)},
    dadapt_adamw: dict(corrected=dict(bias_correction=True, d0=0.01),
                       other=dict(lr=0.5, beta1=0.8, beta2=0.95, d0=1e-3, weight_decay=0.05)),
    accsgd: dict(other=dict(lr=0.01, kappa=50.0, xi=2.0, c=0.5)),
    ano: dict(other=_odd_decay),
    avagrad: dict(other=_odd_decay),
    fromage: dict(other=dict(lr=0.3)),
    ftml: dict(other=_odd_eps),
    kate: dict(other=dict(lr=0.05, delta=0.1, eps=1e-4)),
    optimistic_adam: dict(other=_odd_eps),
    adamc: dict(other=dict(_odd_decay, lr_max=0.2)),
    simplified_ademamix: dict(other=dict(_odd_decay, alpha=2.0)),
    cocob: dict(other=dict(lr=0.3, alpha=3.0, eps=0.1)),
    pnm: dict(other=dict(lr=0.05, beta1=0.7, beta2=2.0, weight_decay=0.1)),
    adapnm: dict(other=dict(_odd_decay, beta3=0.5)),
    adai: dict(other=dict(lr=0.05, beta0=0.5, beta2=0.9, eps=0.05)),
    optimistic_gd: dict(other=dict(lr=0.1, alpha=0.5, beta=2.0)),
    schedule_free_radam: dict(other=dict(_odd_decay, r=1.0, weight_lr_power=1.0), late=dict(beta2=0.9)),
    swats: dict(other=dict(_odd_eps, tolerance=3e-6), soon=dict(tolerance=1e-5)),
    barzilai_borwein: dict(short=dict(short=True), other=dict(lr=0.1, lr_max=1e-2)),

    polyak_sgd: dict(other=dict(lr=0.5, max_lr=0.01, f_min=100.0, eps=1e4)),
    sps: dict(other=dict(lr=0.01, c=2.0, f_min=100.0, eps=1e-3)),
    sps_smooth: dict(other=dict(lr=0.5, c=1.0, growth=10.0, batches_per_epoch=2.0, initial_rate=1e-3)),
    alig: dict(other=dict(lr=0.02, eps=1e6), momentum=dict(momentum=0.9), other_momentum=dict(lr=0.5, momentum=0.5)),
    momo: dict(other=dict(lr=0.05, beta=0.8, lower_bound=100.0, weight_decay=0.1), star=dict(star=True),
               star_other=dict(star=True, lr=0.3, beta=0.5, lower_bound=1e5, weight_decay=0.5)),
    momo_adam: dict(other=dict(lr=200.0, beta1=0.5, beta2=0.95, eps=1e-6, weight_decay=0.01), long=dict(lr=1000.0),
                    star=dict(star=True, lr=300.0),
                    star_other=dict(star=True, lr=1000.0, beta1=0.5, beta2=0.95, lower_bound=1e5, weight_decay=1e-3)),
}

_g = dict(lr=0.05, beta1=0.8, beta2=0.95, eps=1e-6)
_t = dict(lr=0.05, betas=(0.8, 0.95), eps=1e-6)
EQUAL = [  # rule, hyperparameters, class of torch.optim, its arguments, how close
    (adam, {}, "Adam", {}, 1e-14),
    (adam, _g, "Adam", _t, 1e-14),
    (momentum, {}, "SGD", dict(lr=0.01, momentum=0.9), 1e-14),
    (heavy_ball, {}, "SGD", dict(lr=0.01, momentum=0.9), 1e-13),
    (nesterov, {}, "SGD", dict(lr=0.01, momentum=0.9, nesterov=True), 1e-14),
    (aggmo, dict(beta1=0.9, beta2=0.9, beta3=0.9, lr=0.01, weight_decay=0.1),
     "SGD", dict(lr=0.01, momentum=0.9, weight_decay=0.1), 1e-14),
    (nadam, dict(_g, weight_decay=0.1), "NAdam", dict(_t, weight_decay=0.1, foreach=True), 1e-14),
    (qhadam, dict(_g, nu1=1.0, weight_decay=0.1), "Adam", dict(_t, weight_decay=0.1), 1e-14),
    (ademamix, dict(_g, alpha=0.0, weight_decay=0.1), "AdamW", dict(_t, weight_decay=0.1), 1e-14),
    (adahessian, dict(_g, weight_decay=0.1), "AdamW", dict(_t, weight_decay=0.1), 1e-14),  # with the gradient for the Hessian
    (laprop, dict(_g, beta1=0.0), "Adam", dict(_t, betas=(0.0, 0.95)), 1e-14),
    (rmsprop_tf, dict(lr=0.01, eps=0.0, initial=1e-300), "RMSprop", dict(lr=0.01, alpha=0.9, eps=1e-150), 1e-14),
    (adagrad_optax, dict(eps=0.0), "Adagrad", dict(lr=0.1, eps=0.0, initial_accumulator_value=0.1), 1e-14),
]


def run(rule, hyperparameters, streams=golden_file.STREAMS):
    """The settings and the tracks of one configuration."""
    parameters = inspect.signature(rule).parameters.values()
    settings = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is not None}
    settings.update(hyperparameters)
    inputs = [np.array(streams[p.name[:-1]]) for p in parameters if p.name in ("grads", "hessians")]
    inputs += [[row[0] for row in streams["loss"]] for p in parameters if p.name == "losses"]
    tracks = {}
    for result in rule(np.array(golden_file.START), *inputs, **hyperparameters):
        for name, row in (result if isinstance(result, dict) else {"param": result}).items():
            tracks.setdefault(name, []).append(row)
    return settings, tracks


def configs():
    for rule, others in CONFIGS.items():
        yield ["", "# " + inspect.getdoc(rule).split("\n")[0]]
        for suffix, hyperparameters in {"": {}, **others}.items():
            name = rule.__name__ + ("_" + suffix if suffix else "")
            yield golden_file.config_lines(name, rule.__name__, *run(rule, hyperparameters))


def rules_equal_pytorch():
    """The rules of EQUAL give PyTorch's trajectories; the error is relative to each column's largest value."""
    try:
        import torch_golden
    except ImportError as error:
        print("not compared with PyTorch: %s" % error)
        return
    torch_golden.torch.set_default_dtype(torch_golden.torch.float64)
    gradient = golden_file.STREAMS["grad"]
    for rule, hyperparameters, optimizer, arguments, tolerance in EQUAL:
        ours = run(rule, hyperparameters, {"grad": gradient, "hessian": gradient})[1]["param"]
        error = golden_file.relative_error(ours, torch_golden.run(optimizer, arguments)[1]["param"])
        if not error < tolerance:
            raise SystemExit("%s%r is not torch.optim.%s%r: relative error %.3g" % (
                rule.__name__, hyperparameters, optimizer, arguments, error))
        print("%-14s equals torch.optim.%-8s to %.0e" % (rule.__name__, optimizer, error))


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    golden_file.main(__doc__.split("\n")[0], "paper.txt", lambda: golden_file.document(
        "optimizers after their papers, numpy float64", ["grad", "hessian", "loss"], configs()), before=rules_equal_pytorch)
