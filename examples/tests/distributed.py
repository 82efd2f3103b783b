#!/usr/bin/env python3
"""The program distributed learns on one and on two ranks, with the weights of one process."""
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "support"))
import ranks
from example import PROGRAM, check, check_options, check_runs, end

short = ("--epochs", "1", "--hidden", "100")
same = "the weights are those of one process, to the bit"
check("it runs without mpirun", same in check_runs("it runs", *short))
if mpirun := shutil.which("mpirun"):
    run = subprocess.run(ranks.command(mpirun, 2, PROGRAM, *short), capture_output=True, text=True, timeout=120)
    check("it runs on two ranks", run.returncode == 0, run.stdout + run.stderr)
    check("the weights are those of one process", same in run.stdout, run.stdout)
    text = subprocess.run(ranks.command(mpirun, 2, PROGRAM, "--model", "text", "--epochs", "1", "--batch", "4", "--context", "16"), capture_output=True, text=True, timeout=120)
    check("a transformer has the weights of one process too", text.returncode == 0 and same in text.stdout, text.stdout + text.stderr)
    states = [int(kb) for kb in re.findall(r"^(?:rank +\d+|alone) +(\d+) KB", run.stdout, re.M)]
    check("each has half of the states", len(states) == 3 and max(states[:2]) < 0.6 * states[2], run.stdout)
check_options(("--batch", 0), ("--epochs", "many"))
end()
