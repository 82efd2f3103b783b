#!/usr/bin/env python3
"""What furl costs at compile time: seconds, peak memory and object size of translation units, as a Markdown table with goals.

usage: compile_cost.py [--compiler g++]... [--repeat 3] [--assert] [--flag=X]...

Seconds are CPU time of the compiler (user + system, the least of the repetitions: other work on the machine only
adds to it); the wall clock stands beside them. Memory is the largest resident set. The size is that of the code and
constants of the object, without what the linker drops. A goal on an addition is over the
base named with it. With --assert: exit code 1 if a goal is missed. Goals are for g++ -O2; other compilers are printed
with the same goals.
"""
import argparse
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
FLAGS = ["-std=c++20", "-O2", "-mavx2", "-mfma", f"-I{HERE.parent / 'include'}", "-c"]
INCLUDE = "#include <furl/furl.hpp>\n"


def adam(name, eps="1e-8"):
    return f"""
struct {name} {{
    static constexpr auto lr    = furl::hyper<"lr">(1e-3);
    static constexpr auto beta1 = furl::hyper<"beta1">(0.9);
    static constexpr auto beta2 = furl::hyper<"beta2">(0.999);
    static constexpr auto eps   = furl::hyper<"eps">({eps});
    static constexpr auto m = furl::ema<"m">(furl::grad, beta1);
    static constexpr auto v = furl::ema<"v">(square(furl::grad), beta2);
    static constexpr auto update =
        furl::param - lr * safe_divide(bias_corrected(m), sqrt(bias_corrected(v)), eps);
}};
"""


def step(rule):
    return f"""
void step_{rule}(furl::optimizer<{rule}>& opt, std::span<float> w, std::span<const float> g);
void step_{rule}(furl::optimizer<{rule}>& opt, std::span<float> w, std::span<const float> g) {{ opt.step(w, g); }}
"""


def lowered(rule):
    """The program alone: no kernel, no code."""
    return f"\nstatic_assert(furl::cost<{rule}>.passes == 1);\n"


SGD = """
struct small {
    static constexpr auto update = furl::param - furl::hyper<"lr">(1e-3) * furl::grad;
};
"""


def long_rule(operations):
    """A chain of so many operations, none of which equals another or can be folded away."""
    forms = ("x{p} * furl::grad", "x{p} + furl::param * {c}", "sqrt(abs(x{p}))", "x{p} - furl::grad", "x{p} / (1 + square(x{p}))")
    sizes = (1, 2, 2, 1, 3)
    lines, done, i = [], 0, 0
    while done < operations:
        form = i % len(forms)
        lines.append(f'    static constexpr auto x{i + 1} = furl::let<"x{i + 1}">('
                     + forms[form].format(p=i, c=f"0.{i + 11}") + ");")
        done += sizes[form]
        i += 1
    body = "\n".join(lines)
    return f"""
struct long_rule {{
    static constexpr auto x0 = furl::grad * furl::param;
{body}
    static constexpr auto update = furl::param - furl::hyper<"lr">(1e-3) * x{i};
}};
"""


