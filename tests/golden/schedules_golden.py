#!/usr/bin/python3
"""Golden values of the schedules of PyTorch 1.13.1 (Debian 12: apt-get install python3-torch) and of llm.c: writes schedules.txt.

    /usr/bin/python3 tests/golden/schedules_golden.py            write the file
    /usr/bin/python3 tests/golden/schedules_golden.py --check    compare with the committed file, exit 1 if it differs

The format, line by line:

    # ...                     comment; empty lines are ignored as well
    schedule NAME             then one row: the learning rate of steps t = 1, 2, ..., which PyTorch calls epochs 0, 1, ...
    momentum NAME             then one row: the momentum, or Adam's beta1, of these steps
    plateau NAME k=v ...      a run of ReduceLROnPlateau with these settings, all of them; then two rows: the metrics,
                              and the learning rate after each of them; it starts at 1

A row is hexadecimal floats, separated by one space. Compare schedules relative to 1e-13: PyTorch computes some of them
by recurrences. Plateaus are products of few factors: compare them to the bit.
"""
import math
import warnings

import torch
from torch.optim import lr_scheduler as torch_schedules
from torch.optim import swa_utils

import golden_file

BASE = 0.1  # the learning rate that the schedulers are given

SCHEDULES = [  # name, steps, scheduler of an optimizer
    ("linear", 15, lambda o: torch_schedules.LinearLR(o, start_factor=0.25, end_factor=1.0, total_iters=10)),
    ("linear_down", 15, lambda o: torch_schedules.LinearLR(o, start_factor=1.0, end_factor=0.1, total_iters=7)),
    ("polynomial", 15, lambda o: torch_schedules.PolynomialLR(o, total_iters=12, power=2.5)),
    ("exponential", 30, lambda o: torch_schedules.ExponentialLR(o, gamma=0.9)),
    ("staircase", 30, lambda o: torch_schedules.StepLR(o, step_size=7, gamma=0.3)),
    ("piecewise_constant", 20, lambda o: torch_schedules.MultiStepLR(o, milestones=[5, 12, 13], gamma=0.1)),
    ("cosine", 21, lambda o: torch_schedules.CosineAnnealingLR(o, T_max=20, eta_min=1e-3)),
    ("cosine_restarts", 40, lambda o: torch_schedules.CosineAnnealingWarmRestarts(o, T_0=6, eta_min=1e-3)),
    ("cosine_restarts_2", 200, lambda o: torch_schedules.CosineAnnealingWarmRestarts(o, T_0=3, T_mult=2, eta_min=1e-4)),
    ("cosine_restarts_3", 200, lambda o: torch_schedules.CosineAnnealingWarmRestarts(o, T_0=4, T_mult=3)),
    ("one_cycle", 50, lambda o: torch_schedules.OneCycleLR(o, max_lr=BASE, total_steps=50, cycle_momentum=False)),
    ("one_cycle_other", 37, lambda o: torch_schedules.OneCycleLR(
        o, max_lr=BASE, total_steps=37, pct_start=0.45, div_factor=7.0, final_div_factor=33.0, cycle_momentum=False)),
    ("one_cycle_linear", 50, lambda o: torch_schedules.OneCycleLR(
        o, max_lr=BASE, total_steps=50, anneal_strategy="linear", cycle_momentum=False)),
    ("warmup_cosine", 26, lambda o: torch_schedules.SequentialLR(
        o, [torch_schedules.LinearLR(o, start_factor=0.2, end_factor=1.0, total_iters=5),
            torch_schedules.CosineAnnealingLR(o, T_max=20, eta_min=1e-3)], milestones=[5])),
    ("join", 30, lambda o: torch_schedules.SequentialLR(
        o, [torch_schedules.LinearLR(o, start_factor=0.2, end_factor=1.0, total_iters=5),
            torch_schedules.ExponentialLR(o, gamma=0.9),
            torch_schedules.StepLR(o, step_size=4, gamma=0.5)], milestones=[8, 17])),
    ("constant", 10, lambda o: torch_schedules.ConstantLR(o, factor=0.3, total_iters=4)),
    ("lambda", 20, lambda o: torch_schedules.LambdaLR(o, lambda epoch: 1 / (1 + 0.5 * epoch))),
    ("multiplicative", 20, lambda o: torch_schedules.MultiplicativeLR(o, lambda epoch: 1 - 0.5 / (1 + epoch))),
    ("cosine_wave", 50, lambda o: torch_schedules.CosineAnnealingLR(o, T_max=12, eta_min=1e-3)),
    ("triangular", 40, lambda o: cyclic(o, step_size_up=7)),
    ("triangular_uneven", 40, lambda o: cyclic(o, step_size_up=3, step_size_down=8)),
    ("triangular2", 60, lambda o: cyclic(o, step_size_up=5, step_size_down=4, mode="triangular2")),
    ("exp_range", 60, lambda o: cyclic(o, step_size_up=5, step_size_down=6, mode="exp_range", gamma=0.97)),
    ("one_cycle_three_phase", 50, lambda o: torch_schedules.OneCycleLR(o, max_lr=BASE, total_steps=50, three_phase=True)),
    ("one_cycle_three_phase_other", 37, lambda o: torch_schedules.OneCycleLR(
        o, max_lr=BASE, total_steps=37, pct_start=0.45, div_factor=7.0, final_div_factor=33.0, three_phase=True)),
    ("one_cycle_three_phase_linear", 50, lambda o: torch_schedules.OneCycleLR(
        o, max_lr=BASE, total_steps=50, anneal_strategy="linear", three_phase=True)),
    ("chained", 30, lambda o: torch_schedules.ChainedScheduler(
        [torch_schedules.ConstantLR(o, factor=0.1, total_iters=6), torch_schedules.ExponentialLR(o, gamma=0.9)])),
    ("swa", 30, lambda o: before_swa(o, 11, torch_schedules.ExponentialLR(o, gamma=0.95),
                                     swa_utils.SWALR(o, swa_lr=0.02, anneal_epochs=8))),
    ("swa_linear", 30, lambda o: before_swa(o, 11, torch_schedules.ExponentialLR(o, gamma=0.95),
                                            swa_utils.SWALR(o, swa_lr=0.2, anneal_epochs=8, anneal_strategy="linear"))),
    ("llm_c", 60, lambda o: llm_c(o, 0.1, 7, 60, 0.1)),
]

