#!/usr/bin/env python3
"""The program learned_rate: the rates grow from below and shrink from above, and a rate that is too small no longer stays so."""
import re

from example import check, check_options, check_plot, check_runs, end

quick = ("--digits", 1000, "--epochs", 3, "--hidden", 20)
output = check_runs("it runs", *quick, "--plot", "none")
rows = [tuple(map(float, row)) for row in
        re.findall(r"^ +(\S+) +(\S+) +(\S+) % +(\S+) +(\S+) % +(\S+)$", output, re.M)]
check("six rates", len(rows) == 6, output)
for lr, fixed, _, learned, _, last in rows:
    if lr <= 0.01:
        check(f"from {lr} the rate grows, and the loss is lower", last > 2 * lr and learned < fixed, output)
    if lr >= 1:
        check(f"from {lr} the rate shrinks", last < lr, output)
still = check_runs("with kappa 0 it runs", *quick, "--kappa", 0, "--plot", "none")
for lr, fixed, _, learned, _, last in re.findall(r"^ +(\S+) +(\S+) +(\S+) % +(\S+) +(\S+) % +(\S+)$", still, re.M):
    check(f"with kappa 0 the rate stays {lr}", (lr, fixed) == (last, learned), still)
check_plot(*quick)
check_options(("--kappa", 1), ("--epochs", 0))
end()
