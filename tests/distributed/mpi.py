#!/usr/bin/env python3
"""Runs a program of MPI with several numbers of ranks: mpi.py MPIRUN PROGRAM."""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import ranks as mpi


def main(mpirun, program):
    failed = False
    for ranks in (1, 2, 3, 4, 7):
        run = subprocess.run(mpi.command(mpirun, ranks, program), capture_output=True, text=True, timeout=120)
        print(f"{ranks} ranks: {'ok' if run.returncode == 0 else f'status {run.returncode}'}")
        if run.returncode != 0:
            print(run.stdout + run.stderr)
            failed = True
    return failed


sys.exit(main(*sys.argv[1:]))
