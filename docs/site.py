#!/usr/bin/env python3
"""Builds the site: pages from the types, prose, graphs, the reference; all of it opens from the file system.

Fails on any warning of Doxygen, such as an undocumented public name.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE))
from support import graphs, headers, languages, packed, pages, plots, slim  # noqa: E402

KATEX = pathlib.Path("/usr/share/javascript/katex")
AWESOME = pathlib.Path("/usr/share/doxygen-awesome-css")
LARGEST = 4_000_000  # bytes of the site without the plots
SCRIPTS = ["doxygen-awesome-darkmode-toggle.js", "doxygen-awesome-fragment-copy-button.js",
           "doxygen-awesome-paragraph-link.js"]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def fill_graphs(folder):
    """Puts the graphs of the rules into their pages."""
    drawn = graphs.draw(sorted(folder.glob("*.dot")))
    for page in folder.glob("zoo_*.md"):
        text = page.read_text()
        text = re.sub(r"<!-- graph: (\w+) -->",
                      lambda m: f'<figure class="graph scroll" data-graph="{packed.deflated(drawn[m[1]])}"></figure>', text)
        page.write_text(text)


def fill_plots(folder, drawn, html):
    """Puts plots into the pages, where there are any: `<!-- plot: NAME -->` or `<!-- plot: NAME, what it shows -->`."""
    have = {path.stem: path for plots in (folder / "plots", drawn) if plots for path in plots.glob("*.svg")}

    def figure(match):
        name, text = match[1], match[2] or ""
        if name not in have:
            return ""
        write(html / "plots" / f"{name}.svg", plots.small(have[name].read_text()))
        heading = match[3] and f"<h2>{match[3]}</h2>\n" or ""
        picture = f'<img src="plots/{name}.svg" alt="{text or name}" loading="lazy">'
        if match[3]:
            return f'{heading}<figure class="plot">{picture}</figure>'
        return f'\\htmlonly\n<figure class="plot">{picture}<figcaption>{text}</figcaption></figure>\n\\endhtmlonly'

    for page in folder.glob("*.md"):
        text = page.read_text()
        filled = re.sub(r"<!-- plot: (\w+)(?:, (.*?))?(?: \| (.*?))? -->", figure, text)
        if filled != text:
            page.write_text(filled)


def fill_pictures(folder, html):
    """Copies the pictures of the examples that the pages show."""
    for page in folder.glob("*.md"):
        for name in re.findall(r'src="((?:docs|examples)/pictures/[^"]+)"', page.read_text()):
            (html / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, html / name)


def layout(work, folder):
    """Doxygen's own layout file with our menu: the guide, the zoo with its rules, the blocks, the reference."""
    def entry(page, title):
        return f'<tab type="user" url="@ref {page}" title="{title}"/>'
    rules = sorted(page.stem.removeprefix("zoo_") for page in folder.glob("zoo_*.md"))
    guide = "".join(entry(pages.page_id(name), title) for name, title in pages.GUIDE)
    zoo = "".join(entry(f"zoo_{rule}", rule) for rule in rules)
    menu = f"""<navindex>
<tab type="mainpage" visible="no"/><tab type="pages" visible="no"/>
<tab type="usergroup" url="@ref first_step" title="Guide">{guide}</tab>
<tab type="usergroup" url="@ref zoo" title="The zoo">{entry("compare", "Compare two rules")}{zoo}</tab>
{entry("blocks", "Blocks")}{entry("schedule_blocks", "Schedule reference")}
<tab type="usergroup" url="[none]" title="Reference">
<tab type="namespacelist" visible="yes" title="Namespaces" intro=""/>
<tab type="namespacemembers" visible="yes" title="Functions and constants" intro=""/>
<tab type="classlist" visible="yes" title="Classes" intro=""/>
<tab type="concepts" visible="yes" title="Concepts" intro=""/>
</tab></navindex>"""
    file = work / "layout.xml"
    subprocess.run(["doxygen", "-l", file], check=True, stdout=subprocess.DEVNULL)
    write(file, re.sub(r"<navindex>.*?</navindex>", lambda _: menu, file.read_text(), flags=re.S))


def html_header(work):
    """Doxygen's own page header with KaTeX in the place of MathJax, and our scripts."""
    header = work / "header.html"
    subprocess.run(["doxygen", "-w", "html", header, work / "footer.html", work / "unused.css"], check=True,
                   stdout=subprocess.DEVNULL, cwd=work)
    tags = '<script src="$relpath^site.js"></script>\n'
    text = header.read_text()
    if "$mathjax" not in text:
        sys.exit("site.py: the header of this Doxygen has no $mathjax")
    text = text.replace("$mathjax", tags)
    text = re.sub(r"<!--BEGIN !PROJECT_NAME-->.*?<!--END !PROJECT_NAME-->", "", text, flags=re.S)
    write(header, text)


