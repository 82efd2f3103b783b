"""What the tests of whole examples share: run one, check what it says, and how it fails."""
import pathlib
import subprocess
import sys
import tempfile

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
complaints = []


def run(*options, **how):
    """In a directory of its own where none is given, so that no test writes where another reads."""
    with tempfile.TemporaryDirectory() as scratch:
        how.setdefault("cwd", scratch)
        return subprocess.run([PROGRAM, *map(str, options)], capture_output=True, text=True, **how)


def check(name, condition, detail=""):
    print("ok" if condition else "FAILED", "-", name)
    if not condition:
        complaints.append(name)
        print(detail)


def check_runs(name, *options):
    """Exit code 0, and nothing on stderr where there is no terminal; what it printed."""
    result = run(*options)
    check(name, result.returncode == 0 and result.stderr == "", (result.returncode, result.stdout, result.stderr))
    return result.stdout


def check_failure(name, said, *options):
    """Exit code 1, and one line that contains `said`."""
    result = run(*options)
    one_line = result.stderr.count("\n") == 1 and result.stderr.startswith(PROGRAM.name + ": ")
    check(name, result.returncode == 1 and one_line and said in result.stderr, (result.returncode, result.stderr))


def check_options(*pairs):
    """What every example does with options: help, an unknown one, and one out of range for each of the pairs."""
    check("--help exits 0", run("--help").returncode == 0)
    check_failure("an unknown option fails", "--what", "--what")
    for option, value in pairs:
        check_failure(f"{option} {value} fails", option, f"{option}={value}")


def check_plot(*options):
    """With --plot FILE the plot is drawn where gnuplot is, and else refused in one line."""
    with tempfile.TemporaryDirectory() as scratch:
        file = pathlib.Path(scratch) / "plot.svg"
        result = run(*options, "--plot", file)
        if result.returncode == 0:
            check("the plot is an SVG", file.exists() and "</svg>" in file.read_text()[-100:], result.stdout)
        else:
            check("a missing gnuplot is said", "gnuplot is not installed" in result.stderr, result.stderr)
    check_failure("a plot of another kind fails", ".svg, .png or .pdf", "--plot", "plot.gif")


def end():
    sys.exit(1 if complaints else 0)
