#!/usr/bin/env python3
"""Each header compiles on its own, without a warning."""
import sys

import compilers


def check(compiler, header, flags):
    return compilers.compile(compiler, "-", flags, f"#include <{header}>\n").stderr


def main():
    args = compilers.arguments(__doc__)
    include = compilers.ROOT / "include"
    headers = sorted(p.relative_to(include).as_posix() for p in include.rglob("*.hpp"))
    return compilers.report([(f"{header} {compiler}", lambda c=compiler, h=header: check(c, h, args.includes))
                             for header in headers
                             if not args.names or any(name in header for name in args.names)
                             for compiler in args.compiler])


sys.exit(main())