def write_theme(work, html):
    """All styles in one file and all scripts in one, so that a page names few; the fonts."""
    katex = slim.katex_style((KATEX / "katex.min.css").read_text())
    sheets = [AWESOME / f"doxygen-awesome{part}.css" for part in ("", "-sidebar-only", "-sidebar-only-darkmode-toggle")]
    write(work / "site.css", "\n".join([katex, *(sheet.read_text() for sheet in [*sheets, HERE / "theme" / "site.css"])]))
    for font in set(re.findall(r"url\((fonts/[^)]*)\)", katex)):
        (html / "fonts").mkdir(exist_ok=True)
        shutil.copy(KATEX / font, html / font)
    scripts = [KATEX / "katex.min.js", KATEX / "contrib" / "auto-render.js", *(AWESOME / name for name in SCRIPTS),
               *(HERE / "theme" / name for name in ("packed.js", "languages.js", "site.js"))]
    write(html / "site.js", "\n;\n".join(script.read_text() for script in scripts))
    shutil.copy(HERE / "theme" / "compare.js", html)


def write_packed(folder, sources, html):
    """What few readers open, packed: the rules in other languages, and what the page compares that compares two rules."""
    subprocess.run([sources, folder / "sources.json"], check=True)
    rules = json.loads((folder / "sources.json").read_text())
    pages_of_rules = {page.stem.removeprefix("zoo_") for page in folder.glob("zoo_*.md")}
    if pages_of_rules != rules.keys():
        sys.exit(f"site.py: rules have a page, or texts in other languages, but not both: {', '.join(sorted(pages_of_rules ^ rules.keys()))}")
    for language, script in languages.scripts(rules, (HERE / "errors.md").read_text()):
        write(html / f"{language}.js", script)
    write(html / "zoo.js", packed.script("zoo", json.loads((folder / "zoo.json").read_text())))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generator", required=True, type=pathlib.Path, help="the docs_generator program")
    parser.add_argument("--sources", required=True, type=pathlib.Path, help="the docs_sources program")
    parser.add_argument("--output", required=True, type=pathlib.Path, help="a folder; the site is its html/")
    parser.add_argument("--version", default="")
    parser.add_argument("--bench", type=pathlib.Path, help="zoo.json of bench/run, for the speeds")
    parser.add_argument("--plots", type=pathlib.Path, help="a folder with plots: NAME.svg")
    parser.add_argument("--stamp", type=pathlib.Path, help="a file to touch at the end")
    args = parser.parse_args()

    work, html = args.output.resolve(), args.output.resolve() / "html"
    folder = work / "pages"
    for old in (folder, html, work / "include"):
        shutil.rmtree(old, ignore_errors=True)
    html.mkdir(parents=True)

    bench = [args.bench] if args.bench and args.bench.exists() else []
    subprocess.run([args.generator, ROOT, folder, *bench], check=True)
    fill_graphs(folder)
    guide = {name for name, _ in pages.GUIDE}
    prose = {page.name for page in HERE.glob("*.md")}
    if guide != prose:
        sys.exit(f"site.py: GUIDE in support/pages.py and the pages in docs/ differ: {', '.join(sorted(guide ^ prose))}")
    for name in guide:
        write(folder / name, pages.convert((HERE / name).read_text(), pages.page_id(name)))
    write(folder / "README.md", pages.convert((ROOT / "README.md").read_text(), "index", "furl"))
    for header in (ROOT / "include").rglob("*.hpp"):
        if not headers.INTERNAL.fullmatch(header.relative_to(ROOT / "include").as_posix()):
            write(work / header.relative_to(ROOT), headers.convert(header.read_text()))

    fill_plots(folder, args.plots, html)
    fill_pictures(folder, html)
    html_header(work)
    layout(work, folder)
    settings = (HERE / "Doxyfile").read_text()
    write_theme(work, html)
    settings += f"""
PROJECT_NUMBER = {args.version}
INPUT = {folder} {work / 'include'} {HERE / 'namespaces.dox'}
STRIP_FROM_PATH = {work / 'include'}
STRIP_FROM_INC_PATH = {work / 'include'}
USE_MDFILE_AS_MAINPAGE = {folder / 'README.md'}
OUTPUT_DIRECTORY = {work}
HTML_HEADER = {work / 'header.html'}
HTML_EXTRA_STYLESHEET = {work / 'site.css'}
LAYOUT_FILE = {work / 'layout.xml'}
"""
    write(work / "Doxyfile", settings)
    done = subprocess.run(["doxygen", work / "Doxyfile"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    complaints = done.stderr.replace(f"{work}/", "")
    # Of a concept without a comment Doxygen says nothing; it names a page and writes none.
    for link in re.findall(r'href="(concept\w+\.html)"', (html / "concepts.html").read_text()):
        if not (html / link).exists():
            complaints += f"error: {link[7:-5].replace('_1_1', '::')} (concept) is not documented.\n"
    slim.slim(html)
    write_packed(folder, args.sources, html / "packed")
    size = sum(f.stat().st_size for f in html.rglob("*") if f.is_file())
    drawn = sum(f.stat().st_size for folder in ("plots", "examples") for f in (html / folder).rglob("*.*"))
    print(f"{html}/index.html: {(size - drawn) / 1e6:.2f} MB, and {drawn / 1e6:.2f} MB of plots")
    if size - drawn > LARGEST:
        sys.exit(f"site.py: without the plots the site is larger than {LARGEST / 1e6:.1f} MB")
    if done.returncode or complaints:
        print(complaints, file=sys.stderr)
        sys.exit(f"site.py: {complaints.count('error:')} complaints of Doxygen")
    if args.stamp:
        args.stamp.touch()


if __name__ == "__main__":
    main()
