#!/usr/bin/env python3
"""Turns the JSON of the benchmarks into Markdown, a summary in JSON, and plots.

usage: report.py [--assert] [--out DIR] FILE.json...

A ratio is taken in every round that both loops were in and its median is reported, with half of the interquartile range
as a share of the median (the spread) and a 95 % confidence interval of the median that assumes no distribution (order
statistics). A goal is met if the whole interval is on its good side, missed if none of it is, and else the machine was
too noisy to conclude. One that is missed is out of reach if even the limit of the same run - what memory allows, or square
roots and divisions alone - misses it and the loop is within NEXT_BOUND of that limit. With --assert: exit code 1 if a goal
is missed.

Writes DIR/zoo.json: a list of {rule, n, ns_fused, ns_naive, ns_textbook, ns_limit, bytes, spread}, times per parameter;
and DIR/*.svg, where there is gnuplot.
"""
import argparse
import collections
import json
import math
import pathlib
import statistics
import sys

import plots

FIXED_COST_UP_TO = 100       # sizes up to this are there for the fixed cost of a step
NOISY = 0.15                 # a distance between the quartiles beyond this is worth a remark
LIMITS = ("memory", "divider")
NEXT_BOUND = 1.12            # of the limit, where a goal is out of reach
SECTIONS = ("tensors", "training", "storage", "offload", "denormals", "placement", "layouts", "libtorch", "rows", "numbers")

# job, loop, compared with (limit: the slower of memory and divider), numbers of parameters from and to, at most
GOALS = (
    ("adamw", "fused", "hand", 1e4, 1e8, 1.03),
    ("adamw", "fused", "limit", 1e4, 1e6, 1.12),
    ("adamw", "fused", "memory", 1e7, 1e8, 1.08),
    ("adamw", "fused", "pytorch", 1e4, 1e6, 1 / 1.3),
    ("adamw", "fused", "deepspeed", 1e4, 1e6, 1 / 1.5),
    ("adamw", "fused", "llm.c", 1e4, 1e6, 1 / 1.08),
    ("adamw", "fused", "naive", 1e7, 1e8, 1 / 2.5),
    ("adamw", "fused, 2 threads", "memory, 2 threads", 1e6, 1e8, 1.1),
    *(("adamw", "fused", peer, 1e7, 1e8, 1) for peer in ("pytorch", "deepspeed", "ggml", "llm.c", "eigen")),
    ("sgd_momentum", "fused", "memory", 1e7, 1e8, 1.08),
    ("sgd_momentum", "fused", "naive", 1e7, 1e8, 1 / 2.5),
    ("training resnet-50", "arena", "separate", 0, 1e9, 1 / 1.5),
    ("training gpt2-124m", "arena", "separate", 0, 1e9, 1 / 1.5),
    ("training small-network", "arena", "separate", 0, 1e9, 1 / 1.5),
    ("denormals", "furl 10 %", "furl 0 %", 0, 1e9, 1.1),
    ("denormals", "furl 50 %", "furl 0 %", 0, 1e9, 1.1),
    ("denormals", "furl 100 %", "furl 0 %", 0, 1e9, 1.1),
    ("placement", "arena", "malloc", 0, 1e9, 1.03),
    ("placement", "arena", "hand", 0, 1e9, 1.03),
    ("placement", "arena", "hand", 1 << 24, 1 << 24, 1 / 1.15),
    ("storage m-v-bfloat16", "stored", "float", 1e7, 1e9, 0.82),
    ("storage m-v-bfloat16-stochastic", "stored", "float", 1e7, 1e9, 0.9),
    ("storage m-v-8-bit", "stored", "float", 1e7, 1e9, 1),
    ("storage split", "stored", "float", 1e7, 1e9, 1.08),
    *((f"offload {kind}", "furl", peer, least, 10 * least, 1 / times) for kind in ("float", "bfloat16", "bfloat16-moments")
      for peer in ("pytorch", "deepspeed") for least, times in ((1e7, 1.3), (1e5, 1.5))),
    *((f"rows {rule} {columns}", "furl", "memory", 1e7, 1e9, 1.35 if columns == 64 else 1.15)
      for rule in ("rowwise_adagrad", "adam_mini", "centered_adamw", "adafactor") for columns in (64, 256, 1024, 4096, 16384)
      if rule != "adafactor" or columns == 4096),
    *((f"rows unaligned {columns}", "furl", "memory", 1e7, 1e9, 1.15) for columns in (257, 1023, 4099)),
    *((f"rows {rule} {columns}", "furl", "hand", 1e3, 1e6, 1.1)
      for rule in ("rowwise_adagrad", "adam_mini", "centered_adamw") for columns in (64, 256, 1024, 4096, 16384)),
    *((f"rows narrow {columns}", "furl", "hand", 1e3, 1e6, 1.1) for columns in (1, 2, 4, 7, 16, 33)),
    ("rows step_rows 64", "furl", "hand", 0, 1e9, 1.3),
    ("rows step_rows 64", "furl", "dense", 0, 1e9, 1 / 30),
    ("rows muon 4096", "furl", "products", 0, 1e9, 1.05),
    ("libtorch adafactor", "fused", "libtorch", 0, 1e9, 1 / 5),
    ("libtorch adamw", "fused", "libtorch", 1e7, 1e8, 1 / 8),
    ("libtorch sgd_momentum", "fused", "libtorch", 1e7, 1e8, 1 / 8),
    ("libtorch tensors 10000-of-100", "scattered", "kernel", 0, 1e9, 1 / 2.5),
    ("libtorch tensors 10000-of-100", "arena", "kernel", 0, 1e9, 1 / 15),
    ("libtorch tensors 10000-of-100", "scattered, 2 threads", "kernel", 0, 1e9, 1 / 8),
    ("libtorch tensors 10000-of-100", "arena, 2 threads", "kernel", 0, 1e9, 1 / 50),
    ("libtorch training resnet-50", "arena", "kernel", 0, 1e9, 1 / 1.6),
    ("libtorch training gpt2-124m", "arena", "kernel", 0, 1e9, 1 / 1.6),
    ("libtorch training small-network", "arena", "kernel", 0, 1e9, 1 / 3),
)
FIXED_COST_GOAL = 150        # ns
LAYOUTS_GOAL = 1.1           # the worst of the layouts over their median


