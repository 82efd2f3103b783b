#!/usr/bin/env python3
"""The program word_vectors: the loss falls, words find neighbors, and some rows cost less than all."""
import pathlib
import re
import tempfile

from example import check, check_failure, check_options, check_plot, check_runs, end

output = check_runs("it runs", "--steps", 600)
losses = [float(x) for x in re.findall(r"^step +\d+ +loss ([\d.]+)$", output, re.M)]
check("ten lines of losses", len(losses) == 10, output)
check("the loss falls", losses[-1] < 0.85 * losses[0], output)
check("words have neighbors", len(re.findall(r"^  \w+ +(\w+ ){5}\w+$", output, re.M)) >= 3, output)
check("a step of some words is cheaper", float(re.search(r"words: ([\d.]+) times as long", output)[1]) > 1, output)
check_plot("--steps", 20)
check_options(("--steps", 0), ("--lr", 2))
with tempfile.TemporaryDirectory() as scratch:
    short = pathlib.Path(scratch) / "short.txt"
    short.write_text("too few words")
    check_failure("a short text fails", "too short", "--text", short)
check_failure("a missing text fails", "cannot be opened", "--text", "nowhere.txt")
end()
