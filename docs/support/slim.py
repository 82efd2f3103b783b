"""Makes the built site small: it is read from a file system, where nothing compresses it."""
import json
import re

# KaTeX's fonts that our formulas use; tests/formulas.js fails on a formula that needs another.
FONTS = re.compile(r"KaTeX_(Main-(Regular|Italic)|Math-Italic|Size[1-4])-?(Regular)?\.woff2")


def katex_style(css):
    """KaTeX's style sheet with one format of the fonts in use."""
    css = re.sub(r",\s*url\([^)]*\.(?:woff|ttf)\)\s*format\([^)]*\)", "", css)
    return re.sub(r"@font-face\s*\{[^}]*\}", lambda face: face[0] if FONTS.search(face[0]) else "", css)


def no_comment(match):
    """Of a comment nothing, but of one that says whose the text is all."""
    return match[0] if re.search("copyright", match[0], re.I) else ""


def style(css):
    """A style sheet without comments and indentation."""
    css = re.sub(r"/\*.*?\*/", no_comment, css, flags=re.S)
    return re.sub(r"\s*\n\s*", "\n", css)


def script(text):
    """A script without comments and indentation, where these have lines of their own; without jQuery's tooltips, which only
    listings of sources have."""
    text = re.sub(r"/\*!\s+PowerTip.*?(?=/\*!)", "", text, flags=re.S)
    text = re.sub(r"(?ms)^\s*/\*(?!!).*?\*/[ \t]*$|^\s*//[^\n]*$", no_comment, text)
    return re.sub(r"\s*\n\s*", "\n", text)


TAG = re.compile(r'<(\w+)((?:\s+[\w:-]+(?:="[^"]*")?)+)\s*(/?)>')
VOID = {"meta", "link", "img", "input", "br", "hr"}


def bare_tag(match):
    """A tag without the quotes that HTML does not need."""
    name, attributes, slash = match.groups()
    attributes = re.sub(r"\s+", " ", re.sub(r'="([^\s"\'`=<>]+)"', r"=\1", attributes))
    return f"<{name}{attributes}{'' if not slash or name in VOID else ' /'}>"


def tags(text):
    """Tags as short as HTML takes them: quotes and ends that can be left out are."""
    text = TAG.sub(bare_tag, text)
    text = re.sub(r"</t[dh]>\s*(?=<t[dh]\b|</tr>)", "", text)
    text = re.sub(r"</tr>\s*(?=<tr\b|</tbody>|</thead>|</table>)", "", text)
    return re.sub(r"</li>\s*(?=<li\b|</[uo]l>)", "", text)


def prose(text):
    """What is not code, without comments, indentation, and what style sheets say too."""
    text = re.sub(r"<!--.*?-->", "", text, flags=re.S)
    text = re.sub(r'<tr class="separator:.*?</tr>', "", text, flags=re.S)
    text = re.sub(r' (?:align="right" )?valign="\w+"', "", text)
    text = re.sub(r'class="mem(item|desc):\w+"', r'class="mem\1:"', text)
    return re.sub(r"\s*\n\s*", "\n", text)


def code(text):
    """Code without tooltips, which these pages do not show; keywords in a row are one."""
    text = re.sub(r'<div class="ttc".*?</div></div>\n', "", text)
    keyword = r'<span class="keyword">([^<]*)</span>'
    bare = lambda row: re.sub("<[^>]*>", "", row[0])  # noqa: E731
    return re.sub(f"{keyword}(?: {keyword})+", lambda row: f'<span class="keyword">{bare(row)}</span>', text)


