#!/usr/bin/env python3
"""The program muon: both ways learn, and say how long their steps take."""
import re

from example import check, check_options, check_plot, check_runs, end

output = check_runs("it runs", "--epochs", 2, "--hidden", 32)
accuracies = [float(x) for x in re.findall(r"accuracy +([\d.]+) %", output)]
check("two epochs of two optimizers", len(accuracies) == 4, output)
check("both learn", all(x > 80 for x in accuracies[1::2]), output)
check("both are timed", len(re.findall(r"^  [\d.]+ s in steps of the optimizer$", output, re.M)) == 2, output)
check_plot("--epochs", 1, "--hidden", 8)
check_options(("--epochs", 0), ("--muon-lr", 20))
end()
