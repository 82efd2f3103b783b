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
        # The style sheet knows the usual height: 36.
        shapes, at = "", None
        for x, y, rx, ry in re.findall(r'<ellipse [^>]*cx="([^"]*)" cy="([^"]*)" rx="([^"]*)" ry="([^"]*)"', group):
            at = x, y
            shapes += f'<ellipse rx="{number(rx)}"' + ("/>" if number(ry) == "18" else f' style="ry:{number(ry)}px"/>')
        for points in re.findall(r'<polygon [^>]*points="([^"]*)"', group):
            corners = [tuple(map(float, p.split(","))) for p in points.split()]
            left, right = min(x for x, _ in corners), max(x for x, _ in corners)
            heights = [y for _, y in corners]
            at = f"{(left + right) / 2:.1f}", f"{(min(heights) + max(heights)) / 2:.1f}"
            shapes += f'<rect x="{(left - right) / 2:.0f}" width="{right - left:.0f}"/>'
        grey = ' class="q"' if 'stroke="gray"' in group else ""
        text = re.search(r"<text [^>]*>(.*?)</text>", group)[1]
        place = ",".join(map(number, at)).replace(",-", "-")
        nodes.append(f'<g{grey} transform="translate({place})">{shapes}<text>{text}</text></g>')
    return (f'<svg viewBox="-4 {4 - height:.0f} {width:.0f} {height:.0f}" style="width:{width * 0.9:.0f}px" role="img">'
            f'<g class="e">{"".join(edges)}</g>{"".join(nodes)}</svg>')
