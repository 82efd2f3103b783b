#!/usr/bin/env python3
"""Each header compiles on its own, without a warning."""
import sys
import sysconfig

import compilers


OPTIONAL = ("benchmark/benchmark.h", "omp.h", "tbb/parallel_for.h", "Eigen/Core", "cblas.h", "mpi.h", "torch/optim/optimizer.h", "Python.h", "pybind11/pybind11.h")  # of libraries that a few headers are for; without them there is nothing to check

SLOW = ("adapt/torch/", "adapt/torch_module.hpp")  # beside adapt/torch.hpp; each reads the headers of libtorch for half a minute; name them to check them

PYTHON = sysconfig.get_path("include")  # Python.h is there


def check(compiler, header, flags):
    if "openmp" in header:
        flags = [*flags, "-fopenmp"]
    if "adapt/torch" in header:
        flags = [*flags, "-isystem/usr/include/torch/csrc/api/include", f"-isystem{PYTHON}"]
    complaint = compilers.compile(compiler, "-", flags, f"#include <{header}>\n").stderr
    missing = any(f"{name}: No such file" in complaint or f"'{name}' file not found" in complaint for name in OPTIONAL)
    return "" if missing else complaint


def main():
    args = compilers.arguments(__doc__)
    include = compilers.ROOT / "include"
    headers = sorted(p.relative_to(include).as_posix() for p in include.rglob("*.hpp"))
    return compilers.report([(f"{header} {compiler}", lambda c=compiler, h=header: check(c, h, args.includes))
                             for header in headers
                             if (any(name in header for name in args.names) if args.names else not any(part in header for part in SLOW))
                             for compiler in args.compiler])


sys.exit(main())
