"""How a program of MPI is started."""
import subprocess


def command(mpirun, ranks, *program):
    """The command that runs the program on so many ranks, as root too, and with more ranks than processors."""
    said = subprocess.run([mpirun, "--version"], capture_output=True, text=True).stdout
    # Open MPI refuses both unless it is told otherwise. Others do not ask.
    options = ["--oversubscribe", "--allow-run-as-root"] if "Open MPI" in said or "open-mpi" in said else []
    return [mpirun, *options, "-n", str(ranks), *map(str, program)]
