"""Graphs as small SVG that takes its colours from the page."""
import re
import subprocess


def draw(files):
    """dot's SVG of each .dot file, by stem."""
    if not files:
        return {}
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
    """dot's SVG without what style sheets can say: an edge is one path, a node one shape and its text."""
    width, height = (float(n) for n in re.search(r'<svg width="([\d.]+)pt" height="([\d.]+)pt"', svg).groups())
    number = lambda text: re.sub(r"-?\d+\.\d+", lambda n: f"{float(n[0]):.0f}", text)  # noqa: E731
    edges, nodes = [], []
    for kind, group in re.findall(r'<g id="\w+" class="(edge|node)">(.*?)</g>', svg, re.S):
        if kind == "edge":
            # The arrow is drawn by a marker: the path goes on to its tip.
            path = re.search(r' d="M([^"]*)"', group)[1].replace("C", " ")
            tip = re.search(r'<polygon[^>]*points="([^"]*)"', group)[1].split()[1]
            edges.append(f'<path d="{relative([*path.split(), tip])}"/>')
            continue
        grey = ' class="q"' if 'stroke="gray"' in group else ""
        for x, y, rx, ry in re.findall(r'<ellipse [^>]*cx="([^"]*)" cy="([^"]*)" rx="([^"]*)" ry="([^"]*)"', group):
            nodes.append(f'<ellipse{grey} cx="{number(x)}" cy="{number(y)}" rx="{number(rx)}" ry="{number(ry)}"/>')
        for points in re.findall(r'<polygon [^>]*points="([^"]*)"', group):
            corners = [tuple(map(float, p.split(","))) for p in points.split()]
            left, top = min(x for x, _ in corners), min(y for _, y in corners)
            right, bottom = max(x for x, _ in corners), max(y for _, y in corners)
            nodes.append(f'<rect x="{left:.0f}" y="{top:.0f}" width="{right - left:.0f}" height="{bottom - top:.0f}"/>')
        for x, y, text in re.findall(r'<text [^>]*x="([^"]*)" y="([^"]*)"[^>]*>(.*?)</text>', group):
            nodes.append(f'<text{grey} x="{number(x)}" y="{number(y)}">{text}</text>')
    return (f'<svg viewBox="-4 {4 - height:.0f} {width:.0f} {height:.0f}" style="width:{width * 0.9:.0f}px" role="img">'
            f'<g class="e">{"".join(edges)}</g>{"".join(nodes)}</svg>')


MARKER = ('<svg width="0" height="0" style="position:absolute"><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" '
          'markerWidth="7" markerHeight="7" orient="auto"><path d="M0,1L8,4L0,7"/></marker></svg>')
