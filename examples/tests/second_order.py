#!/usr/bin/env python3
"""The program second_order: the methods reach the minimum, and those with curvature pay for it in gradients."""
import re

from example import check, check_options, check_plot, check_runs, end

output = check_runs("it runs", "--tolerance", 1e-2, "--max-gradients", 8000, "--plot", "none")
rows = re.findall(r"^  (\S.*?)  +(\S+) +(\d+) +(\d+)( +not reached)?$", output, re.M)
check("five methods, two problems", len(rows) == 10, output)
for name, _, steps, gradients, missed in rows:
    check(f"{name} gets there", not missed, output)
    if name in ("gradient descent", "Adam", "Barzilai-Borwein"):
        check(f"{name} takes a gradient a step", int(gradients) == int(steps) + 1, output)
    if name == "AdaHessian":
        check("AdaHessian takes three gradients a step", int(gradients) == 3 * int(steps) + 1, output)
    if name == "Sophia-H":
        check("Sophia takes two more every ten steps", int(gradients) == int(steps) + 1 + 2 * -(-int(steps) // 10), output)
check_plot("--tolerance", 0.1, "--max-gradients", 200)
check_options(("--tolerance", 0), ("--max-gradients", "all"))
end()
