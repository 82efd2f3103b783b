#!/usr/bin/env python3
"""The program gradient_descent takes the paths that the equations say."""
from example import check, check_options, check_plot, check_runs, end

output = check_runs("it runs", "--plot", "none")
rows = {int(row[0]): [float(x) for x in row[1:]]
        for row in map(str.split, output.splitlines()) if len(row) == 4 and row[0].isdigit()}
theta, v, batch = 0.0, 0.0, 0.0
for t in range(1, 61):
    batch -= 0.1 * 2 * (batch - 2)
    v = 0.9 * v + 0.1 * 2 * (theta - 2)
    theta -= v
    if t in rows:
        check(f"step {t} is that of plain loops", abs(rows[t][0] - batch) < 1e-5 and abs(rows[t][2] - theta) < 1e-5, rows[t])
check("the stochastic path ends near the minimum", abs(rows[60][1] - 2) < 1, rows[60])
check("there are steps 0 to 10 and each tenth", len(rows) == 16, output)
check_plot("--steps", 20)
check_options(("--steps", 0), ("--lr", "fast"), ("--gamma", 2))
end()
