#!/usr/bin/env python3
"""Turns the JSON of bench/adamw into Markdown: medians, ratios within rounds, spread, and goals.

usage: report.py [--assert] FILE.json...

A ratio is taken in every round (repetition) and its median is reported, with the interquartile range as a share of
the median (the spread) and a 95 % confidence interval of the median that assumes no distribution (order statistics).
A goal is met if the whole interval is on its good side, missed if none of it is, and else the machine was too noisy
to conclude. With --assert: exit code 1 if a goal is missed.
"""
import collections
import json
import math
import statistics
import sys

FIXED_COST_UP_TO = 100       # sizes up to this are there for the fixed cost of a step
NOISY = 0.15                 # a spread of a ratio beyond this is worth a remark
GOALS = (                    # what, numerator, denominator, from which size, at most
    ("fused / hand", "fused", "hand", 1e4, 1.05),
    ("fused / memory limit", "fused", "memory", 1e7, 1.10),
)
FIXED_COST_GOAL = 150        # ns


def read(path):
    """samples[size][kernel][round] = nanoseconds per step, share of disturbed samples, what was run."""
    with open(path) as file:
        data = json.load(file)
    samples = collections.defaultdict(lambda: collections.defaultdict(dict))
    disturbed, total = collections.Counter(), collections.Counter()
    nanoseconds = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
    bytes_per_parameter = None
    for row in data["benchmarks"]:
        if row["run_type"] != "iteration":
            continue
        _, kernel, size = row["name"].split("/")[:3]
        size = int(size)
        samples[size][kernel][row["repetition_index"]] = row["real_time"] * nanoseconds[row["time_unit"]]
        disturbed[size] += row["disturbed"]
        total[size] += 1
        bytes_per_parameter = row.get("bytes/parameter", bytes_per_parameter)
    noise = {size: disturbed[size] / total[size] for size in total}
    return samples, noise, bytes_per_parameter, data["context"]


def quartiles(values):
    return statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [values[0]] * 3


def interval(values):
    """95 % confidence interval of the median: the order statistics that a fair coin leaves outside 5 % of the time."""
    values, n = sorted(values), len(values)
    tail, k = 0.0, 0
    while k < n // 2 and tail + math.comb(n, k) / 2**n <= 0.025:
        tail += math.comb(n, k) / 2**n
        k += 1
    return values[max(k - 1, 0)], values[n - max(k, 1)]


class Ratio:
    def __init__(self, kernels, numerator, denominator):
        top, bottom = kernels[numerator], kernels[denominator]
        values = [top[r] / bottom[r] for r in sorted(top.keys() & bottom.keys())]
        low, self.median, high = quartiles(values)
        self.spread = (high - low) / self.median
        self.low, self.high = interval(values)

    def __str__(self):
        return f"{self.median:.3f} ± {self.spread / 2:.0%}"


def verdict(low, high, goal):
    return "met" if high <= goal else "missed" if low > goal else "too noisy to conclude"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + " ---: |" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def size_name(n):
    exponent = len(str(n)) - 1
    return f"1e{exponent}" if n == 10**exponent and n >= 1000 else f"{n:,}"


def report(path, verdicts):
    samples, noise, bytes_per_parameter, context = read(path)
    large = sorted(n for n in samples if n > FIXED_COST_UP_TO)
    small = sorted(n for n in samples if n <= FIXED_COST_UP_TO)
    kernels = list(samples[(large or small)[0]])
    median = {n: {k: statistics.median(v.values()) for k, v in samples[n].items()} for n in samples}
    label = context.get("build", path)
    print(f"## {label}\n")
    caches = ", ".join(f"L{c['level']} {c['size'] // 1024} KiB" for c in context["caches"] if c["type"] != "Instruction")
    print(f"{context.get('cpu', 'processor unknown')}; {caches}.\n")

    if large:
        rounds = sorted({len(samples[n]["fused"]) for n in large})
        print(f"ns per parameter: medians of {' to '.join(map(str, rounds[::max(len(rounds) - 1, 1)]))} "
              f"interleaved rounds. {bytes_per_parameter:g} bytes per parameter. "
              "memory: a read-modify-write loop over the same streams; divider: one square root and one division "
              "per vector, in registers.\n")
        print(table(["parameters", *kernels, "fused GB/s", "share of memory limit"],
                    [[size_name(n), *(f"{median[n][k] / n:.3f}" for k in kernels),
                      f"{bytes_per_parameter * n / median[n]['fused']:.1f}",
                      f"{1 / Ratio(samples[n], 'fused', 'memory').median:.0%}"] for n in large]))
        print("\nRatios within a round: median ± half of the interquartile range.\n")
        rows = []
        for n in large:
            limit = "divider" if median[n]["divider"] > median[n]["memory"] else "memory"
            rows.append([size_name(n), *(str(Ratio(samples[n], a, b)) for a, b in
                                         (("fused", "hand"), ("fused", "memory"), ("hand", "memory"),
                                          ("naive", "fused"), ("textbook", "fused"))),
                         f"{Ratio(samples[n], 'fused', limit)} ({limit})", f"{noise[n]:.0%}"])
        print(table(["parameters", "fused / hand", "fused / memory", "hand / memory", "naive / fused",
                     "textbook / fused", "fused / larger limit", "disturbed samples"], rows))
        print()
    if small:
        print("Fixed cost of a step: ns per step, median (first to third quartile).\n")
        names = [k for k in kernels if k not in ("memory", "divider")]

        def cell(n, kernel):
            low, middle, high = quartiles(list(samples[n][kernel].values()))
            return f"{middle:.0f} ({low:.0f} to {high:.0f})"
        print(table(["parameters", *names], [[str(n), *(cell(n, k) for k in names)] for n in small]))
        print()

    rows = []
    for what, numerator, denominator, first, goal in GOALS:
        for n in large:
            if n >= first:
                ratio = Ratio(samples[n], numerator, denominator)
                result = verdict(ratio.low, ratio.high, goal)
                if result != "met" and ratio.spread > NOISY:
                    result += f" (spread {ratio.spread:.0%}: measure again on a quiet machine)"
                rows.append([what, size_name(n), f"{goal:.2f}", f"{ratio.median:.3f}",
                             f"{ratio.low:.3f} to {ratio.high:.3f}", result])
    for n in small:
        values = list(samples[n]["fused"].values())
        low, high = interval(values)
        rows.append(["fixed cost of a step, ns", str(n), f"{FIXED_COST_GOAL}", f"{statistics.median(values):.0f}",
                     f"{low:.0f} to {high:.0f}", verdict(low, high, FIXED_COST_GOAL)])
    print(table(["goal", "parameters", "at most", "median", "95 % interval", "verdict"], rows))
    print()
    verdicts.extend(row[-1] for row in rows)


def main(arguments):
    files = [a for a in arguments if not a.startswith("--")]
    if not files or any(a.startswith("--") and a != "--assert" for a in arguments):
        sys.exit(__doc__)
    verdicts = []
    for path in files:
        report(path, verdicts)
    if "--assert" in arguments and any(v.startswith("missed") for v in verdicts):
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
