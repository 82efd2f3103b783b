#!/usr/bin/env python3
"""What flags of a compiler must not change: NaN and infinity under -ffinite-math-only and -Ofast, the code of units with other
flags in the same program, and the one line that an older C++, or -Ofast, is answered by."""
import itertools
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import compilers

UNITS = {"baseline": [], "avx2": ["-mavx2", "-mfma"], "no_exceptions": ["-fno-exceptions"]}


def run(command):
    """What a command says where it fails, else nothing."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    return f"{shlex.join(map(str, command))}\n{done.stdout}{done.stderr}" if done.returncode or done.stderr else ""


def compiler_call(compiler, flags):
    return [*shlex.split(compiler), "-std=c++20", *compilers.WARNINGS, *flags]


def check_numbers(compiler, includes, flags, folder):
    program = folder / "nonfinite"
    return run([*compiler_call(compiler, [*includes, *flags]), HERE / "nonfinite.cpp", "-o", program]) or run([program])


def one_error(compiler, header, flags, number):
    done = subprocess.run([*shlex.split(compiler), *flags, "-fsyntax-only", "-x", "c++", "-"], input=f"#include <{header}>\n",
                          capture_output=True, text=True)
    errors = [line for line in done.stderr.splitlines() if "error:" in line]
    return "" if len(errors) == 1 and f"furl[{number}]" in errors[0] else "\n".join([f"{header}: {len(errors)} errors", *errors[:5]])


def check_old_standard(compiler, includes):
    headers = sorted(p.relative_to(compilers.ROOT / "include").as_posix() for p in (compilers.ROOT / "include").rglob("*.hpp"))
    return "\n".join(filter(None, (one_error(compiler, header, [*includes, "-std=c++17"], "E48") for header in headers)))


def functions(object_file):
    """The code of each function of furl that a linker merges with others of its name. Its calls are named."""
    symbols = subprocess.run(["nm", "--defined-only", "--format=posix", object_file], check=True, capture_output=True, text=True).stdout
    merged = {line.split()[0] for line in symbols.splitlines() if line.split()[1] in "WVu" and "4furl" in line.split()[0]}
    text = subprocess.run(["objdump", "--disassemble", "--reloc", "--no-show-raw-insn", "--section=.text", "-j", ".text", object_file,
                           *[f"--section=.text.{name}" for name in merged]], check=True, capture_output=True, text=True).stdout
    code, name = {}, None
    for line in text.splitlines():
        if start := re.match(r"[0-9a-f]+ <(.+)>:$", line):
            name = start[1]
            code[name] = []
        elif name and line.strip():
            code[name].append(line.strip())
    return {name: code[name] for name in merged if name in code}


def check_units(compiler, includes, level, folder):
    for name, flags in UNITS.items():
        complaint = run([*compiler_call(compiler, [*includes, level, *flags, f"-DUNIT={name}"]), "-c", HERE / "unit.cpp",
                         "-o", folder / f"{name}.o"])
        if complaint:
            return complaint
    code = {name: functions(folder / f"{name}.o") for name in UNITS}
    if not all(code.values()):
        return "no function of furl was found in a unit"
    shared = [f"{name} differs between {a} and {b}" for a, b in itertools.combinations(UNITS, 2)
              for name in code[a].keys() & code[b].keys() if code[a][name] != code[b][name]]
    if shared:
        return "\n".join(sorted(shared))
    complaint = run([*compiler_call(compiler, [*includes, level]), "-c", HERE / "units_main.cpp", "-o", folder / "main.o"])
    # A linker takes the first copy.
    for order in (["baseline", "avx2", "no_exceptions"], ["no_exceptions", "avx2", "baseline"], ["avx2", "no_exceptions", "baseline"]):
        program = folder / "program"
        complaint = complaint or run([*shlex.split(compiler), folder / "main.o", *[folder / f"{name}.o" for name in order], "-o", program])
        complaint = complaint or run([program])
    return complaint


def in_folder(check, *arguments):
    with tempfile.TemporaryDirectory() as folder:
        return check(*arguments, pathlib.Path(folder))


def main():
    args = compilers.arguments(__doc__)
    jobs = []
    for compiler in args.compiler:
        jobs += [
            (f"NaN and infinity with -ffinite-math-only, {compiler}",
             lambda c=compiler: in_folder(check_numbers, c, args.includes, ["-O2", "-ffinite-math-only"])),
            (f"NaN and infinity with -Ofast, {compiler}",
             lambda c=compiler: in_folder(check_numbers, c, args.includes, ["-Ofast", "-DFURL_ALLOW_FAST_MATH"])),
            (f"-Ofast is answered by one error, {compiler}",
             lambda c=compiler: one_error(c, "furl/furl.hpp", ["-std=c++20", "-Ofast", *args.includes], "E49")),
            (f"an older standard is answered by one error, {compiler}", lambda c=compiler: check_old_standard(c, args.includes)),
            (f"units of other flags, {compiler}", lambda c=compiler: in_folder(check_units, c, args.includes, "-O1")),
        ]
    return compilers.report([job for job in jobs if not args.names or any(name in job[0] for name in args.names)])


sys.exit(main())
