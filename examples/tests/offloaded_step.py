#!/usr/bin/env python3
"""The program offloaded_step: it says the times of both ways, and that they gave the same weights."""
import re

from example import check, check_options, check_runs, end

output = check_runs("it runs", "--layers", 2, "--width", 48, "--steps", 2, "--threads", 2)
check("it counts the tensors", output.startswith("12 tensors, 0.1 million parameters"), output)
check("it prints two times", len(re.findall(r"^  step.* +\d+\.\d\d ms$", output, re.M)) == 2, output)
check("both ways gave the same weights", "to the bit" in output, output)
check_options(("--layers", 0), ("--rate", 0), ("--threads", 1000))
end()
