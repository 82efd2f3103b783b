"""What the checks that call a compiler share: its command line, and jobs that report as TAP lines."""
import argparse
import concurrent.futures
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow"]


def arguments(description, add_more=lambda parser: None):
    parser = argparse.ArgumentParser(description=description)
    add_more(parser)
    parser.add_argument("--compiler", action="append", help="default: g++ and clang++, as found")
    parser.add_argument("--build", type=pathlib.Path, help="take the include directories of this Meson build")
    parser.add_argument("names", nargs="*", help="only what has one of these texts in its path")
    args = parser.parse_args()
    args.compiler = args.compiler or [c for c in ("g++", "clang++") if shutil.which(c)]
    args.includes = include_flags(args.build)
    return args


def include_flags(build):
    """furl's own headers, and what the build finds its dependencies by: wraps stand where no compiler looks."""
    flags = {f"-I{ROOT / 'include'}": None}
    commands = build / "compile_commands.json" if build else None
    for entry in json.loads(commands.read_text()) if commands and commands.exists() else []:
        for word in shlex.split(entry["command"]):
            if word.startswith("-isystem/"):
                flags[word] = None
            elif word.startswith("-isystem"):
                flags["-isystem" + os.path.normpath(os.path.join(entry["directory"], word[len("-isystem"):]))] = None
    return list(flags)


def precompile(compiler, header, flags, folder):
    """The flags with which this compiler reads a header that it has read once already, and put into the folder."""
    words = shlex.split(compiler)
    is_clang = "clang" in subprocess.run([*words, "--version"], capture_output=True, text=True).stdout
    result = pathlib.Path(folder) / (header + ".gch")
    result.parent.mkdir(parents=True, exist_ok=True)
    source = pathlib.Path(folder) / "source.hpp"
    source.write_text(f"#include <{header}>\n")
    command = [*words, "-std=c++20", *WARNINGS, *flags, "-x", "c++-header", str(source), "-o", str(result)]
    subprocess.run(command, check=True)
    return ["-include-pch", str(result)] if is_clang else [f"-I{folder}"]


def compile(compiler, source, flags, text=None):
    """Checks a file, or the text given for it, without generating code."""
    command = [*shlex.split(compiler), "-std=c++20", "-fsyntax-only", *WARNINGS, *flags, "-x", "c++", str(source)]
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(command, input=text, capture_output=True, text=True, env=environment)


def report(jobs):
    """Runs (name, function) pairs on all cores. A function returns what is wrong, or nothing. Returns the exit code."""
    failures = 0
    print(f"1..{len(jobs)}")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        running = [(name, pool.submit(check)) for name, check in jobs]
        for number, (name, job) in enumerate(running, 1):
            complaint = job.result()
            failures += bool(complaint)
            print(f"{'not ok' if complaint else 'ok'} {number} - {name}", flush=True)
            if complaint:
                print(f"{name}:\n{complaint}", file=sys.stderr, flush=True)
    return 1 if failures else 0
