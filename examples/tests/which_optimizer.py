#!/usr/bin/env python3
"""The program which_optimizer trains by each of the classics and tells them apart."""
import re

from example import check, check_failure, check_options, check_plot, check_runs, end

quick = ("--digits", 400, "--epochs", 2, "--hidden", 16, "--seeds", 2)
output = check_runs("it runs", "--plot", "none", *quick)
rows = re.findall(r"^(\w+) +(\S+) +(\S+) \[\S+ \S+\] +(\S+) % \[\S+ \S+\] +(\S+) +(\S+) us$", output, re.M)
check("ten optimizers", len(rows) == 10, output)
check("each learns at its best rate", all(float(row[3]) > 25 for row in rows), output)
check("each step takes some time", all(float(row[5]) > 0 for row in rows), output)
check_plot("--digits", 50, "--epochs", 1, "--hidden", 4, "--seeds", 1)
check_failure("a missing directory fails", "/no/such: no such directory", "--data", "/no/such")
check_options(("--seeds", 0), ("--target", "low"))
end()