def html(text):
    """A page without what no one sees."""
    text = re.sub(r'<a class="anchor" id="md_\w+"></a>', "", text)
    text = re.sub(r"<a href=\"[^\"]*-members.html\">List of all members</a>", "", text).replace(" &#124;\n  </div>", "</div>")
    text = re.sub(r'<li class="footer">.*?</li>', "", text, flags=re.S)
    parts = re.split(r'(<div class="fragment">.*?</div><!-- fragment -->|<pre\b.*?</pre>|<script\b.*?</script>)', text, flags=re.S)
    for i, part in enumerate(parts):
        if i % 2 == 0:
            parts[i] = tags(prose(part))
        elif part.startswith("<script"):
            parts[i] = tags(part[:part.index(">") + 1]) + script(part[part.index(">") + 1:])
        else:
            parts[i] = tags(code(part)).replace("<!-- fragment -->", "").replace("<!-- line -->", "")
    return "".join(parts)


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


HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{title}
<link href="all.css" rel="stylesheet">
<script src="all.js"></script>
</head>
<body>
<script>furl_top("{page}")</script>
"""


def bundle(folder):
    """What all pages have in common, once: one style sheet, and one script that also writes the top of a page, with the menu
    and the search."""
    pages = {path: path.read_text() for path in sorted(folder.glob("*.html"))}
    source = re.compile(r'<script (?:type="text/javascript" )?src="([^"]+)"></script>')
    index = pages[folder / "index.html"]
    head, top = re.search(r"(<head>.*?</head>\s*<body>\s*)(.*?</iframe>\s*</div>\s*)", index, re.S).groups()
    title = re.search(r"<title>.*?</title>", head)[0]
    head = head.replace(title, "TITLE")
    navigation = re.compile(r"initNavTree\('([^']*)',''\)")
    top = navigation.sub("initNavTree(page,'')", top)
    for path, text in pages.items():
        page, title = navigation.search(text)[1], re.search(r"<title>.*?</title>", text)[0]
        body = text.partition("<body>")[2].lstrip()
        own = navigation.sub("initNavTree(page,'')", body[:body.index("</iframe>")])
        if not top.startswith(own) or text[:text.index("<body>")].partition("<head>")[2].replace(title, "TITLE") not in head:
            raise SystemExit(f"slim.py: {path.name} has another head than index.html")
        end = re.search(r"</iframe>\s*</div>\s*", body).end()
        path.write_text(HEAD.format(title=title, page=page) + html(body[end:]))

    parts = re.split(r"<script\b[^>]*>(.*?)</script>", top, flags=re.S)
    run = script("".join(parts[1::2])).replace("var searchBox", "window.searchBox")
    write_top = f"function furl_top(page) {{\ndocument.write({json.dumps(prose(''.join(parts[::2])))});\n{run}}}\n"
    scripts = source.findall(head) + source.findall(top)
    sheets = re.findall(r'<link href="([^"]+\.css)" rel="stylesheet"', head)
    (folder / "all.js").write_text("\n;\n".join(script((folder / name).read_text()) for name in scripts) + write_top)
    (folder / "all.css").write_text(style("\n".join((folder / name).read_text().replace("../", "") for name in sheets)))
    # The window of the search's results is a page of its own folder, with its own.
    for name in scripts + sheets:
        if not name.startswith("search/") or name == "search/searchdata.js":
            (folder / name).unlink()


def slim(folder):
    """The least of a site that shows and finds the same."""
    # Each class's page lists its members as well; folders are in no menu.
    for path in [*folder.glob("*-members.html"), *folder.glob("dir_*")]:
        path.unlink()
    for path in folder.glob("*.html"):
        text = path.read_text()
        # Doxygen's summary of a class names a section that is not there, where its members are private.
        if 'id="nested-classes"' not in text:
            path.write_text(re.sub(r'<a href="#nested-classes">Classes</a>(?: &#124;\s*)?', "", text))
    shorten_anchors(folder)
    only_one_index(folder)
    bundle(folder)
    results = folder / "search" / "search.css"
    results.write_text(style(results.read_text()) + ".SRPage a.SRSymbol, .SRPage a.SRScope { font: 14px/1.7 sans-serif; }\n"
                       ".SRPage a.SRSymbol { font-weight: bold; }\n")
    for path in folder.glob("search/all_*.html"):
        path.write_text(html(path.read_text()))
    (folder / "doxygen.svg").unlink()
