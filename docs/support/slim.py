"""Makes the built site small: it is read from a file system, where nothing compresses it."""
import re

# KaTeX's fonts that our formulas use; tests/formulas.js fails on a formula that needs another.
FONTS = re.compile(r"KaTeX_(AMS|Main-(Regular|Bold|Italic)|Math-Italic|Size[1-4])-?(Regular)?\.woff2")


def katex_style(css):
    """KaTeX's style sheet with one format of the fonts in use."""
    css = re.sub(r",\s*url\([^)]*\.(?:woff|ttf)\)\s*format\([^)]*\)", "", css)
    return re.sub(r"@font-face\s*\{[^}]*\}", lambda face: face[0] if FONTS.search(face[0]) else "", css)


def style(css):
    """A style sheet without comments and indentation."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    return re.sub(r"\s*\n\s*", "\n", css)


def html(text):
    """A page without comments and indentation, but in code."""
    parts = re.split(r'(<div class="fragment">.*?</div><!-- fragment -->|<pre\b.*?</pre>|<script\b.*?</script>)', text, flags=re.S)
    for i in range(0, len(parts), 2):
        part = re.sub(r"<!--.*?-->", "", parts[i], flags=re.S)
        parts[i] = re.sub(r"\s*\n\s*", "\n", part)
    for i in range(1, len(parts), 2):
        if parts[i].startswith("<script"):
            parts[i] = re.sub(r"/\* @license.*?\*/\n", "", parts[i])
    return "".join(parts).replace("<!-- fragment -->", "").replace("<!-- line -->", "")


def shorten_anchors(folder):
    """Doxygen's names of members, 33 letters and more each, as short ones."""
    short = {}
    anchor = re.compile(r"\ba[0-9a-f]{32}(?:a[0-9a-f]{32})?\b")
    for path in sorted([*folder.glob("*.html"), *folder.glob("*.js"), *folder.glob("search/*.js")]):
        text = path.read_text()
        path.write_text(anchor.sub(lambda m: short.setdefault(m[0], f"m{len(short)}"), text))


def only_one_index(folder):
    """Keeps the search's index of everything, and leaves out those of kinds of things, which say the same again."""
    data = folder / "search" / "searchdata.js"
    text = data.read_text()
    for kind in re.findall(r'\n  \d+: "(\w+)"', text):
        if kind != "all":
            for file in folder.glob(f"search/{kind}_*"):
                file.unlink()
    one = [re.sub(r"\{.*?\n\};?", lambda m: "{\n  " + re.search(r'0: (".*?")', m[0])[0] + "\n};", part, flags=re.S)
           for part in re.split(r"(?=var )", text)]
    data.write_text("".join(one))


def bundle(folder):
    """One script and one style sheet in the place of those that every page names in its head, in their order."""
    script = re.compile(r'<script (?:type="text/javascript" )?src="([^"]+)"></script>\n')
    sheet = re.compile(r'<link href="([^"]+\.css)" rel="stylesheet"(?: type="text/css")? ?/>\n')
    pages = sorted(folder.glob("*.html"))
    heads = {path: path.read_text().partition("</head>") for path in pages}
    scripts, sheets = (kind.findall(heads[folder / "index.html"][0]) for kind in (script, sheet))
    if any(script.findall(head) != scripts or sheet.findall(head) != sheets for head, _, _ in heads.values()):
        raise SystemExit("slim.py: the pages do not name the same scripts and styles")
    for path, (head, end, body) in heads.items():
        head = script.sub("", sheet.sub("", head))
        path.write_text(head + '<link href="all.css" rel="stylesheet"/>\n<script src="all.js"></script>\n' + end + body)
    (folder / "all.js").write_text("\n;\n".join((folder / name).read_text() for name in scripts))
    (folder / "all.css").write_text("\n".join((folder / name).read_text().replace("../", "") for name in sheets))
    # The window of the search's results is a page of its own folder, with its own.
    for name in scripts + sheets:
        if not name.startswith("search/") or name == "search/searchdata.js":
            (folder / name).unlink()


def slim(folder):
    for path in folder.glob("*.html"):
        text = html(path.read_text())
        # Doxygen's summary of a class names a section that is not there, where its members are private.
        if 'id="nested-classes"' not in text:
            text = re.sub(r'<a href="#nested-classes">Classes</a>(?: &#124;\s*)?', "", text)
        path.write_text(text)
    shorten_anchors(folder)
    only_one_index(folder)
    bundle(folder)
    (folder / "all.css").write_text(style((folder / "all.css").read_text()))
