#!/usr/bin/env python3
"""Each EXX_name.cpp here must give exactly one error line, the one it expects; with -DCORRECTED, not even a warning.

The first line of a case says what it expects:  // expect: furl[E01]: the start of the message
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import compilers


def check_wrong(compiler, case, flags):
    expected = re.match(r"// expect: (furl\[(E\d+)\]: .+)", case.read_text())
    if not expected or expected[2] != case.name.split("_")[0]:
        return f"the first line must be: // expect: furl[{case.name.split('_')[0]}]: ..."
    output = compilers.compile(compiler, case, flags).stderr
    errors = [line for line in output.splitlines() if re.search(r"\berror: ", line)]
    if len(errors) == 1 and expected[1] in errors[0]:
        return None
    return "\n".join([f"expected one error line: {expected[1]}", f"got {len(errors)}:", *errors])


def check_corrected(compiler, case, flags):
    return compilers.compile(compiler, case, [*flags, "-DCORRECTED"]).stderr


def check_catalogue(cases):
    """The errors that the headers can give, the cases, and the entries of docs/errors.md are the same."""
    root = compilers.ROOT
    headers = "".join(p.read_text() for p in (root / "include").rglob("*.hpp"))
    given = set(re.findall(r"furl\[(E\d+)\]", headers))
    tried = {case.name.split("_")[0] for case in cases}
    page = root / "docs" / "errors.md"
    described = set(re.findall(r"^#+ .*\b(E\d+)\b", page.read_text(), re.M)) if page.exists() else set()
    complaints = [f"{e} stands in no header" for e in sorted((tried | described) - given)]
    complaints += [f"{e} has no case in tests/compile_fail" for e in sorted(given - tried)]
    complaints += [f"{e} has no heading in docs/errors.md" for e in sorted(given - described)]
    return "\n".join(complaints)


def main():
    args = compilers.arguments(__doc__)
    cases = sorted(HERE.glob("E*.cpp"))
    jobs = [] if args.names else [("every error has a case and an entry in docs/errors.md", lambda: check_catalogue(cases))]
    for case in cases:
        if args.names and not any(name in case.name for name in args.names):
            continue
        for compiler in args.compiler:
            for kind, check in (("wrong", check_wrong), ("corrected", check_corrected)):
                name = f"{case.stem} {kind} {pathlib.Path(compiler.split()[-1]).name}"
                jobs.append((name, lambda c=check, a=(compiler, case, args.includes): c(*a)))
    return compilers.report(jobs)


sys.exit(main())
