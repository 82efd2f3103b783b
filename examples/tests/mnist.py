#!/usr/bin/env python3
"""The program mnist trains by any rule of the zoo, with any of its options, and goes on from a checkpoint to the same bits."""
import pathlib
import random
import re
import tempfile

from example import check, check_failure, check_options, check_plot, check_runs, end, run

quick = ("--hidden", 32, "--plot", "none")


def epochs(output):
    return [re.sub(r"[\d.]+ s$", "", line) for line in output.splitlines() if line.startswith("epoch")]


def accuracy(output):
    return float(re.findall(r"test accuracy ([\d.]+) %", output)[-1])


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    whole = check_runs("Adam learns", "--epochs", 3, "--misread", folder / "misread.png", *quick)
    check("to read drawn digits", accuracy(whole) > 85, whole)
    counts = [list(map(int, line.replace(".", "0").split()[1:])) for line in whole.splitlines()[-10:]]
    check("the confusion matrix counts all digits, and the right ones on its diagonal",
          sum(map(sum, counts)) == 2000 and
          abs(sum(counts[i][i] for i in range(10)) / 20 - accuracy(whole)) < 0.01, whole)
    check("the misread digits are a PNG", (folder / "misread.png").read_bytes()[:4] == b"\x89PNG")

    saved = folder / "digits.safetensors"
    first = check_runs("it saves", "--epochs", 2, "--save", saved, *quick)
    then = check_runs("it resumes", "--epochs", 3, "--resume", saved, *quick)
    check("with the same bits as without a stop", epochs(first)[:2] + epochs(then) ==
          [line.replace("of 3", "of 2") for line in epochs(whole)[:2]] + epochs(whole)[2:], (first, then, whole))
    check_failure("a checkpoint of another rule fails", str(saved), "--resume", saved, "--optimizer", "lion", *quick)
    check_failure("a checkpoint of another network fails", str(saved), "--resume", saved, "--hidden", 16)
    check_failure("nothing left to do is said", "all epochs are done", "--resume", saved, "--epochs", 2, *quick)
    saved.write_bytes(saved.read_bytes()[:-1])
    check_failure("a truncated checkpoint fails", str(saved), "--resume", saved, *quick)
    check_failure("a missing checkpoint fails", "/no/such", "--resume", "/no/such", *quick)

for options in [("--activation", "sigmoid", "--init", "xavier"), ("--activation", "tanh", "--init", "uniform"),
                ("--init", "normal"), ("--loss", "mse"), ("--schedule", "cosine"), ("--schedule", "linear"),
                ("--schedule", "staircase"), ("--schedule", "one_cycle", "--warmup", 20), ("--clip", 0.1),
                ("--weight-decay", 0.1), ("--hidden", 32, 16), ("--optimizer", "sgd_momentum", "--lr", 0.1)]:
    output = check_runs(f"it learns with {options}", "--epochs", 1, *quick, *options)
    check("and well", accuracy(output) > 50, output)

mnist = pathlib.Path(__file__).resolve().parents[3] / "shared" / "data" / "mnist"
if mnist.is_dir():
    output = check_runs("Adam learns MNIST", "--data", mnist, "--plot", "none")
    check("to 96 % in ten epochs", accuracy(output) >= 96, output)

unknown = run("--optimizer", "adm")
check("an unknown optimizer is answered by the nearest", unknown.returncode == 1 and "adam" in unknown.stderr, unknown.stderr)
rules = re.search(r"(?:has|are): (.*)", unknown.stderr)[1].replace(",", " ").replace(".", " ").split()
check("there are some eighty rules", len(rules) > 80, unknown.stderr)
everything = ("--clip", 1, "--weight-decay", 0.01, "--schedule", "cosine", "--warmup", 2)
with tempfile.TemporaryDirectory() as name:  # few digits, which are soon there
    for kind, magic, size, shape in (("images-idx3", 3, 784, (28, 28)), ("labels-idx1", 1, 1, ())):
        for part, count in (("train", 40), ("t10k", 20)):
            header = b"".join(x.to_bytes(4, "big") for x in (0x800 + magic, count, *shape))
            values = random.Random(1).randbytes(count * size) if size > 1 else bytes(range(10)) * (count // 10)
            (pathlib.Path(name) / f"{part}-{kind}-ubyte").write_bytes(header + values)
    for rule in rules:
        check_runs(f"{rule} runs, with all that it can be told", "--optimizer", rule, "--data", name, "--epochs", 1,
                   "--batch", 10, "--hidden", 4, "--lr", 1e-3, "--plot", "none", *everything)
check_plot("--epochs", 1, "--hidden", 8)
check_failure("a picture that cannot be written fails", "/no/such.d/x.png: cannot be written", "--epochs", 1, "--misread",
              "/no/such.d/x.png", *quick)
check_failure("a missing directory fails", "/no/such: no such directory", "--data", "/no/such")
check_options(("--batch", 0), ("--activation", "step"), ("--schedule", "x"), ("--loss", "x"), ("--init", "x"), ("--clip", 0))
end()
