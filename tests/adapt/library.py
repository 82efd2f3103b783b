#!/usr/bin/env python3
"""The library furl_zoo: it shows only the C functions, code of no level is shared with another, the loader and the static library
pick the level of the processor, and the C program trains with it.

usage: library.py LIBRARIES TRAIN STATIC_TRAIN STATIC_LIBRARY_SCRIPT BASELINE_ARCHIVE..."""
import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from checks import check, end

LIBRARIES, TRAIN, STATIC_TRAIN, SCRIPT = map(pathlib.Path, sys.argv[1:5])
BASELINE_ARCHIVES = sys.argv[5:]
LOADER = pathlib.Path("/lib64/ld-linux-x86-64.so.2")
LEVELS = sorted(path.name for path in LIBRARIES.glob("glibc-hwcaps/x86-64-v*") if (path / "libfurl_zoo.so").exists())


def run(*words, **environment):
    """Without the path that Meson sets, which names the folder of each level: the program itself says where its library is."""
    environment = {**os.environ, **environment}
    environment.pop("LD_LIBRARY_PATH", None)
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, env=environment)
    return done.returncode, done.stdout, done.stderr


def symbols(*options):
    """The names that nm prints, without their versions."""
    return {line.split()[-1].split("@")[0] for line in run("nm", *options)[1].splitlines() if len(line.split()) > 1}


def code(library):
    """The instructions of each function, as bytes; functions of the same name are in the same list."""
    functions, now = collections.defaultdict(list), None
    for line in run("objdump", "--disassemble", "--wide", library)[1].splitlines():
        if start := re.match(r"[0-9a-f]+ <(.+)>:$", line):
            functions[start[1]].append([])
            now = functions[start[1]][-1]
        elif now is not None and "\t" in line:
            now.append(line.split("\t")[1:])
    return functions


def uses_avx(function):
    return any(len(words) > 1 and re.match(r"v[a-z]|.*%[yz]mm", words[1]) for words in function)


def bytes_of(function):
    """Without the no-operations that fill up to the next function."""
    lines = list(function)
    while lines and re.match(r"\(?nop|xchg +%ax|data16|cs nop|int3", lines[-1][1] if len(lines[-1]) > 1 else "nop"):
        lines.pop()
    return tuple(words[0].strip() for words in lines)


def declared():
    header = pathlib.Path(__file__).resolve().parents[2] / "include/furl/adapt/c.h"
    return set(re.findall(r"\b(furl_\w+)\(", re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)))


def check_symbols(folder):
    functions = declared()
    for library in [LIBRARIES / "libfurl_zoo.so", *LIBRARIES.glob("glibc-hwcaps/*/libfurl_zoo.so")]:
        check(f"{library.relative_to(LIBRARIES)} shows the C functions alone",
              symbols("-D", "--defined-only", library) == functions, symbols("-D", "--defined-only", library) ^ functions)
    whole = LIBRARIES / "libfurl_zoo.a"
    check("libfurl_zoo.a shows the C functions alone", symbols("-g", "--defined-only", whole) == functions,
          symbols("-g", "--defined-only", whole) ^ functions)
    alone = folder / "alone.a"
    check("the baseline alone makes a library", run("sh", SCRIPT, alone, *BASELINE_ARCHIVES)[0] == 0)
    mine, all_of_them = code(alone), code(whole)
    avx = [name for name, copies in mine.items() if any(map(uses_avx, copies))]
    check(f"none of the {len(mine)} functions of the baseline uses AVX", len(mine) > 500 and not avx, avx[:10])
    changed = [name for name, copies in mine.items()
               if not {bytes_of(f) for f in copies} <= {bytes_of(f) for f in all_of_them.get(name, [])}]
    check("the baseline has the same code beside the levels", not changed, changed[:10])
    if not LEVELS:
        return
    other = sum(uses_avx(f) for copies in all_of_them.values() for f in copies)
    check(f"the levels have code of their own: {other} functions with AVX", other > 50)


def level_of(output):
    """Which of the libraries, by the instruction set that the program prints."""
    found = re.search(r"adamw_clipped on (\w+)", output)
    name = found[1] if found else ""
    return "x86-64-v4" if name.startswith("avx512") else "x86-64-v3" if name.startswith("avx2") else "baseline" if name else output


def losses(output):
    return [float(x) for x in re.findall(r"loss ([\d.]+)", output)]


def check_levels():
    supported = [level for level in LEVELS if f"{level} (supported, searched)" in run(LOADER, "--help")[1]]
    best = supported[-1] if supported else "baseline"
    for name, program in (("loader", TRAIN), ("static library", STATIC_TRAIN)):
        status, output, errors = run(program, 2)
        check(f"the {name} picks {best} here", status == 0 and level_of(output) == best, output + errors)
    status, output, errors = run(TRAIN, 1, LD_DEBUG="libs")
    where = f"glibc-hwcaps/{best}/libfurl_zoo.so.0" if supported else "libfurl_zoo.so.0"
    taken = [os.path.realpath(path) for path in re.findall(r"calling init: (\S*libfurl_zoo\S*)", errors)]
    check("and LD_DEBUG=libs shows it", taken == [os.path.realpath(LIBRARIES / where)], errors)
    for mask, level in (("none", "baseline"), *((level, level) for level in supported)):
        status, output, errors = run(LOADER, "--glibc-hwcaps-mask", mask, TRAIN, 300)
        check(f"{level} trains", status == 0 and level_of(output) == level and losses(output)[-1] < 0.5 * losses(output)[0], output + errors)
    if not shutil.which("qemu-x86_64"):
        print("# there is no qemu-x86_64 (package qemu-user), so no old processor is emulated")
        return
    for cpu, level in (("Nehalem", "baseline"), ("Haswell", "x86-64-v3")):
        for name, program in (("the shared library", TRAIN), ("the static library", STATIC_TRAIN)):
            status, output, errors = run("qemu-x86_64", "-cpu", cpu, program, 3)
            check(f"{name} runs {level} on an emulated {cpu}", status == 0 and level_of(output) == level, output + errors)


def check_training(folder):
    status, output, errors = run(TRAIN, 120, folder / "whole")
    check("the C program trains", status == 0 and errors == "" and losses(output)[-1] < losses(output)[0], output + errors)
    run(TRAIN, 50, folder / "parts")
    status, output, errors = run(TRAIN, 120, folder / "parts")
    check("a continued training has the same bits", "continued at step 50" in output and
          (folder / "whole").read_bytes() == (folder / "parts").read_bytes(), output + errors)
    (folder / "broken").write_bytes((folder / "whole").read_bytes()[:-4])
    status, output, errors = run(TRAIN, 120, folder / "broken")
    check("a broken checkpoint is refused in one line", status == 1 and errors.startswith("train: furl: checkpoint") and
          errors.count("\n") == 1, errors)


with tempfile.TemporaryDirectory() as scratch:
    if LOADER.exists() and os.uname().machine == "x86_64":
        check_symbols(pathlib.Path(scratch))
        check_levels()
    check_training(pathlib.Path(scratch))
end()
