#!/usr/bin/env python3
"""The program export prints files that their languages accept; tests/print/sources.py sees that they compute what furl does."""
import ast
import itertools
import pathlib
import shutil
import subprocess

from example import check, check_failure, check_options, check_runs, end

names = check_runs("it lists the rules", "--list").split()
check("the list has the zoo and the rule of the file", len(names) > 100 and "adamw" in names and "my_rule" in names, names)
for name in ("adamw", "adafactor", "my_rule"):
    for language in ("numpy", "torch"):
        text = check_runs(f"it prints {name} in {language}", name, "--to", language)
        check(f"{name} in {language} is a module with a class of its name",
              any(isinstance(x, ast.ClassDef) and x.name == name for x in ast.parse(text).body), text)
    for language, kind in itertools.product(("c", "opencl"), ("float", "double")):
        text = check_runs(f"it prints {name} in {language}, {kind}", name, "--to", language, "--type", kind)
        check(f"{name} in {language} has a step of {kind}", f"int {name}_step(" in text and f"{kind} *" in text, text)
        if language == "opencl" and not pathlib.Path("/usr/include/CL/cl.h").exists():
            continue
        if compiler := shutil.which("cc"):
            result = subprocess.run([compiler, "-std=c99", "-Wall", "-Wextra", "-fsyntax-only", "-x", "c", "-"], input=text, text=True, capture_output=True)
            check(f"{name} in {language}, {kind}, compiles without warnings", result.returncode == 0 and not result.stderr, result.stderr)
check_failure("an unknown rule fails", "no rule 'adamv'", "adamv")
check_options(("--to", "basic"), ("--type", "int"))
end()
