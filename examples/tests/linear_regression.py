#!/usr/bin/env python3
"""The program linear_regression finds W and b, of its own samples and of a file, and names what is wrong with a file."""
import pathlib
import re
import tempfile

from example import check, check_failure, check_options, check_plot, check_runs, end

output = check_runs("it runs", "--plot", "none")
found = re.findall(r"^(batch|stochastic|mini-batch|least squares).*loss (\S+) +W = \[(\S+) (\S+)\] +b = \[(\S+)\]",
                   output, re.M)
check("there are three ways and the exact solution", len(found) == 4, output)
for name, loss, w1, w2, b in found:
    check(f"{name} finds W and b", abs(float(w1) - 2) < 0.12 and abs(float(w2) + 3) < 0.12 and abs(float(b) - 0.5) < 0.05,
          output)
    check(f"{name} stops below the threshold", float(loss) <= 0.012, output)
steps = dict(re.findall(r"^(batch|stochastic) .* (\d+) steps", check_runs("it stops at the step limit", "--threshold", 0,
                                                                          "--max-steps", 250, "--plot", "none"), re.M))
check("at the limit, and not later", steps == {"batch": "250", "stochastic": "250"}, steps)

with tempfile.TemporaryDirectory() as name:
    file = pathlib.Path(name) / "line.csv"
    file.write_text("x,y1,y2\n" + "".join(f"{x / 10},{3 * x / 10 - 1},{-x / 10 + 2}\r\n" for x in range(-20, 20)))
    output = check_runs("it reads a file", "--data", file, "--targets", 2, "--threshold", 1e-6, "--plot", "none")
    check("two targets", re.search(r"least squares.*W = \[3; -1\] +b = \[-1 2\]", output), output)
    for what, content, said in [("no number", "x,y\n1,2\n1,two\n", "line 3: 'two' is no finite number"),
                                ("nan", "x,y\n1,nan\n", "line 2: 'nan' is no finite number"),
                                ("a short line", "x,y\n1,2\n1\n", "line 3: 1 values, but 2 columns"),
                                ("no names", "1,2\n3,4\n", "line 1: a number, where the names"),
                                ("no samples", "x,y\n", "no samples"),
                                ("nothing", "", "no samples"),
                                ("no x", "y\n1\n", "no columns left for x")]:
        file.write_text(content)
        check_failure(f"a file with {what} fails", f"line.csv: {said}", "--data", file)
check_failure("a missing file fails", "/no/such.csv: cannot be opened", "--data", "/no/such.csv")
check_failure("a learning rate that diverges is said", "try a smaller --lr", "--lr", 5)
check_plot()
check_options(("--batch", 0), ("--threshold", "low"))
end()
