"""Plots of gnuplot made small."""
import re


def line(match):
    """A path of gnuplot, M x,y L x,y ..., with points two pixels apart, each from the one before it."""
    out, here = "", (0, 0)
    points = re.findall(r"([ML]?)\s*(-?[\d.]+),(-?[\d.]+)", match[1])
    for i, (kind, *at) in enumerate(points):
        x, y = (round(10 * float(n)) for n in at)
        ends = i + 1 == len(points) or points[i + 1][0] == "M"
        if kind != "M" and not ends and (x - here[0]) ** 2 + (y - here[1]) ** 2 < 400:
            continue
        out += f"{'m' if kind == 'M' else 'l'}{(x - here[0]) / 10:g},{(y - here[1]) / 10:g}"
        here = x, y
    return "d='" + out.replace(",-", "-") + "'"


def small(svg):
    """A plot of gnuplot with short paths, and one dot where there are many in one place."""
    seen = set()

    def dot(match):
        here = (match[1], round(float(match[2])), round(float(match[3])), match[4])
        if here in seen:
            return ""
        seen.add(here)
        return f"<use xlink:href='{here[0]}' transform='translate({here[1]},{here[2]}){here[3]}'/>"

    place = r"translate\((-?[\d.]+),(-?[\d.]+)\)"
    svg = re.sub(rf"\t<use xlink:href='(#gpPt\d+)' transform='{place}([^']*' color='[^']*)'/>\n", dot, svg)
    svg = re.sub(r"d='((?:\s*[ML]?\s*-?[\d.]+,-?[\d.]+)+)\s*'", line, svg)
    svg = re.sub(r"\s*\n\s*", "\n", svg)
    for _ in range(2):  # groups of nothing, and groups of those
        svg = re.sub(r"<g [^>]*>\n</g>\n", "", svg)
    return svg
