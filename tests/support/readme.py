#!/usr/bin/env python3
"""Every ```cpp block of README.md stands, byte for byte, in a file that is compiled.

The line before a block names it:  <!-- file: examples/first.cpp -->         the block is the whole file
                               or  <!-- file: examples/first.cpp [rule] -->  the lines between two lines // [rule]
"""
import argparse
import json
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MARKER = re.compile(r"<!-- file: (\S+?)(?: \[(\S+)\])? -->")


def blocks(lines):
    """(line number, the line before, text) of each cpp block."""
    start = None
    for number, line in enumerate(lines):
        if start is None and line.strip() == "```cpp":
            start = number
        elif start is not None and line.strip() == "```":
            yield start + 1, lines[start - 1].strip() if start else "", "".join(lines[start + 1:number])
            start = None


def region(text, name):
    lines = text.splitlines(keepends=True)
    marks = [i for i, line in enumerate(lines) if line.strip() == f"// [{name}]"]
    return "".join(lines[marks[0] + 1:marks[1]]) if len(marks) == 2 else None


def compiled_files(build):
    """What the build compiles, and the cases of tests/compile_fail; None if there is no build to ask."""
    if build is None:
        return None
    entries = json.loads((build / "compile_commands.json").read_text())
    files = {os.path.realpath(os.path.join(entry["directory"], entry["file"])) for entry in entries}
    return files | {os.path.realpath(case) for case in (ROOT / "tests" / "compile_fail").glob("*.cpp")}


def check(marker, text, compiled):
    found = MARKER.fullmatch(marker)
    if not found:
        return "no line <!-- file: ... --> before this block"
    path, name = ROOT / found[1], found[2]
    if not path.exists():
        return f"{found[1]} does not exist"
    if compiled is not None and os.path.realpath(path) not in compiled:
        return f"{found[1]} is not compiled by this build"
    expected = region(path.read_text(), name) if name else path.read_text()
    if expected is None:
        return f"{found[1]} does not have two lines // [{name}]"
    return None if text == expected else f"differs from {found[1]}{f' [{name}]' if name else ''}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, help="a Meson build that should compile the files")
    args = parser.parse_args()
    compiled = compiled_files(args.build)
    found = list(blocks((ROOT / "README.md").read_text().splitlines(keepends=True)))
    complaints = [f"README.md:{line}: {complaint}"
                  for line, marker, text in found if (complaint := check(marker, text, compiled))]
    print("\n".join(complaints or [f"{len(found)} blocks, each as compiled"]))
    return 1 if complaints else 0


sys.exit(main())
