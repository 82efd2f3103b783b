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
    ways = output.split("\nMuon and AdamW\n")
    check("by AdamW, and by Muon with it", len(ways) == 2, output)
    for way in ways:
        bits = [float(b) for b in re.findall(r"test ([\d.]+)", way)]
        check("nearly by heart", len(bits) == 20 and bits[0] > 2 and bits[-1] < 0.7, output)
        check("the average of the weights is tested too", float(re.findall(r"averaged ([\d.]+)", way)[-1]) < 1, output)
        check("two samples, the last of which has words of the text", way.count("---\n") == 4 and "the " in way.split("---\n")[3],
              output)
        check("the steps are timed", len(re.findall(r"^[\d.]+ s in steps of the optimizer$", way, re.M)) == 1, output)
    check("the rules are two passes", output.count("pass 2") == 2, output)
    check_plot("--text", file, "--steps", 20, *small)
    check_failure("heads that do not divide fail", "--heads", "--text", file, "--width", 10, "--heads", 4)
    file.write_text("short")
    check_failure("a short text fails", "too short", "--text", file)
check_runs("without a text, it reads the documentation", "--steps", 1, "--plot", "none", *small)
check_failure("a missing file fails", "/no/such.txt: cannot be opened", "--text", "/no/such.txt")
check_options(("--steps", 0), ("--temperature", 0), ("--muon-lr", 20))
end()
