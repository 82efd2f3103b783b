"""Plots of benchmarks as SVG, by gnuplot; none where it is not installed.

As a program: draws the chart of README.md, for light and dark pages, from the table of AdamW in docs/performance.md. With
--check it only compares: the numbers of README.md and of the chart are those of that table.
"""
import pathlib
import re
import shutil
import subprocess
import sys

STYLE = """set terminal svg size {width},{height} font 'sans-serif,13' background rgb 'white'
set output '{file}'
set grid back linecolor rgb '#dddddd'
set border linecolor rgb '#666666'
"""


def quote(text):
    return '"' + text.replace('"', "'").replace("_", "\\\\_") + '"'


def run(script):
    if shutil.which("gnuplot"):
        subprocess.run(["gnuplot"], input=script, text=True, check=True)


def block(name, rows):
    return f"${name} << EOD\n" + "\n".join(" ".join(str(x) for x in row) for row in rows) + "\nEOD\n"


def lines(file, title, jobs):
    """Nanoseconds per parameter over the number of parameters, a line for each loop."""
    loops = list(jobs[0].samples)
    jobs = sorted(jobs, key=lambda j: j.parameters)
    data = "".join(block(f"d{i}", [(j.parameters, j.per_parameter(loop)) for j in jobs if j.has(loop)])
                   for i, loop in enumerate(loops))
    curves = ", ".join(
        f"$d{i} using 1:2 with linespoints pointtype {4 + i} "
        + ("linewidth 3 linecolor rgb '#c0392b' " if loop == "fused" else
           "dashtype 2 linecolor rgb '#555555' " if loop in ("memory", "divider") else "linewidth 1.5 ")
        + f"title {quote('furl' if loop == 'fused' else loop)}" for i, loop in enumerate(loops))
    run(STYLE.format(width=860, height=520, file=file) + data
        + f"set title {quote(title)}\nset logscale xy\nset format x '10^{{%L}}'\nset xlabel 'parameters'\n"
        + f"set ylabel 'ns per parameter'\nset key outside right\nplot {curves}\n")


def bars(file, title, label, rows, width=860):
    """Horizontal bars: rows of (name, value)."""
    rows = list(reversed(rows))
    data = block("d", [(i, value, quote(name)) for i, (name, value) in enumerate(rows)])
    run(STYLE.format(width=width, height=90 + 16 * len(rows), file=file) + data
        + f"set title {quote(title)}\nset xlabel {quote(label)}\nset style fill solid 0.8 noborder\nunset key\n"
        + f"set xrange [0:*]\nset yrange [-1:{len(rows)}]\nset ytics out scale 0\nset lmargin 32\n"
        + "plot $d using (0):1:(0):2:($1-0.35):($1+0.35):ytic(3) with boxxyerror linecolor rgb '#c0392b'\n")


def rows_of(page):
    """The first table of a page that begins with the number of parameters: its rows by their first column."""
    table = re.search(r"^\| parameters \|.*\n(\|.*\n)+", page, re.M)[0].splitlines()
    return {row[0]: row for row in (line.strip("| ").split(" | ") for line in table)}


def published(root):
    return rows_of((root / "docs" / "performance.md").read_text())


def check_readme(root):
    """What README.md or its chart says otherwise than the published table."""
    readme, table = (root / "README.md").read_text(), published(root)
    wrong = [f"README.md: {row[0]} parameters: {row[1:]}" for row in rows_of(readme).values()
             if row[0][0].isdigit() and row[1:] != table[row[0]][1:4]]
    texts = {"README.md, the text of the chart": re.search(r'<img alt="([^"]*)', readme)[1]}
    texts |= {svg.name: svg.read_text() for svg in (root / "docs" / "pictures").glob("adamw-*.svg")}
    wrong += [f"{name}: no {number}; draw the chart by bench/plots.py" for name, text in texts.items()
              for number in table["1e6"][1:6] if number not in text]
    return wrong


def readme_chart(root):
    """AdamW's loops at a million parameters, from the published table."""
    head, values = (published(root)[row] for row in ("parameters", "1e6"))
    names = {"furl": "furl", "by hand (intrinsics)": "intrinsics by hand", "llm.c's": "llm.c", "PyTorch's fused": "PyTorch, fused",
             "DeepSpeed's": "DeepSpeed"}
    found = [(names[h], float(v)) for h, v in zip(head, values) if h in names]
    rows = [*sorted(found[1:], key=lambda row: -row[1]), found[0]]  # from below: the slowest first, furl on top
    for theme, text, other in (("light", "#24292f", "#8c959f"), ("dark", "#e6edf3", "#6e7681")):
        data = block("d", [(i, value, quote(name), value) for i, (name, value) in enumerate(rows)])
        run(f"set terminal svg size 640,{90 + 26 * len(rows)} font 'sans-serif,14'\n"
            f"set output '{root / 'docs' / 'pictures' / f'adamw-{theme}.svg'}'\n" + data
            + f"set title 'AdamW on a million parameters, one thread: nanoseconds per parameter' textcolor rgb '{text}'\n"
            + f"unset border\nunset xtics\nunset key\nset style fill solid 1 noborder\nset xrange [0:*]\nset yrange [-0.7:{len(rows) - 0.3}]\n"
            + f"set ytics out scale 0 textcolor rgb '{text}'\nset lmargin 20\nset rmargin 8\n"
            + "plot $d using (0):1:(0):2:($1-0.36):($1+0.36):ytic(3) with boxxyerror linecolor rgb '" + other + "', "
            + f"$d every ::{len(rows) - 1} using (0):1:(0):2:($1-0.36):($1+0.36) with boxxyerror linecolor rgb '#c0392b', "
            + f"$d using 2:1:(sprintf('%.3f', $4)) with labels left offset 0.6,0 textcolor rgb '{text}'\n")


def draw(folder, stem, sections):
    """The plots of a file, named after it."""
    if sections["adamw"]:
        lines(folder / f"{stem}.svg", "AdamW, one tensor; one thread where a loop names no other number", sections["adamw"])
    rules = sections["rules"]
    for n in sorted({j.parameters for j in rules}):
        here = sorted((j for j in rules if j.parameters == n and j.has("naive")), key=lambda j: j.name)
        if len(here) > 1:
            bars(folder / f"{stem}-{n}.svg", f"Each rule at {n:,} parameters: naive over fused", "times faster than a loop per operation",
                 [(j.name, j.ratio("naive", "fused")) for j in here])
    by_name = {}
    for j in rules:
        by_name.setdefault(j.name, []).append(j)
    if len(by_name) <= 4:
        for name, jobs in by_name.items():
            if len(jobs) > 1:
                lines(folder / f"{stem}-{name}.svg", name, jobs)
    steps = [j for head in ("tensors", "training") for j in sections[head]]
    if steps:
        bars(folder / f"{stem}.svg", "A step over the tensors of a model, over that of furl in an arena", "times as long",
             [(f"{j.name}: {loop}", j.ratio(loop, "arena")) for j in steps for loop in j.samples if loop != "arena"])
    denormals = [j for j in sections["denormals"]]
    if denormals:
        bars(folder / f"{stem}-denormals.svg", "Rows of zero gradients: a step over one without such rows", "times as long",
             [(f"{j.parameters:,}: {loop}", j.ratio(loop, loop.rsplit(" ", 2)[0] + " 0 %")) for j in denormals for loop in j.samples])


if __name__ == "__main__":
    root = pathlib.Path(__file__).resolve().parents[1]
    if sys.argv[1:] == ["--check"]:
        sys.exit("\n".join(check_readme(root)) or None)
    readme_chart(root)