MOMENTA = [  # name, steps, scheduler of an optimizer
    ("one_cycle", 50, lambda o: torch_schedules.OneCycleLR(o, max_lr=BASE, total_steps=50)),
    ("one_cycle_other", 37, lambda o: torch_schedules.OneCycleLR(
        o, max_lr=BASE, total_steps=37, pct_start=0.45, base_momentum=0.8, max_momentum=0.99)),
    ("one_cycle_linear", 50, lambda o: torch_schedules.OneCycleLR(o, max_lr=BASE, total_steps=50, anneal_strategy="linear")),
    ("one_cycle_three_phase", 50, lambda o: torch_schedules.OneCycleLR(o, max_lr=BASE, total_steps=50, three_phase=True)),
    ("one_cycle_three_phase_linear", 50, lambda o: torch_schedules.OneCycleLR(
        o, max_lr=BASE, total_steps=50, anneal_strategy="linear", three_phase=True)),
    ("triangular", 40, lambda o: cyclic(o, step_size_up=3, step_size_down=8, cycle_momentum=True)),
]


def cyclic(opt, cycle_momentum=False, **settings):
    return torch_schedules.CyclicLR(opt, base_lr=0.01, max_lr=BASE, cycle_momentum=cycle_momentum, **settings)


class before_swa:
    """PyTorch's own loop of SWALR's documentation: another scheduler first, SWALR after epoch `last`."""

    def __init__(self, opt, last, first, then):
        self.epoch, self.last, self.first, self.then = 0, last, first, then

    def step(self):
        (self.then if self.epoch > self.last else self.first).step()
        self.epoch += 1


