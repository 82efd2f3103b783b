#!/usr/bin/env python3
"""Counts what furl's compiled loops do per vector, AdamW's beside the loop by hand, and fails if they do too much.

usage: codegen.py [--isa avx2] [--compiler g++]... [--flag=X]... [--listing]
                                             compiles -O2 and -O3 itself (default: g++ and clang++, those that there are)
       codegen.py [--isa avx2] --object ADAMW SGD_MOMENTUM HAND [--listing]      looks into what Meson has compiled
       codegen.py --no-calls OBJECT      fails if a loop of furl calls a function of xsimd: it must be inlined

Counts do not jitter, so this is the regression test where a timing is none. The loop is found as the innermost jump
back over the most vector stores that are not mere copies; a vector is so many of them as the rule writes streams.
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
FLAGS = ["-std=c++20", "-DNDEBUG", f"-I{HERE.parent / 'include'}"]
ISAS = {"sse2": ("xmm", []), "avx2": ("ymm", ["-mavx2", "-mfma"]),
        "avx512": ("zmm", ["-mavx512f", "-mavx512cd", "-mavx512dq", "-mavx512bw", "-mfma"])}

# Per vector, at most: the streams of the rule, its arithmetic as furl::cost has it, and for the rest of the instructions
# moves, loop counter and branch. A constant or pointer loaded again shows up as one load too many. Without fused
# operations (SSE2) each of them is two, and instructions that overwrite an operand need copies.
RULES = {
    "adamw": {"stores": 3, "loads": 4, "square roots": 1, "divisions": 1, "pointer loads": 0,
              "stack or constant loads": 0},
    "sgd_momentum": {"stores": 2, "loads": 3, "square roots": 0, "divisions": 0, "pointer loads": 0,
                     "stack or constant loads": 0},
}
ARITHMETIC = {("adamw", "sse2"): (14, 29), ("adamw", "avx2"): (10, 17), ("adamw", "avx512"): (10, 17),
              ("sgd_momentum", "sse2"): (5, 14), ("sgd_momentum", "avx2"): (3, 10), ("sgd_momentum", "avx512"): (3, 10)}
WHAT = ("loads", "stores", "square roots", "divisions", "arithmetic", "instructions", "pointer loads",
        "stack or constant loads")

Instruction = collections.namedtuple("Instruction", "address mnemonic operands")
LINE = re.compile(r"^\s*([0-9a-f]+):\s+(?:(?:rep|lock|notrack|bnd)\s+)*(\S+)\s*(.*?)\s*(?:[#<].*)?$")
MOVE = re.compile(r"v?(mov|broadcast|maskmov)")


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


def stores_vector(instruction, register):
    target = instruction.operands.split(",")[0]
    return (MOVE.match(instruction.mnemonic) and target.endswith("]") and "rsp" not in target
            and register in instruction.operands)


def computes(instruction):
    return ("mm" in instruction.operands and instruction.mnemonic.endswith(("ps", "pd", "ss", "sd"))
            and not MOVE.match(instruction.mnemonic))


def hot_loop(path, register):
    """The innermost loop that stores vectors; of several the one with most stores."""
    loops = []
    for function in functions(path):
        index = {instruction.address: i for i, instruction in enumerate(function)}

        def target(instruction):
            match = re.match(r"(?:0x)?([0-9a-f]+)\b", instruction.operands) if instruction.mnemonic.startswith("j") else None
            return index.get(int(match.group(1), 16)) if match else None

        for end, instruction in enumerate(function):
            begin = target(instruction)
            if begin is None or begin > end:
                continue
            body = function[begin:end + 1]
            # A way back from code behind the end of the function is no loop: a loop is left at its last jump only.
            if any(i.mnemonic == "ret" for i in body) or any(
                    not begin <= place <= end for i in body if (place := target(i)) is not None):
                continue
            stores = sum(1 for i in body if stores_vector(i, register))
            if 0 < stores <= sum(1 for i in body if computes(i)):  # else it fills or copies
                loops.append((stores, body))
    if not loops:
        sys.exit(f"codegen: no loop with stores of {register} in {path}")
    innermost = [a for a in loops
                 if not any(b[1] is not a[1] and b[1][0].address >= a[1][0].address
                            and b[1][-1].address <= a[1][-1].address for b in loops)]
    return max(innermost, key=lambda loop: loop[0])[1]


def count(body, rule, register):
    counts = collections.Counter(instructions=len(body))
    for instruction in body:
        _, mnemonic, operands = instruction
        packed = "mm" in operands
        moves = MOVE.match(mnemonic) is not None
        memory = re.search(r"\[([^\]]*)\]", operands) if mnemonic not in ("lea", "nop") else None
        stores = memory is not None and operands.split(",")[0].endswith("]") and moves
        counts["stores"] += stores
        counts["loads"] += memory is not None and not stores
        counts["pointer loads"] += memory is not None and not stores and not packed
        counts["stack or constant loads"] += (memory is not None and packed
                                              and (re.match(r"(rsp|rip)\b", memory.group(1)) is not None
                                                   or "broadcast" in mnemonic))
        counts["square roots"] += "sqrt" in mnemonic
        counts["divisions"] += re.match(r"v?div", mnemonic) is not None
        counts["arithmetic"] += computes(instruction)
    vectors = sum(1 for i in body if stores_vector(i, register)) / RULES[rule]["stores"]
    return {what: counts[what] / vectors for what in WHAT} | {"vectors": vectors}


def limits(rule, isa):
    arithmetic, instructions = ARITHMETIC[rule, isa]
    # g++ takes the gradient from memory twice where it can be an operand of an AVX-512 instruction: once from the cache.
    again = 1 if (rule, isa) == ("adamw", "avx512") else 0
    return RULES[rule] | {"arithmetic": arithmetic, "instructions": instructions, "loads": RULES[rule]["loads"] + again}


def calls_of_xsimd(path):
    """The functions of xsimd that furl's loops call, instead of having them inlined."""
    text = subprocess.run(["objdump", "--disassemble", "--reloc", "--demangle", "--no-show-raw-insn", str(path)],
                          check=True, capture_output=True, text=True).stdout
    loops, calls, inside = 0, set(), False
    for line in text.splitlines():
        if line.endswith(">:"):
            inside = re.search(r"furl::(?:\w+::)?detail::(?:write|reduce)_kernel<.*::(?:run|reduce_once|reduce_rows)(?:<\w+>)?\(", line) is not None
            loops += inside
        elif inside and (match := re.search(r"R_X86_64_(?:PLT32|PC32|GOTPCRELX?)\s+(.*\bxsimd::.*\(.*)", line)):
            calls.add(match.group(1))
    if not loops:
        sys.exit(f"codegen: no loop of furl in {path}")
    return calls


