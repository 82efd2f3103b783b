"""Graphs, laid out by dot, as short texts for the script of the pages."""
import re
import subprocess


def connected(graph):
    """A graph without the nodes that have no edge: constants at which states start."""
    ends = set(re.findall(r"(\w+) -> ", graph)) | set(re.findall(r"-> (\w+)", graph))
    return "".join(line for line in graph.splitlines(keepends=True)
                   if not (node := re.match(r"\s*(\w+) \[label=", line)) or node[1] in ends)


def draw(files):
    """The text of each .dot file, by stem."""
    if not files:
        return {}
    for file in files:
        file.write_text(connected(file.read_text()))
    subprocess.run(["dot", "-Tsvg", "-O", *map(str, files)], check=True)
    return {file.stem: compact(file.with_suffix(".dot.svg").read_text()) for file in files}


def relative(points):
    """A path of cubic curves through points, then a line to the last one, in whole steps from point to point."""
    at = [tuple(round(float(x)) for x in point.split(",")) for point in points]
    text, here = "M{},{}".format(*at[0]), at[0]
    for i in range(1, len(at) - 1):
        text += ("c" if i == 1 else " ") + "{},{}".format(at[i][0] - here[0], at[i][1] - here[1])
        here = at[i] if i % 3 == 0 else here
    text += "l{},{}".format(at[-1][0] - here[0], at[-1][1] - here[1])
    return text.replace(",-", "-").replace(" -", "-")


def compact(svg):
    """dot's SVG as a text that theme/site.js draws: its size, and by | each edge, a path, and each node: whether it is a box or
    an ellipse, where, half as wide as, and its label. A small letter is grey, a plus a second ellipse."""
    width, height = (float(n) for n in re.search(r'<svg width="([\d.]+)pt" height="([\d.]+)pt"', svg).groups())
    parts = [f"{width:.0f} {height:.0f}"]
    for kind, group in re.findall(r'<g id="\w+" class="(edge|node)">(.*?)</g>', svg, re.S):
        if kind == "edge":
            # The arrow is drawn by a marker: the path goes on to its tip.
            path = re.search(r' d="M([^"]*)"', group)[1].replace("C", " ")
            tip = re.search(r'<polygon[^>]*points="([^"]*)"', group)[1].split()[1]
            parts.append(relative([*path.split(), tip]))
            continue
        ellipses = re.findall(r'<ellipse [^>]*cx="([^"]*)" cy="([^"]*)" rx="([^"]*)" ry="([^"]*)"', group)
        if ellipses:
            x, y, rx, _ = map(float, ellipses[0])
            shape = "E"
        else:
            corners = [tuple(map(float, p.split(","))) for p in re.search(r'<polygon [^>]*points="([^"]*)"', group)[1].split()]
            (left, right), (top, bottom) = ((min(values), max(values)) for values in zip(*corners))
            x, y, rx, shape = (left + right) / 2, (top + bottom) / 2, (right - left) / 2, "B"
        if 'stroke="gray"' in group:
            shape = shape.lower()
        label = re.search(r"<text [^>]*>(.*?)</text>", group)[1].replace("&#45;", "-").replace("&#160;", " ")
        parts.append(f"{shape}{'+' if len(ellipses) > 1 else ''}{x:.0f} {y:.0f} {rx:.0f} {label}")
    return "|".join(parts)