class llm_c:
    """llm.c's get_learning_rate (llmc/schedulers.h), in double: warmup_iterations, train_num_batches, and the fraction of
    the learning rate that is left at the end. Its step counts from 0."""

    def __init__(self, opt, learning_rate, warmup, steps, final_fraction):
        self.group, self.now = opt.param_groups[0], 0
        self.learning_rate, self.warmup, self.steps, self.final_fraction = learning_rate, warmup, steps, final_fraction
        self.set()

    def set(self):
        if self.now < self.warmup:
            self.group["lr"] = self.learning_rate * (self.now + 1) / self.warmup
        else:
            ratio = (self.now - self.warmup) / (self.steps - self.warmup)
            least = self.learning_rate * self.final_fraction
            self.group["lr"] = least + 0.5 * (1 + math.cos(math.pi * ratio)) * (self.learning_rate - least)

    def step(self):
        self.now += 1
        self.set()


# A loss with plateaus, jumps and noise; exact arithmetic up to the division, so the same on every machine.
METRICS = [(400 - 3 * min(t, 40) + (t * t * 37 + t * 11) % 29 - (60 if t > 55 else 0)) / 64 for t in range(80)]

PLATEAUS = [  # name, settings that are not PyTorch's defaults, metrics
    ("default", {}, METRICS),
    ("patience_0", dict(patience=0, factor=0.5), METRICS),
    ("patience_2", dict(patience=2, factor=0.5), METRICS),
    ("cooldown", dict(patience=1, cooldown=3, factor=0.25), METRICS),
    ("floor", dict(patience=1, min_lr=0.05, factor=0.5), METRICS),
    ("eps", dict(patience=0, eps=1e-2, factor=0.5), METRICS),
    ("threshold", dict(patience=2, threshold=0.02), METRICS),
    ("absolute", dict(patience=2, threshold=0.1, threshold_mode="abs"), METRICS),
    ("max", dict(mode="max", patience=2, factor=0.5), [-m + 10 for m in METRICS]),
    ("max_absolute", dict(mode="max", patience=3, threshold=0.2, threshold_mode="abs", cooldown=1), [-m for m in METRICS]),
    ("max_threshold", dict(mode="max", patience=3, threshold=0.05, factor=0.7), [-m + 10 for m in METRICS]),
    ("negative", dict(patience=3, factor=0.5), [m - 10 for m in METRICS]),
    ("nan", dict(patience=2, factor=0.5), [math.nan if t % 3 else m for t, m in enumerate(METRICS)]),
]


def row(values):
    return " ".join(float(v).hex() for v in values)


def optimizer(lr):
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr, momentum=0.9)


def learning_rate(opt):
    return opt.param_groups[0]["lr"]


def schedule(steps, make, setting="lr"):
    opt = optimizer(BASE)
    scheduler = make(opt)
    values = []
    for _ in range(steps):
        values.append(opt.param_groups[0][setting])
        opt.step()
        if len(values) < steps:
            scheduler.step()
    return values


def plateau(chosen, metrics):
    """All settings of the run, and the learning rates after each metric."""
    opt = optimizer(1.0)
    scheduler = torch_schedules.ReduceLROnPlateau(opt, **chosen)
    settings = dict(mode="min", factor=0.1, patience=10, threshold=1e-4, threshold_mode="rel", cooldown=0, min_lr=0.0,
                    eps=1e-8)
    settings.update(chosen)
    values = []
    for metric in metrics:
        scheduler.step(metric)
        values.append(learning_rate(opt))
    return settings, values


def text():
    warnings.simplefilter("ignore")
    lines = ["# Schedules of PyTorch 1.13.1 and of llm.c.", "# Made by schedules_golden.py; do not edit.", "#"]
    lines += [("# " + line).rstrip() for line in __doc__.split("\n\n", 2)[2].rstrip().split("\n")]
    for name, steps, make in SCHEDULES:
        lines += ["", "schedule " + name, row(schedule(steps, make))]
    for name, steps, make in MOMENTA:
        lines += ["", "momentum " + name, row(schedule(steps, make, "momentum"))]
    for name, chosen, metrics in PLATEAUS:
        settings, values = plateau(chosen, metrics)
        lines += ["", " ".join(["plateau", name] + ["%s=%s" % pair for pair in settings.items()]), row(metrics), row(values)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    golden_file.main(__doc__, "schedules.txt", text)
