#!/usr/bin/env python3
"""Adds up the cases of the last `meson test` of a build directory:  LABEL: N passed, N failed, N skipped"""
import json
import pathlib
import re
import sys


def count(test):
    """(passed, failed, skipped) cases of one program: doctest's or TAP's own count, or the program as one."""
    output = test.get("stdout", "")
    doctest = re.search(r"test cases: +\d+ \| +(\d+) passed \| +(\d+) failed", output)
    if test["result"] == "SKIP":
        return 0, 0, 1
    if doctest:
        passed, failed = int(doctest[1]), int(doctest[2])
    else:
        passed, failed = len(re.findall(r"^ok ", output, re.M)), len(re.findall(r"^not ok ", output, re.M))
    if test["result"] == "OK":
        return max(passed, 1), 0, 0
    return passed, max(failed, 1), 0


def main():
    label, build = sys.argv[1:]
    lines = (pathlib.Path(build) / "meson-logs" / "testlog.json").read_text().splitlines()
    passed, failed, skipped = map(sum, zip((0, 0, 0), *(count(json.loads(line)) for line in lines)))
    print(f"{label}: {passed} passed, {failed} failed, {skipped} skipped")


main()
