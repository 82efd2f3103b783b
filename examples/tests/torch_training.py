#!/usr/bin/env python3
"""The program torch_training gets from furl what it gets from libtorch."""
import re

from example import check, check_options, check_runs, end

output = check_runs("it runs", "--epochs", 2)
losses = [float(x) for x in re.findall(r"loss ([\d.]+)", output)]
accuracies = [float(x) for x in re.findall(r"accuracy ([\d.]+) %", output)]
check("two epochs of three trainings", len(losses) == 6, output)
check("furl and libtorch get the same", all(abs(a - b) < 1e-3 for a, b in zip(losses[:2], losses[2:4])), output)
check("all learn", all(x > 80 for x in accuracies[1::2]), output)
check("steps are timed", re.search(r"^a step: [\d.]+ us, of torch::optim::AdamW [\d.]+ us", output, re.M), output)
check_options(("--epochs", 0), ("--lr", 20))
end()
