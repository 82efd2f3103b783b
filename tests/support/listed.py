#!/usr/bin/env python3
"""Every test file is compiled by the build: one that no list names would pass unseen."""
import json
import os
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
NOT_OF_THE_BUILD = {"compile_fail", "consumer", "flags", "fuzz"}  # scripts compile these


def main():
    entries = json.loads((pathlib.Path(sys.argv[1]) / "compile_commands.json").read_text())
    compiled = {os.path.realpath(os.path.join(entry["directory"], entry["file"])) for entry in entries}
    forgotten = [path.relative_to(TESTS).as_posix() for path in sorted(TESTS.glob("*/*.cpp"))
                 if path.parent.name not in NOT_OF_THE_BUILD and os.path.realpath(path) not in compiled]
    print("\n".join(f"tests/{path} is in no group of tests/meson.build" for path in forgotten) or "every test is listed")
    return 1 if forgotten else 0


sys.exit(main())