def compile_all(compiler, level, flags, folder):
    objects = []
    for source, define in (("codegen_step.cpp", "-DRULE=adamw"), ("codegen_step.cpp", "-DRULE=sgd_momentum"),
                           ("support/hand_adamw.cpp", "-DHAND")):
        target = pathlib.Path(folder) / f"{pathlib.Path(compiler).name}{level}{define}.o"
        subprocess.run([compiler, *FLAGS, level, define, *flags, "-c", HERE / source, "-o", target], check=True)
        objects.append(target)
    return objects


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--isa", choices=ISAS, default="avx2")
    parser.add_argument("--compiler", action="append")
    parser.add_argument("--flag", action="append", default=[])
    parser.add_argument("--object", nargs=3, metavar=("ADAMW", "SGD_MOMENTUM", "HAND"))
    parser.add_argument("--no-calls", metavar="OBJECT")
    parser.add_argument("--listing", action="store_true", help="print furl's loops")
    arguments = parser.parse_args()
    register, flags = ISAS[arguments.isa]
    if arguments.no_calls:
        calls = calls_of_xsimd(arguments.no_calls)
        for call in sorted(calls):
            print(f"codegen: a loop calls {call}", file=sys.stderr)
        sys.exit(1 if calls else 0)

    with tempfile.TemporaryDirectory() as folder:
        if arguments.object:
            builds = [("as built", arguments.object)]
        else:
            compilers = arguments.compiler or [c for c in ("g++", "clang++") if shutil.which(c)]
            builds = [(f"{c} {level}", compile_all(c, level, flags + arguments.flag, folder))
                      for c in compilers for level in ("-O2", "-O3")]
        over = []
        for rule in RULES:
            at_most = limits(rule, arguments.isa)
            columns, listings = [], []
            for name, (adamw, sgd_momentum, by_hand) in builds:
                loop = hot_loop(adamw if rule == "adamw" else sgd_momentum, register)
                listings.append((name, loop))
                columns.append((f"furl, {name}", count(loop, rule, register)))
                over += [f"{rule}, {name}: {columns[-1][1][what]:g} {what} per vector, at most {limit}"
                         for what, limit in at_most.items() if columns[-1][1][what] > limit]
                if rule == "adamw":
                    columns.append((f"hand, {name}", count(hot_loop(by_hand, register), rule, register)))
            header = [f"{rule}, per vector ({arguments.isa})", "at most", *(name for name, _ in columns)]
            print("| " + " | ".join(header) + " |\n| --- |" + " ---: |" * (len(header) - 1))
            for what in (*WHAT, "vectors"):
                label = "vectors per iteration" if what == "vectors" else what
                cells = [f"{counts[what]:g}" for _, counts in columns]
                print(f"| {label} | {at_most.get(what, '')} | " + " | ".join(cells) + " |")
            print()
            if arguments.listing:
                for name, loop in listings:
                    print(f"{rule}, {name}:")
                    for instruction in loop:
                        print(f"  {instruction.mnemonic:12} {instruction.operands}")

    for line in over:
        print(f"codegen: {line}", file=sys.stderr)
    sys.exit(1 if over else 0)


if __name__ == "__main__":
    main()
