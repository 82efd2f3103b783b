#!/usr/bin/env python3
"""No dead link: on the built site, every link and file that a page names is there, with its anchor; in the Markdown of the
repository, every relative link leads to a file, and to a heading of it. Addresses outside are not tried.

usage: links.py SITE_FOLDER
"""
import html.parser
import pathlib
import re
import subprocess
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs"))
from support.pages import slug  # noqa: E402


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.anchors |= {given[key] for key in ("id", "name") if given.get(key)}
        self.links += [given[key] for key in ("href", "src") if given.get(key)]


def site_complaints(site):
    pages = {path: Page(path.read_text()) for path in sorted(site.glob("*.html"))}
    # The menu is made by scripts: its addresses are strings in them.
    count, complaints = 0, []
    links = [(path, link) for path, page in pages.items() for link in page.links]
    links += [(script, link) for script in site.glob("navtree*.js") for link in re.findall(r'"([\w]+\.html(?:#\w+)?)"', script.read_text())]
    for path, link in links:
        parts = urllib.parse.urlparse(link)
        if parts.scheme in ("http", "https", "mailto", "javascript", "data") or path.name == "compare.html" and not parts.path:
            continue
        count += 1
        target = site / urllib.parse.unquote(parts.path) if parts.path else path
        anchor = urllib.parse.unquote(parts.fragment)
        if not target.exists():
            complaints.append(f"{path.name}: {link}: no such file")
        elif anchor and target in pages and target.name != "compare.html" and anchor not in pages[target].anchors:
            complaints.append(f"{path.name}: {link}: no such anchor")
    return count, complaints


def headings(text):
    text = re.sub(r"(?ms)^```.*?^```", "", text)
    return {slug(h) for h in re.findall(r"(?m)^#+ (.*)$", text)} | set(re.findall(r'<a id="([^"]+)">', text))


def markdown_complaints():
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True)
    files = [ROOT / name for name in listed.stdout.split()] or [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    made = {"zoo", "blocks", "schedule_blocks", "compare"}
    count, complaints = 0, []
    for file in files:
        text = re.sub(r"(?ms)^```.*?^```|`[^`\n]*`", "", file.read_text())
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", link):
                continue
            count += 1
            name, _, anchor = link.partition("#")
            target = file.parent / name if name else file
            # Pages that are only on the site, made from the types.
            if name.endswith(".html") and (name[:-5] in made or name.startswith("zoo_")):
                continue
            if not target.exists():
                complaints.append(f"{file.relative_to(ROOT)}: {link}: no such file")
            elif anchor and target.suffix == ".md" and anchor not in headings(target.read_text()):
                complaints.append(f"{file.relative_to(ROOT)}: {link}: no such heading")
    return count, complaints


def main():
    on_site, wrong = site_complaints(pathlib.Path(sys.argv[1]))
    in_files, also_wrong = markdown_complaints()
    complaints = wrong + also_wrong
    print("\n".join(complaints or [f"{on_site} links on the site and {in_files} in Markdown files lead somewhere"]))
    return 1 if complaints or on_site < 1000 else 0


sys.exit(main())
