"""Graphs as small SVG that takes its colours from the page."""
import re
import subprocess


def draw(files):
    """dot's SVG of each .dot file, by stem."""
    if not files:
        return {}
    subprocess.run(["dot", "-Tsvg", "-O", *map(str, files)], check=True)
    return {file.stem: compact(file.with_suffix(".dot.svg").read_text()) for file in files}


def compact(svg):
    width, height = (float(n) for n in re.search(r'<svg width="([\d.]+)pt" height="([\d.]+)pt"', svg).groups())
    body = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.S)[1]
    body = re.sub(r"<!--.*?-->|<title>.*?</title>", "", body, flags=re.S)
    body = re.sub(r'<polygon fill="(?:white|transparent)" stroke="(?:none|transparent)"[^>]*/>', "", body, count=1)
    body = re.sub(r' (?:id="[^"]*"|class="graph"|font-family="[^"]*"|font-size="[^"]*"|text-anchor="middle")', "", body)
    body = body.replace(' stroke="gray"', ' class="q"').replace(' fill="#666666"', ' class="q"')
    body = re.sub(r' (?:fill="(?:none|black)"|stroke="black"|style="font[^"]*")', "", body)
    body = re.sub(r'style="stroke:bold"|style="font-weight:bold"', "", body)
    body = re.sub(r"-?\d+\.\d+", lambda n: f"{float(n[0]):.0f}", body)
    body = re.sub(r"\s*\n\s*", "", body)
    return f'<svg viewBox="0 0 {width:.0f} {height:.0f}" style="width:{width * 0.9:.0f}px" role="img">{body}</svg>'