def flat_rule(operations):
    """As many operations in one expression without a name."""
    terms = " + ".join(f"furl::grad * (furl::param - 0.{i + 11})" for i in range(operations // 3))
    return f"""
struct flat_rule {{
    static constexpr auto update = furl::param - furl::hyper<"lr">(1e-3) * ({terms});
}};
"""


def let_chain(length):
    """Each let is used twice by the next: as a tree, 2^length nodes."""
    lines = "\n".join(f'    static constexpr auto x{i} = furl::let<"x{i}">(x{i - 1} * (x{i - 1} + 0.{i + 10}));'
                      for i in range(1, length + 1))
    return f"""
struct chain {{
    static constexpr auto x0 = furl::grad + 0;
{lines}
    static constexpr auto update = furl::param - furl::hyper<"lr">(1e-3) * x{length};
}};
"""


def rules(count):
    names = [f"rule{i}" for i in range(count)]
    return "".join(adam(name, f"1e-{i + 3}") + step(name) for i, name in enumerate(names))


# name, source, further flags, goal in seconds, goal in MB, base (the goal in seconds is then on what is added to it)
CASES = [
    ("an empty file", "", [], None, None, None),
    ("the include alone", INCLUDE, [], None, None, None),
    ("one Adam optimizer", INCLUDE + adam("rule") + step("rule"), [], 4.5, 350, None),
    ("4 optimizers", INCLUDE + rules(4), [], None, None, None),
    ("16 optimizers", INCLUDE + rules(16), [], None, None, None),
    ("a small rule, lowered", INCLUDE + SGD + lowered("small"), [], None, None, None),
    ("100 operations, lowered", INCLUDE + long_rule(100) + lowered("long_rule"), [], 2, None, "a small rule, lowered"),
    ("100 operations without names, lowered", INCLUDE + flat_rule(100) + lowered("flat_rule"), [], 2, None,
     "a small rule, lowered"),
    ("16 lets, each used twice, lowered", INCLUDE + let_chain(16) + lowered("chain"), [], 2, None,
     "a small rule, lowered"),
    ("a small rule, lowered, -g", INCLUDE + SGD + lowered("small"), ["-g"], None, None, None),
    ("16 lets, each used twice, lowered, -g", INCLUDE + let_chain(16) + lowered("chain"), ["-g"], 2, None,
     "a small rule, lowered, -g"),
    ("a small rule, optimizer", INCLUDE + SGD + step("small"), [], None, None, None),
    ("100 operations, optimizer", INCLUDE + long_rule(100) + step("long_rule"), [], 2, None, "a small rule, optimizer"),
    ("16 lets, each used twice, optimizer", INCLUDE + let_chain(16) + step("chain"), [], 2, None,
     "a small rule, optimizer"),
    ("a small rule, optimizer, -g", INCLUDE + SGD + step("small"), ["-g"], None, None, None),
    ("16 lets, each used twice, optimizer, -g", INCLUDE + let_chain(16) + step("chain"), ["-g"], 2, None,
     "a small rule, optimizer, -g"),
]


def code_size(path):
    """KB of code and constants of an object file."""
    text = subprocess.run(["size", "--format=berkeley", path], check=True, capture_output=True, text=True).stdout
    return int(text.splitlines()[1].split()[0]) / 1000


def compile_once(command):
    """CPU seconds, wall seconds, peak MB of a compiler and its children."""
    start = time.monotonic()
    pid = os.spawnvp(os.P_NOWAIT, command[0], command)
    _, status, usage = os.wait4(pid, 0)
    wall = time.monotonic() - start
    if status != 0:
        sys.exit(f"compile_cost: failed: {' '.join(command)}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compiler", action="append")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--flag", action="append", default=[])
    parser.add_argument("--assert", action="store_true", dest="check")
    arguments = parser.parse_args()
    compilers = arguments.compiler or [c for c in ("g++", "clang++") if shutil.which(c)]

    missed = []
    for compiler in compilers:
        print(f"### {compiler} -O2\n")
        print("| translation unit | CPU s | wall s | peak MB | object KB | added s | goal | |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
        seconds = {}
        for name, source, flags, time_goal, memory_goal, base in CASES:
            with tempfile.TemporaryDirectory() as folder:
                file, result = pathlib.Path(folder, "unit.cpp"), pathlib.Path(folder, "unit.o")
                file.write_text(source)
                command = [*shlex.split(compiler), *FLAGS, *flags, *arguments.flag, str(file), "-o", str(result)]
                print(f"{compiler}: {name}", file=sys.stderr)
                runs = [compile_once(command) for _ in range(arguments.repeat)]
                size = code_size(result)
            cpu, wall, memory = (min(column) for column in zip(*runs))
            seconds[name] = cpu
            added = cpu - seconds[base] if base else None
            goals, ok = [], True
            if time_goal is not None:
                goals.append(f"{'+' if base else ''}{time_goal:g} s")
                ok = (added if base else cpu) < time_goal
            if memory_goal is not None:
                goals.append(f"{memory_goal} MB")
                ok = ok and memory < memory_goal
            if not ok:
                missed.append(f"{compiler}: {name}")
            print(f"| {name} | {cpu:.2f} | {wall:.2f} | {memory:.0f} | {size:.0f} | {'' if added is None else f'{added:+.2f}'} "
                  f"| {', '.join(goals)} | {('pass' if ok else 'FAIL') if goals else ''} |", flush=True)
        print()
    for line in missed:
        print(f"compile_cost: goal missed: {line}", file=sys.stderr)
    sys.exit(1 if arguments.check and missed else 0)


if __name__ == "__main__":
    main()
