#!/usr/bin/env python3
"""The program train_digits learns, and says in one line what is wrong with its options or files."""
import gzip
import pathlib
import re
import subprocess
import sys
import tempfile

PROGRAM = sys.argv[1]
complaints = []


def run(*options):
    return subprocess.run([PROGRAM, *map(str, options)], capture_output=True, text=True)


def check(name, condition, detail=""):
    print("ok" if condition else "FAILED", "-", name)
    if not condition:
        complaints.append(name)
        print(detail)


def check_failure(name, said, *options):
    """Exit code 1, and one line that contains `said`."""
    result = run(*options)
    one_line = result.stderr.count("\n") == 1 and result.stderr.startswith("train_digits: ")
    check(name, result.returncode == 1 and one_line and said in result.stderr, (result.returncode, result.stderr))


def accuracy(output):
    return float(re.findall(r"test accuracy ([\d.]+) %", output)[-1])


short = ("--epochs", 2, "--hidden", 64)
learned = run(*short)
check("it learns to read drawn digits", learned.returncode == 0 and accuracy(learned.stdout) > 85,
      learned.stdout + learned.stderr)
check("it writes no progress bar where there is no terminal", learned.stderr == "", learned.stderr)
check("it times fused against naive", re.search(r"naive .* times as long", learned.stdout), learned.stdout)
lines = [re.sub(r"[\d.]+ s$", "", line) for line in learned.stdout.splitlines() if line.startswith("epoch")]
again = [re.sub(r"[\d.]+ s$", "", line) for line in run(*short).stdout.splitlines() if line.startswith("epoch")]
check("the same seed trains the same network", lines == again, (lines, again))

check("--help exits 0", run("--help").returncode == 0)
check_failure("an unknown option fails", "--what", "--what")
check_failure("a value out of range fails", "--batch", "--batch", 0)
check_failure("a value that is no number fails", "--epochs", "--epochs", "many")
check_failure("a negative learning rate fails", "--lr", "--lr=-1")
check_failure("a missing directory fails", "/no/such: no such directory", "--data", "/no/such")
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    check_failure("a missing file fails", "t10k-images-idx3-ubyte: cannot be opened", "--data", folder)
    images = b"\0\0\x08\3" + b"".join(size.to_bytes(4, "big") for size in (10, 28, 28)) + bytes(7840)
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(images)[:-9])
    check_failure("a truncated gzip file fails", "t10k-images-idx3-ubyte.gz: truncated", "--data", folder)
    (folder / "t10k-images-idx3-ubyte").write_bytes(images[:-1])
    check_failure("a truncated plain file fails", "t10k-images-idx3-ubyte: truncated", "--data", folder)
    (folder / "t10k-images-idx3-ubyte").write_bytes(images)
    (folder / "t10k-labels-idx1-ubyte").write_bytes(images)
    check_failure("images in the place of labels fail", "t10k-labels-idx1-ubyte: wrong magic number", "--data", folder)

sys.exit(1 if complaints else 0)
