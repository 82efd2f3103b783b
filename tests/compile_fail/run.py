#!/usr/bin/env python3
"""Each EXX_name.cpp here must give exactly one error line, the one it expects; with -DCORRECTED, not even a warning.

The first line of a case says what it expects:  // expect: furl[E01]: the start of the message
In a compiler_name.cpp the one line is the compiler's own, and furl adds none:  // expect: a word of it
"""
import pathlib
import re
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import check_docs
import compilers


def check_wrong(compiler, case, flags):
    if case.name.startswith("compiler_"):
        word = re.match(r"// expect: (.+)", case.read_text())[1]
        output = compilers.compile(compiler, case, flags).stderr
        errors = [line for line in output.splitlines() if re.search(r"\berror: ", line)]
        if len(errors) == 1 and word in errors[0] and "furl[" not in output:
            return None
        return "\n".join([f"expected one error line of the compiler: {word}", f"got {len(errors)}:", *errors])
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


CHECKS = {"wrong": check_wrong, "corrected": check_corrected}


def main():
    def options(parser):
        parser.add_argument("--kind", choices=CHECKS, action="append", help="check the cases as they are, or corrected; default: both")
        parser.add_argument("--first", action="store_true", help="only the first case of each error")

    args = compilers.arguments(__doc__, options)
    cases = [case for case in sorted([*HERE.glob("E*.cpp"), *HERE.glob("compiler_*.cpp")])
             if not args.names or any(name in case.name for name in args.names)]
    if args.first:
        cases = list({case.name.split("_")[0]: case for case in reversed(cases)}.values())[::-1]
    jobs = [] if args.names else [("every error has a case and an entry in docs/errors.md", check_docs.check)]
    with tempfile.TemporaryDirectory() as scratch:
        for number, compiler in enumerate(args.compiler):
            folder = pathlib.Path(scratch) / str(number)
            quick = [*compilers.precompile(compiler, "furl/furl.hpp", args.includes, folder), *args.includes]
            for case in cases:
                # What is defined before the header changes it.
                flags = args.includes if "#define" in case.read_text() else quick
                for kind in args.kind or CHECKS:
                    name = f"{case.stem} {kind} {pathlib.Path(compiler.split()[-1]).name}"
                    jobs.append((name, lambda c=CHECKS[kind], a=(compiler, case, flags): c(*a)))
        return compilers.report(jobs)


sys.exit(main())
