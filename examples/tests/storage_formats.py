#!/usr/bin/env python3
"""The program storage_formats: every storage learns, in the memory that it says."""
import re

from example import check, check_options, check_runs, end

output = check_runs("it runs", "--epochs", 2, "--seeds", 1, "--hidden", 32)
rows = re.findall(r"^(\S.*?)  +([\d.]+) +([\d.]+) % +([+-][\d.]+) %$", output, re.M)
check("eleven storages", len(rows) == 11, output)
for name, bytes_held, accuracy, difference in rows:
    check(f"{name} learns as float does", float(accuracy) > 80 and abs(float(difference)) < 3, output)
    if name == "m, v: 8 bits":
        check("8 bits are a quarter of float", float(bytes_held) < 2.1, output)
check_options(("--epochs", 0), ("--seeds", "all"))
end()
