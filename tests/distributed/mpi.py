#!/usr/bin/env python3
"""Runs a program of MPI with several numbers of ranks: mpi.py MPIRUN PROGRAM."""
import subprocess
import sys


def main(mpirun, program):
    said = subprocess.run([mpirun, "--version"], capture_output=True, text=True).stdout
    # Open MPI refuses more ranks than processors, and root, unless it is told otherwise. Others don't ask.
    options = ["--oversubscribe", "--allow-run-as-root"] if "Open MPI" in said or "open-mpi" in said else []
    failed = False
    for ranks in (1, 2, 3, 4, 7):
        run = subprocess.run([mpirun, *options, "-n", str(ranks), program], capture_output=True, text=True, timeout=120)
        print(f"{ranks} ranks: {'ok' if run.returncode == 0 else f'status {run.returncode}'}")
        if run.returncode != 0:
            print(run.stdout + run.stderr)
            failed = True
    return failed


sys.exit(main(*sys.argv[1:]))
