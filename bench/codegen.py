#!/usr/bin/env python3
"""Counts what the compiled AdamW loop of furl does per vector, beside the loop by hand, and fails if it does too much.

usage: codegen.py [--compiler g++]... [--flag=X]... [--listing]    compiles -O2 and -O3 itself (default: g++ and clang++,
                                                                   those that there are)
       codegen.py --object FURL HAND [--listing]                   looks into what Meson has compiled

Counts do not jitter, so this is the regression test where a timing is none. The loop is found as the innermost jump
back over a packed square root; a vector is one packed square root.
"""
import argparse
import collections
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
FLAGS = ["-std=c++20", "-mavx2", "-mfma", "-DNDEBUG", f"-I{HERE.parent / 'include'}"]

# Per vector, at most. 4 streams are read, 3 written; the arithmetic is that of furl::cost<furl::zoo::adamw>, and the rest of
# the instructions is moves, loop counter and branch. A constant or pointer loaded again shows up as a fifth load.
LIMITS = {"loads": 4, "stores": 3, "square roots": 1, "divisions": 1, "arithmetic": 11, "instructions": 18,
          "pointer loads": 0, "stack or constant loads": 0}

Instruction = collections.namedtuple("Instruction", "address mnemonic operands")
LINE = re.compile(r"^\s*([0-9a-f]+):\s+(?:(?:rep|lock|notrack|bnd)\s+)*(\S+)\s*(.*?)\s*(?:[#<].*)?$")


def functions(path):
    """The instructions of each function, Intel syntax: the destination comes first."""
    text = subprocess.run(["objdump", "--disassemble", "--no-show-raw-insn", "-M", "intel", str(path)],
                          check=True, capture_output=True, text=True).stdout
    function = []
    for line in text.splitlines():
        if line.endswith(">:"):
            if function:
                yield function
            function = []
        elif match := LINE.match(line):
            address, mnemonic, operands = match.groups()
            function.append(Instruction(int(address, 16), mnemonic, operands))
    if function:
        yield function


def hot_loop(path):
    """The innermost loop with packed square roots; of several the one with most of them."""
    loops = []
    for function in functions(path):
        index = {instruction.address: i for i, instruction in enumerate(function)}
        for end, instruction in enumerate(function):
            if not instruction.mnemonic.startswith("j"):
                continue
            target = re.match(r"(?:0x)?([0-9a-f]+)\b", instruction.operands)
            begin = index.get(int(target.group(1), 16)) if target else None
            if begin is not None and begin <= end:
                body = function[begin:end + 1]
                roots = sum(i.mnemonic == "vsqrtps" and "ymm" in i.operands for i in body)
                if roots:
                    loops.append((begin, end, roots, body))
    if not loops:
        sys.exit(f"codegen: no loop with a packed square root in {path}")
    innermost = [a for a in loops
                 if not any(b[3] is not a[3] and b[3][0].address >= a[3][0].address
                            and b[3][-1].address <= a[3][-1].address for b in loops)]
    return max(innermost, key=lambda loop: loop[2])[3]


def count(body):
    counts = collections.Counter(instructions=len(body))
    for _, mnemonic, operands in body:
        packed = mnemonic.startswith("v") and "mm" in operands
        moves = re.match(r"v?(mov|broadcast|maskmov)", mnemonic) is not None
        memory = re.search(r"\[([^\]]*)\]", operands) if mnemonic not in ("lea", "nop") else None
        stores = memory is not None and operands.split(",")[0].endswith("]") and moves
        counts["stores"] += stores
        counts["loads"] += memory is not None and not stores
        counts["pointer loads"] += memory is not None and not stores and not packed
        counts["stack or constant loads"] += (memory is not None and packed
                                              and (re.match(r"(rsp|rip)\b", memory.group(1)) is not None
                                                   or "broadcast" in mnemonic))
        counts["square roots"] += mnemonic.startswith("vsqrt")
        counts["divisions"] += mnemonic.startswith("vdiv")
        counts["arithmetic"] += packed and mnemonic.endswith(("ps", "pd", "ss", "sd")) and not moves
    vectors = counts["square roots"]
    return {what: counts[what] / vectors for what in ("instructions", "arithmetic", *LIMITS)} | {"vectors": vectors}


def compile_both(compiler, level, extra, folder):
    objects = []
    for source in ("adamw_step.cpp", "support/hand_adamw.cpp"):
        target = pathlib.Path(folder) / f"{pathlib.Path(compiler).name}{level}-{pathlib.Path(source).name}.o"
        subprocess.run([compiler, *FLAGS, level, *extra, "-c", HERE / source, "-o", target], check=True)
        objects.append(target)
    return objects


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compiler", action="append")
    parser.add_argument("--flag", action="append", default=[])
    parser.add_argument("--object", nargs=2, metavar=("FURL", "HAND"))
    parser.add_argument("--listing", action="store_true", help="print furl's loop")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        if arguments.object:
            builds = [("as built", *arguments.object)]
        else:
            compilers = arguments.compiler or [c for c in ("g++", "clang++") if shutil.which(c)]
            builds = [(f"{c} {level}", *compile_both(c, level, arguments.flag, folder))
                      for c in compilers for level in ("-O2", "-O3")]
        columns, listings = [], []
        for name, furl, by_hand in builds:
            loop = hot_loop(furl)
            columns += [(f"furl, {name}", count(loop), True), (f"hand, {name}", count(hot_loop(by_hand)), False)]
            listings.append((name, loop))

    header = ["per vector", "at most", *(name for name, _, _ in columns)]
    print("| " + " | ".join(header) + " |\n| --- |" + " ---: |" * (len(header) - 1))
    for what in (*LIMITS, "vectors"):
        label = "vectors per iteration" if what == "vectors" else what
        cells = [f"{counts[what]:g}" for _, counts, _ in columns]
        print(f"| {label} | {LIMITS.get(what, '')} | " + " | ".join(cells) + " |")
    if arguments.listing:
        for name, loop in listings:
            print(f"\n{name}:")
            for instruction in loop:
                print(f"  {instruction.mnemonic:12} {instruction.operands}")

    over = [f"{name}: {counts[what]:g} {what} per vector, at most {limit}"
            for name, counts, ours in columns if ours for what, limit in LIMITS.items() if counts[what] > limit]
    for line in over:
        print(f"codegen: {line}", file=sys.stderr)
    sys.exit(1 if over else 0)


if __name__ == "__main__":
    main()