def quartiles(values):
    return statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [values[0]] * 3


def spread(values):
    low, middle, high = quartiles(values)
    return (high - low) / 2 / middle if middle else 0


def interval(values):
    """95 % confidence interval of the median: the order statistics that a fair coin leaves outside 5 % of the time."""
    values, n = sorted(values), len(values)
    tail, k = 0.0, 0
    while k < n // 2 and tail + math.comb(n, k) / 2**n <= 0.025:
        tail += math.comb(n, k) / 2**n
        k += 1
    return values[max(k - 1, 0)], values[n - max(k, 1)]


class Job:
    """The samples of one job: nanoseconds per step, by loop and round."""

    def __init__(self, name, parameters, bytes_per_parameter):
        self.name, self.parameters, self.bytes = name, parameters, bytes_per_parameter
        self.samples = collections.defaultdict(dict)
        self.disturbed = []

    def median(self, loop):
        return statistics.median(self.samples[loop].values())

    def per_parameter(self, loop):
        return self.median(loop) / self.parameters

    def limit(self):
        """The slower of the limits; None if the job has none."""
        there = [loop for loop in LIMITS if loop in self.samples]
        return max(there, key=self.median) if there else None

    def limit_of(self, loop):
        """The limit of a loop that runs otherwise than the first one: "scattered", or "arena, 2 threads"."""
        kind = loop.partition(", ")[2] or loop
        own = f"memory, {kind}"
        return own if own in self.samples else None if ", " in loop else self.limit()

    def ratios(self, above, below):
        top, bottom = self.samples[above], self.samples[below]
        return [top[r] / bottom[r] for r in sorted(top.keys() & bottom.keys())]

    def ratio(self, above, below):
        return statistics.median(self.ratios(above, below))

    def has(self, *loops):
        return all(loop in self.samples for loop in loops)

    def spread(self):
        """Of the first loop, over the limit of the same round where there is one."""
        first, limit = next(iter(self.samples)), self.limit()
        return spread(self.ratios(first, limit) if limit else list(self.samples[first].values()))

    def noise(self):
        return sum(self.disturbed) / len(self.disturbed)


