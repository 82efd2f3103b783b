#!/usr/bin/env python3
"""Measures a step of AdamW from Python: by furl, and by torch.optim.AdamW with foreach, without, and fused where PyTorch has
that for CPUs. One thread is timed by its processor time, several by the clock."""
import argparse
import pathlib
import platform
import statistics
import time

import torch
from torch.utils.cpp_extension import load

HERE = pathlib.Path(__file__).resolve().parent


def resnet50():
    """The sizes of the 161 parameters of a ResNet-50: 25.6 million values."""
    def convolution(inputs, outputs, size):
        return [(outputs, inputs, size, size), (outputs,), (outputs,)]

    sizes, inputs = convolution(3, 64, 7), 64
    for width, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for block in range(blocks):
            sizes += convolution(inputs, width, 1) + convolution(width, width, 3) + convolution(width, 4 * width, 1)
            if block == 0:
                sizes += convolution(inputs, 4 * width, 1)
            inputs = 4 * width
    return sizes + [(1000, 2048), (1000,)]


SHAPES = {
    "one tensor of 30,000,000": [(30_000_000,)],
    "ResNet-50: 161 tensors": resnet50(),
    "1,000 tensors of 1,000": [(1000,)] * 1000,
    "10,000 tensors of 100": [(100,)] * 10_000,
}


class Clipped:
    """AdamW of PyTorch after clip_grad_norm_."""

    def __init__(self, parameters, **options):
        self.parameters, self.optimizer = parameters, torch.optim.AdamW(parameters, **options)

    def step(self):
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()


def made(optimizer, shapes, **options):
    """An optimizer of new parameters with gradients. Those of each loop have their own memory, as in a program."""
    parameters = [torch.nn.Parameter(torch.randn(shape)) for shape in shapes]
    for p in parameters:
        p.grad = torch.randn_like(p)
    return optimizer(parameters, lr=1e-6, **options)


def medians(optimizers, seconds, clock):
    """The median time of a step of each in ms, and the middle half of its times as a share of it. The steps of all are interleaved, so
    that what slows the machine slows all."""
    times = {name: [] for name in optimizers}
    for optimizer in optimizers.values():
        optimizer.step()  # which makes the states
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times["furl"]) < 5:
        for name, optimizer in optimizers.items():
            start = clock()
            optimizer.step()
            times[name].append(1e3 * (clock() - start))
    quarters = {name: statistics.quantiles(all_of_one, n=4) for name, all_of_one in times.items()}
    return {name: (middle, (high - low) / middle) for name, (low, middle, high) in quarters.items()}


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10, help="for each line of the table")
    parser.add_argument("--include", default=str(HERE.parents[1] / "include"))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    clock = time.process_time if options.threads == 1 else time.perf_counter
    furl = load("furl_compare", [str(HERE / "compare.cpp")], extra_include_paths=[options.include],
                extra_cflags=["-std=c++20", "-O2", "-march=native", "-fopenmp"])
    ways = {"foreach": {"foreach": True}, "loop": {"foreach": False}, "fused": {"fused": True}}
    if torch.__version__ < "2.4":
        del ways["fused"]  # which is for CUDA alone there
    names = [", ".join(f"{option}={value}" for option, value in way.items()) for way in ways.values()]
    print(f"torch {torch.__version__}, {options.threads} thread(s), {processor()}: ms for a step (spread), and the ratios to furl\n")
    print(f"| AdamW | furl | {' | '.join(names)} | ratios |")
    print("| --- |" + " ---: |" * (len(ways) + 2))
    lines = [(name, shapes, furl.AdamW, torch.optim.AdamW) for name, shapes in SHAPES.items()]
    lines.insert(0, ("ResNet-50, after clipping by the norm of all", resnet50(), furl.ClippedAdamW, Clipped))
    for name, shapes, ours, theirs in lines:
        optimizers = {"furl": made(ours, shapes), **{way: made(theirs, shapes, **how) for way, how in ways.items()}}
        all_of = medians(optimizers, options.seconds, clock)
        times = " | ".join(f"{middle:.2f} ({100 * spread:.0f} %)" for middle, spread in all_of.values())
        ratios = ", ".join(f"{all_of[way][0] / all_of['furl'][0]:.1f}" for way in ways)
        print(f"| {name} | {times} | {ratios} |", flush=True)
        optimizers.clear()  # and their memory, before the next line


main()
