#!/usr/bin/env python3
"""The program optimizer_race races every optimizer to the minima, draws, and says in one line what is wrong."""
import pathlib
import re
import shutil
import tempfile

from example import check, check_failure, check_options, end, run

ZOO = pathlib.Path(__file__).resolve().parents[2] / "include" / "furl" / "zoo" / "list.hpp"


def table(output):
    """optimizer: its losses, then its mean rank"""
    rows = {}
    for line in output.splitlines():
        found = re.match(r"(\w+)((?:\s+\S+ @ \S+){4})\s+([\d.]+)$", line)
        if found:
            losses = [float(x) if x != "-" else float("inf") for x in re.findall(r"(\S+) @", found.group(2))]
            rows[found.group(1)] = (*losses, float(found.group(3)))
    return rows


listed = re.search(r"tuple_t<(.*?)>;", ZOO.read_text(), re.S).group(1).replace("\n", " ").split(",")
quick = ("--steps", 300, "--digit-steps", 40, "--digits", 400, "--rates", 1)
result = run(*quick)
rows = table(result.stdout)
check("it races every optimizer of the zoo", set(rows) == {name.strip() for name in listed}, result.stdout + result.stderr)
check("each gets down from the start of each problem",
      all(r[0] < 24 and r[1] < 14 and r[2] < 150 and r[3] <= 2.3 for r in rows.values()), rows)
# 40 steps from 0 are few for those that find their step length.
slow = [name for name, r in rows.items() if not (r[0] < 4.5 and r[1] < 1 and r[2] < 1 and r[3] < 1.5)]
check("all but a few come near the minimum of each", len(slow) <= 12, [(name, rows.get(name)) for name in slow])
check("it is sorted by mean rank", [r[4] for r in rows.values()] == sorted(r[4] for r in rows.values()))
check("the same seed gives the same race", run(*quick).stdout == result.stdout)
two = run(*quick, "--only", "adam,sgd", "--sort", "name")
check("--only races some", list(table(two.stdout)) == ["adam", "sgd"], two.stdout)

check_options(("--rates", 0), ("--sort", "best"))
check_failure("a name that is no optimizer fails", "adamm", "--only", "adamm")
check_failure("a missing directory fails", "/no/such", "--data", "/no/such")
with tempfile.TemporaryDirectory() as folder:
    plots = pathlib.Path(folder) / "plots"
    if shutil.which("gnuplot"):
        drawn = run(*quick, "--only", "adam,lion", "--plots", plots)
        files = sorted(p.name for p in plots.glob("*")) if plots.is_dir() else []
        check("--plots draws each and the race", drawn.returncode == 0 and files == ["adam.svg", "lion.svg", "race.svg"],
              (files, drawn.stdout, drawn.stderr))
        check("the plots are SVG", all("<svg" in (plots / f).read_text()[:1000] for f in files))
    else:
        check_failure("--plots without gnuplot fails", "gnuplot is not installed", *quick, "--plots", plots)

end()
