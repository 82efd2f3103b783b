"""Makes the built site small: it is read from a file system, where nothing compresses it."""
import re

# KaTeX's fonts that our formulas use; tests/formulas.js fails on a formula that needs another.
FONTS = re.compile(r"KaTeX_(AMS|Main-(Regular|Bold|Italic)|Math-Italic|Size[1-4])")


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


def slim(folder):
    for path in folder.glob("*.html"):
        path.write_text(html(path.read_text()))
    for path in folder.glob("*.css"):
        path.write_text(style(path.read_text()))
    shorten_anchors(folder)
    only_one_index(folder)
