#!/usr/bin/env python3
"""The program language_model learns a text, writes in its alphabet, and names what is wrong with its files."""
import pathlib
import re
import tempfile

from example import check, check_failure, check_options, check_plot, check_runs, end

small = ("--width", 16, "--heads", 2, "--layers", 1, "--context", 16, "--length", 40, "--samples", 2)
with tempfile.TemporaryDirectory() as name:
    file = pathlib.Path(name) / "text.txt"
    file.write_text("the cat sat on the mat. " * 200)
    output = check_runs("it learns a text", "--text", file, "--steps", 200, "--plot", "none", *small)
    bits = [float(b) for b in re.findall(r"test ([\d.]+)", output)]
    check("nearly by heart", bits[0] > 2 and bits[-1] < 0.7, output)
    check("the average of the weights is tested too", float(re.findall(r"averaged ([\d.]+)", output)[-1]) < 1, output)
    check("two samples, the last of which has words of the text", output.count("---\n") == 4 and "the " in output[-60:],
          output)
    check("the rule is two passes", "pass 2" in output, output)
    check_plot("--text", file, "--steps", 20, *small)
    check_failure("heads that do not divide fail", "--heads", "--text", file, "--width", 10, "--heads", 4)
    file.write_text("short")
    check_failure("a short text fails", "too short", "--text", file)
check_runs("without a text, it reads the documentation", "--steps", 1, "--plot", "none", *small)
check_failure("a missing file fails", "/no/such.txt: cannot be opened", "--text", "/no/such.txt")
check_options(("--steps", 0), ("--temperature", 0))
end()
