#!/usr/bin/env python3
"""The program training_troubles shows each trouble, and that its remedy is one."""
import re

from example import check, check_options, check_plot, check_runs, end

output = check_runs("it runs", "--epochs", 3, "--digits", 1500, "--plot", "none")
rows = {row[0]: row[1:] for row in
        re.findall(r"^  (\S.*?) +loss (\S+) +test loss (\S+) +accuracy +(\S+) %(.*)$", output, re.M)}
check("all experiments", len(rows) == 10, output)
accuracy = {name: float(row[2]) for name, row in rows.items()}
check("weights that are zero learn nothing", accuracy["zero"] < 20, output)
check("He's weights do", accuracy["he"] > 70, output)
check("gradients explode", "diverged" in rows["not clipped"][3] or accuracy["not clipped"] < 30, output)
check("clipping tames them", accuracy["clipped"] > 60, output)
losses = [float(rows[name][1]) for name in ("no decay", "weight decay 3")]
check("weight decay tames over-fitting", losses[1] < losses[0], output)
check_plot("--digits", 50, "--epochs", 1, "--few", 20, "--long-epochs", 2)
check_options(("--epochs", 0), ("--few", "a"))
end()
