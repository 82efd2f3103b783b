#!/usr/bin/env python3
"""The program train_digits learns, and says in one line what is wrong with its options or files."""
import gzip
import pathlib
import re
import tempfile

from example import check, check_failure, check_options, check_runs, end


def epochs(output):
    return [re.sub(r"[\d.]+ s$", "", line) for line in output.splitlines() if line.startswith("epoch")]


short = ("--epochs", 2, "--hidden", 64)
learned = check_runs("it runs, without a progress bar where there is no terminal", *short)
check("it learns to read drawn digits", float(re.findall(r"test accuracy ([\d.]+) %", learned)[-1]) > 85, learned)
check("it times fused against naive", re.search(r"naive .* times as long", learned), learned)
check("the same seed trains the same network", epochs(learned) == epochs(check_runs("it runs again", *short)), learned)

check_options(("--batch", 0), ("--epochs", "many"), ("--lr", -1))
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
end()
