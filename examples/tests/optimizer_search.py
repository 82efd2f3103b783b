#!/usr/bin/env python3
"""The program optimizer_search compiles rules, races them, and prints equations."""
import re

from example import check, check_failure, check_options, check_runs, end

output = check_runs("it runs", "--rules", 8, "--best", 2)
check("it raced random rules and known ones", int(re.search(r"(\d+) different rules", output)[1]) > 8, output)
for name in ("gradient descent", "momentum", "RMSprop", "Adam"):
    check(f"{name} learned", float(re.search(rf"^{name} .* (\S+) %$", output, re.M)[1]) > 60, output)
check("the best are told as equations", output.count("updated = param - lr * ") == 2 and "\\theta" in output, output)
check_failure("a compiler that is not there is said", "the compiler failed", "--compiler", "/no/such/compiler")
check_options(("--rules", 0), ("--seconds", "all"))
end()