def read(path):
    data = json.loads(pathlib.Path(path).read_text())
    nanoseconds = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
    jobs = {}
    for row in data["benchmarks"]:
        if row["run_type"] != "iteration":
            continue
        name, loop, parameters = row["name"].split("/")[:3]
        key = name, int(parameters)
        job = jobs.setdefault(key, Job(*key, row["bytes/parameter"]))
        job.samples[loop][int(row["round"])] = row["real_time"] * nanoseconds[row["time_unit"]]
        job.disturbed.append(row["disturbed"])
    return list(jobs.values()), data["context"]


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "| --- |" + " ---: |" * (len(header) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def size_name(n):
    exponent = len(str(n)) - 1
    return f"1e{exponent}" if n == 10**exponent and n >= 1000 else f"{n:,}"


def factor(x):
    return f"{x:.1f}" if x >= 9.95 else f"{x:.2f}"


def remark(job):
    return "too noisy to conclude" if 2 * job.spread() > NOISY else ""


def one_tensor(jobs):
    """AdamW against everything."""
    loops = list(jobs[0].samples)
    ns = [[size_name(j.parameters), *(f"{j.per_parameter(loop):.3f}" if j.has(loop) else "" for loop in loops),
           f"{j.bytes:g}", f"{j.bytes / j.per_parameter('fused'):.0f}", f"{100 / j.ratio('fused', j.limit()):.0f} %"]
          for j in jobs]
    ratios = []
    for j in jobs:
        limit = j.limit()
        ratios.append([size_name(j.parameters), f"{j.ratio('fused', limit):.3f} ± {spread(j.ratios('fused', limit)):.0%} ({limit})",
                       *(f"{j.ratio(loop, 'fused'):.3f} ± {spread(j.ratios(loop, 'fused')):.0%}" if j.has(loop) else ""
                         for loop in loops if loop not in LIMITS and loop != "fused"),
                       f"{j.noise():.0%}", remark(j)])
    return ("ns per parameter. memory: a read-modify-write loop over the same streams; divider: one square root and one "
            "division per vector, in registers; the limit is the slower of the two.\n\n"
            + table(["parameters", *loops, "bytes", "GB/s", "share of the limit"], ns)
            + "\nTimes of the others over furl's, within a round: median ± half of the interquartile range.\n\n"
            + table(["parameters", "furl / limit", *(f"{loop} / furl" for loop in loops if loop not in LIMITS and loop != "fused"),
                     "disturbed samples", ""], ratios))


def fixed_cost(jobs):
    names = [loop for loop in jobs[0].samples if loop not in LIMITS]

    def cell(job, loop):
        low, middle, high = quartiles(list(job.samples[loop].values()))
        return f"{middle:.0f} ({low:.0f} to {high:.0f})"
    return ("Fixed cost of a step: ns per step, median (first to third quartile).\n\n"
            + table(["parameters", *names], [[str(j.parameters), *(cell(j, loop) for loop in names)] for j in jobs]))


def rules(jobs):
    """One row for each rule and size."""
    threads = [loop for loop in jobs[0].samples if loop.startswith("fused, ")]
    rows = []
    for j in sorted(jobs, key=lambda j: (j.parameters, j.name)):
        per = j.per_parameter
        rows.append([j.name, size_name(j.parameters), f"{per('fused'):.3f}", f"{j.spread():.0%}",
                     *(f"{per(loop):.3f}" for loop in threads), f"{j.bytes:g}", f"{j.bytes / per('fused'):.0f}",
                     f"{per(j.limit()):.3f}", f"{100 / j.ratio('fused', j.limit()):.0f} %",
                     *(f"{factor(j.ratio(loop, 'fused'))}" if j.has(loop) else "" for loop in ("naive", "textbook")), remark(j)])
    return ("ns per parameter. The limit: a read-modify-write loop over the streams of the rule, or its square roots and "
            "divisions in registers, whichever is slower. Naive: a vectorized loop for each operation. Textbook: one "
            "scalar loop.\n\n"
            + table(["rule", "parameters", "furl", "spread", *threads, "bytes", "GB/s", "limit", "share of the limit",
                     "times naive", "times textbook", ""], rows))


def whole_steps(jobs):
    """Steps over many tensors: microseconds, and how many times as long as furl's."""
    parts = []
    by_loops = collections.defaultdict(list)
    for j in jobs:
        by_loops[tuple(j.samples)].append(j)
    for loops, group in by_loops.items():
        first = loops[0]
        rows = [[j.name, f"{j.parameters:,}", *(f"{j.median(loop) / 1e3:,.1f}" if loop == first else
                                              f"{j.median(loop) / 1e3:,.1f} ({factor(j.ratio(loop, first))})" for loop in loops),
                 f"{j.bytes:g}", f"{j.bytes / j.per_parameter(first):.0f}", f"{j.spread():.0%}", remark(j)] for j in group]
        parts.append(f"Microseconds per step, and in brackets how many times that of {first}.\n\n"
                     + table(["", "parameters", *loops, "bytes", "GB/s", "spread", ""], rows))
    return "\n".join(parts)


def functions(jobs):
    """Functions of numbers: ns per number."""
    parts = []
    by_loops = collections.defaultdict(list)
    for j in jobs:
        by_loops[tuple(j.samples)].append(j)
    for loops, group in by_loops.items():
        first, second = loops
        rows = [[j.name.partition(" ")[2], *(f"{j.per_parameter(loop):.3f}" for loop in loops), factor(j.ratio(second, first)), remark(j)] for j in group]
        parts.append("ns per number, in cache.\n\n" + table(["function", *loops, f"{second} / {first}", ""], rows))
    return "\n".join(parts)


def worst_over_median(job, loop):
    values = list(job.samples[loop].values())
    return max(values) / statistics.median(values)


def layouts(jobs):
    def cell(job, loop):
        values = sorted(job.samples[loop].values())
        return f"{worst_over_median(job, loop):.2f} ({values[len(values) * 9 // 10] / statistics.median(values):.2f})"
    loops = list(jobs[0].samples)
    return (f"Over {len(next(iter(jobs[0].samples.values())))} random layouts: the worst over the median (and the ninth of "
            "ten), and the median in ns per parameter. A layout's best of five samples counts, of forty where it is slow.\n\n"
            + table(["parameters", *loops, *(f"{loop}, ns" for loop in loops)],
                    [[f"{j.parameters:,}", *(cell(j, loop) for loop in loops),
                      *(f"{j.per_parameter(loop):.3f}" for loop in loops)] for j in jobs]))


def verdict(values, goal, bound=None):
    """bound: the same ratio of a loop that only touches the memory, or only divides."""
    low, high = interval(values)
    result = "met" if high <= goal else "missed" if low > goal else "too noisy to conclude"
    if bound and result == "missed" and interval(bound)[0] > goal and statistics.median(values) <= NEXT_BOUND * statistics.median(bound):
        result = f"out of reach: the limit is at {statistics.median(bound):.3f}"
    return [f"{statistics.median(values):.3f}", f"{low:.3f} to {high:.3f}", result]


def goals(jobs):
    rows = []
    for name, loop, other, first, last, goal in GOALS:
        for j in jobs:
            if j.name != name or not first <= j.parameters <= last or j.parameters <= FIXED_COST_UP_TO:
                continue
            below = j.limit() if other == "limit" else other
            # On several threads libtorch is compared with furl on as many.
            if name.startswith("libtorch") and "threads" not in loop and any("threads" in x for x in j.samples):
                continue
            if below and j.has(loop, below):
                limit = j.limit_of(loop)
                runs = [loop] if below in LIMITS else [loop, below]
                if limit == below or limit and j.median(limit) > 1.03 * min(j.median(x) for x in runs):
                    limit = None  # what is beaten by more than noise proves nothing
                bound = j.ratios(limit, below) if limit else None
                rows.append([f"{name}: {loop} / {other}", size_name(j.parameters), f"{goal:.3f}",
                             *verdict(j.ratios(loop, below), goal, bound)])
    for j in jobs:
        if j.name == "adamw" and j.parameters <= FIXED_COST_UP_TO:
            rows.append(["adamw: fixed cost of a step, ns", str(j.parameters), str(FIXED_COST_GOAL),
                         *verdict(list(j.samples["fused"].values()), FIXED_COST_GOAL)])
        if j.name == "layouts":
            # The same layout in all rounds varies, too: by what else goes on.
            worst, same = worst_over_median(j, "arena"), worst_over_median(j, "one layout")
            rows.append(["layouts: worst / median in the arena", size_name(j.parameters), str(LAYOUTS_GOAL), f"{worst:.3f}",
                         f"one layout: {same:.3f}",
                         "met" if worst <= LAYOUTS_GOAL else "missed" if same <= LAYOUTS_GOAL else "too noisy to conclude"])
    return rows


def zoo_summary(jobs):
    def per(job, loop):
        return round(job.per_parameter(loop), 4) if loop and job.has(loop) else None
    return [{"rule": j.name, "n": j.parameters, "ns_fused": per(j, "fused"), "ns_naive": per(j, "naive"),
             "ns_textbook": per(j, "textbook"), "ns_limit": per(j, j.limit()), "bytes": j.bytes,
             "spread": round(j.spread(), 3)} for j in sorted(jobs, key=lambda j: (j.name, j.parameters))]


def report(path, out):
    """The Markdown of a file; its goals; its jobs by section."""
    jobs, context = read(path)
    parts = [f"## {context.get('build', path)}\n\n{context.get('cpu', 'processor unknown')}; {context.get('caches', '')}.\n"]
    sections = collections.defaultdict(list)
    for j in jobs:
        head = j.name.split(" ")[0]
        if j.parameters <= FIXED_COST_UP_TO:
            sections["fixed cost"].append(j)
        else:
            sections[head if head in SECTIONS else "adamw" if j.name == "adamw" and j.has("hand") else "rules"].append(j)
    if sections["adamw"]:
        parts.append(one_tensor(sections["adamw"]))
    if sections["rules"]:
        parts.append(rules(sections["rules"]))
    if sections["fixed cost"]:
        parts.append(fixed_cost(sections["fixed cost"]))
    steps = [j for head in ("tensors", "training", "rows", "storage", "offload", "libtorch", "denormals", "placement") for j in sections[head]]
    if steps:
        parts.append(whole_steps(steps))
    if sections["numbers"]:
        parts.append(functions(sections["numbers"]))
    if sections["layouts"]:
        parts.append(layouts(sections["layouts"]))
    rows = goals(jobs)
    if rows:
        parts.append(table(["goal", "parameters", "at most", "median", "95 % interval", "verdict"], rows))
    if out:
        stem = pathlib.Path(path).stem
        plots.draw(out, stem, sections)
    return "\n".join(parts), rows, sections


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assert", action="store_true", dest="check")
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("files", nargs="+", metavar="FILE.json")
    arguments = parser.parse_args()
    missed, zoo = [], []
    for path in arguments.files:
        text, rows, sections = report(path, arguments.out)
        print(text)
        missed += [row for row in rows if row[-1] == "missed"]
        zoo += sections["rules"]
    if arguments.out and zoo:
        (arguments.out / "zoo.json").write_text(json.dumps(zoo_summary(zoo), indent=1) + "\n")
    sys.exit(1 if arguments.check and missed else 0)


if __name__ == "__main__":
    main()
