"""Makes the built site small: it is read from a file system, where nothing compresses it."""
import json
import re
from html import unescape

# KaTeX's fonts that our formulas use; tests/formulas.js fails on a formula that needs another.
FONTS = re.compile(r"KaTeX_(Main-(Regular|Italic)|Math-Italic|Size[1-4])-?(Regular)?\.woff2")


def katex_style(css):
    """KaTeX's style sheet with one format of the fonts in use."""
    css = re.sub(r",\s*url\([^)]*\.(?:woff|ttf)\)\s*format\([^)]*\)", "", css)
    return re.sub(r"@font-face\s*\{[^}]*\}", lambda face: face[0] if FONTS.search(face[0]) else "", css)


def is_notice(comment):
    """Whether a comment says whose the text is."""
    return re.search("copyright", comment, re.I)


def no_comment(match):
    """Of a comment nothing, but of a notice all."""
    return match[0] if is_notice(match[0]) else ""


def style(css):
    """A style sheet without comments and indentation."""
    css = re.sub(r"/\*.*?\*/", no_comment, css, flags=re.S)
    return re.sub(r"\s*\n\s*", "\n", css)


def used_style(css, text):
    """A style sheet without the rules of classes and elements that no page and no script names. KaTeX and jQuery put some names
    together from parts."""
    notices = dict.fromkeys(comment for comment in re.findall(r"/\*.*?\*/", css, re.S) if is_notice(comment))
    names = set(re.findall(r"[\w-]+", text))

    def is_used(selector):
        return ".katex" in selector or all(name in names or name.startswith("ui-") for name in re.findall(r"[.#]([a-zA-Z][\w-]*)", selector))

    def rule(match):
        if match[1].lstrip().startswith("@"):
            return match[0]
        selectors = [selector for selector in re.split(r",(?![^(]*\))", match[1]) if is_used(selector)]
        return f"{','.join(selectors)}{{{match[2]}}}" if selectors else ""

    css = re.sub(r"([^{};]+)\{([^{}]*)\}", rule, re.sub(r"/\*.*?\*/", "", css, flags=re.S))
    css = re.sub(r"@media[^{}]*\{\s*\}", "", css)
    css = re.sub(r"\s*([{};,])\s*", r"\1", css).replace(";}", "}").replace("}", "}\n")
    return "\n".join([*notices, css])


def script(text):
    """A script without comments and indentation, where these have lines of their own; without jQuery's tooltips, which only
    listings of sources have."""
    text = re.sub(r"/\*!\s+PowerTip.*?(?=/\*!)", "", text, flags=re.S)
    seen = set()
    text = re.sub(r"/\*\s*@licstart.*?\*/", lambda notice: "" if notice[0] in seen else seen.add(notice[0]) or notice[0], text, flags=re.S)
    text = re.sub(r"(?ms)^\s*/\*(?!!).*?\*/[ \t]*$|^\s*//[^\n]*$", no_comment, text)
    return re.sub(r"\s*\n\s*", "\n", text)


TAG = re.compile(r'<(\w+)((?:\s+[\w:-]+(?:="[^"]*")?)+)\s*(/?)>')
VOID = {"meta", "link", "img", "input", "br", "hr", "wbr"}


def bare_tag(match):
    """A tag without the quotes that HTML does not need."""
    name, attributes, slash = match.groups()
    attributes = re.sub(r"\s+", " ", re.sub(r'="([^\s"\'`=<>]+)"', r"=\1", attributes))
    return f"<{name}{attributes}{'' if not slash or name in VOID else ' /'}>"


def tags(text):
    """Tags as short as HTML takes them: quotes and ends that can be left out are."""
    text = TAG.sub(bare_tag, text)
    text = re.sub(r"<(br|wbr) ?/>", r"<\1>", text)
    text = re.sub(r"</t[dh]>\s*(?=<t[dh]\b|</tr>)", "", text)
    text = re.sub(r"</tr>\s*(?=<tr\b|</tbody>|</thead>|</table>)", "", text)
    text = re.sub(r"</thead>\s*(?=<tbody>)|</tbody>\s*(?=</table>)", "", text)
    text = re.sub(r"</d[td]>\s*(?=<d[td]\b|</dl>)", "", text)
    text = re.sub(r"</p>\s*(?=<(?:p|div|h[1-6]|table|[uo]l|dl|pre|figure)\b|</(?:div|td|li)>)", "", text)
    return re.sub(r"</li>\s*(?=<li\b|</[uo]l>)", "", text)


def letters(text):
    """Letters as they are, where HTML needs no name for them."""
    named = {"&#160;": "\u00a0", "&quot;": '"', "&#39;": "'", "&#124;": "|", "&gt;": ">", "&ndash;": "\u2013"}
    parts = re.split(r"(<[^<>]*>)", text)
    for i in range(0, len(parts), 2):
        parts[i] = re.sub("|".join(named), lambda name: named[name[0]], parts[i])
        parts[i] = re.sub(r"&amp;(?=[\s=&]|$)", "&", parts[i])
    return "".join(parts)


# Names of classes of cells that a page has hundreds of.
SHORT = {"memItemLeft": "l", "memItemRight": "r", "memTemplParams": "tp", "memTemplItemLeft": "tl", "memTemplItemRight": "tr",
         "mdescLeft": "dl", "mdescRight": "dr", "markdownTableHeadNone": "h"}


def short_classes(text):
    """A page, a style sheet or a script with short names of classes."""
    return re.sub(r"\b(" + "|".join(SHORT) + r")\b", lambda name: SHORT[name[0]], text)


def prose(text):
    """What is not code, without comments, indentation, and what style sheets say too."""
    text = re.sub(r"<!--.*?-->", "", text, flags=re.S)
    text = re.sub(r'<tr class="separator:.*?</tr>', "", text, flags=re.S)
    text = re.sub(r' (?:align="right" )?valign="\w+"', "", text)
    text = re.sub(r' class="(?:mem(?:item|desc):\w+|markdownTable(?:Row\w+|BodyNone)|el)"', "", text)
    text = re.sub(r'<a id="([^"]*)" name="\1">', r'<a id="\1">', text)
    # Doxygen repeats in tooltips what stands on the page that the link leads to.
    text = re.sub(r'(<a (?:class="[^"]*" )?href="[^"]*") title="[^"]*"', r"\1", text)
    text = re.sub(r"\s*<br ?/>\s*(?=</td>)", "", text)
    text = re.sub(r"<p\s*>\s*(?=<(?:p|div|h2|table|ul|ol|dl|figure)\b|</p>)|(?<=</div>)\s*</p>", "", text.replace("<p >", "<p>"))
    return re.sub(r"\s*\n\s*", "\n", text)


def code(text):
    """Code without tooltips, which these pages do not show, and marks that are short. Lines become elements in the browser."""
    text = re.sub(r'<div class="ttc".*?</div></div>\n', "", text)
    text = re.sub(r'<div class="line">(.*?)</div>(?:<!-- line -->)?', r"\1", text)
    text = re.sub(r'(<a class="code)[^"]*"', r'\1"', text)
    marks = {"keyword": "b", "comment": "i", "stringliteral": "u", "charliteral": "u"}
    text = re.sub(r'<span class="(' + "|".join(marks) + r')">([^<]*)</span>',
                  lambda span: f"<{marks[span[1]]}>{span[2]}</{marks[span[1]]}>", text)
    return re.sub(r"<b>([^<]*)</b>(?: <b>[^<]*</b>)+", lambda row: f"<b>{re.sub('<[^>]*>', '', row[0])}</b>", text)


def html(text):
    """A page without what no one sees."""
    text = re.sub(r'<a class="anchor" id="md_\w+"></a>', "", text)
    text = re.sub(r"<a href=\"[^\"]*-members.html\">List of all members</a>", "", text).replace(" &#124;\n  </div>", "</div>")
    text = re.sub(r'<li class="footer">.*?</li>', "", text, flags=re.S)
    parts = re.split(r'(<div class="fragment">.*?</div><!-- fragment -->|<pre\b.*?</pre>|<script\b.*?</script>)', text, flags=re.S)
    for i, part in enumerate(parts):
        if i % 2 == 0:
            parts[i] = short_classes(letters(tags(prose(part))))
        elif part.startswith("<script"):
            parts[i] = tags(part[:part.index(">") + 1]) + script(part[part.index(">") + 1:])
        else:
            parts[i] = letters(tags(code(part).replace("<!-- fragment -->", "")))
    text = "".join(parts)
    return re.sub(r"<div id=nav-path class=navpath>\s*<ul>\s*</ul>\s*</div>\s*", "<div id=nav-path></div>", text).replace("</body>\n</html>", "")


def shorten_anchors(folder):
    """Doxygen's names of members, 33 letters and more each, as short ones."""
    short = {}
    anchor = re.compile(r"\ba[0-9a-f]{32}(?:a[0-9a-f]{32})?\b")
    for path in sorted([*folder.glob("*.html"), *folder.glob("*.js"), *folder.glob("search/*.js")]):
        text = path.read_text()
        path.write_text(anchor.sub(lambda m: short.setdefault(m[0], f"m{len(short)}"), text))


def shorten_menu(folder):
    """The menu's index of places without those that a later one replaces: a class is in two lists."""
    for path in folder.glob("navtreeindex*.js"):
        head, *lines = path.read_text().splitlines()
        last = {line.partition(":")[0]: line for line in lines}
        path.write_text("\n".join([head, *last.values()]) + "\n")


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


def key(name):
    """How Doxygen's search.js writes a name, to compare its letters."""
    return "".join(c if re.match(r"[a-z0-9\u0080-\uffff]", c) else f"_{ord(c):02x}" for c in unescape(name).lower())


EXPAND = """
function furl_index(text) {
const key = (name) => convertToId(Object.assign(document.createElement("p"), { innerHTML: name }).textContent.toLowerCase());
return text.split("\\n").map((line, place) => {
const [name, ...links] = line.split("\\t"), found = [name];
for (let i = 0; i < links.length; i += 2) found.push(["../" + links[i], 1, links[i + 1]]);
return [key(name) + "_" + place, found];
});
}
"""


def shorten_search(folder):
    """The search's index without what follows from its names, and one page of results for all letters. search.js, which such a
    page reads, makes the rest."""
    pages = sorted(folder.glob("search/all_*.html"))
    body = re.search(r"<body[^>]*>(.*)</body>", pages[0].read_text(), re.S)[1]
    parts = re.split(r"<script\b[^>]*>(.*?)</script>", body, flags=re.S)
    file = folder / "search" / "search.js"
    file.write_text(script(file.read_text() + EXPAND + f"searchData = furl_index(searchData);\ndocument.write({json.dumps(prose(''.join(parts[::2])))});\n" +
                           "".join(parts[1::2])))
    for page in pages:
        page.write_text(f"""<!DOCTYPE html>
<meta charset=UTF-8>
<title>Results</title>
<link href=search.css rel=stylesheet>
<body class=SRPage>
<script src={page.stem}.js></script>
<script src=search.js></script>
""")
        data = page.with_suffix(".js")
        text = re.sub(r"'((?:[^'\\]|\\.)*)'", lambda word: json.dumps(word[1].replace("\\'", "'")), data.read_text())
        lines = []
        for place, (known, (name, *links)) in enumerate(json.loads(text[text.index("["):text.rindex("]") + 1])):
            if known != f"{key(name)}_{place}" or any(link[0][:3] != "../" or link[1] != 1 or len(link) != 3 for link in links):
                raise SystemExit(f"slim.py: the search's index of this Doxygen has an entry of another kind: {known}")
            lines.append("\t".join([name, *(word for link in links for word in (link[0][3:], link[2]))]))
        data.write_text("var searchData = String.raw`" + "\n".join(lines) + "`;\n")


# all.js writes the top of the page where the script stands.
HEAD = """<!DOCTYPE html>
<html lang=en>
<meta charset=UTF-8>
<meta name=viewport content="width=device-width, initial-scale=1">
{title}
<link href=all.css rel=stylesheet>
<body>
<script src=all.js></script>
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
        title = re.search(r"<title>.*?</title>", text)[0]
        body = text.partition("<body>")[2].lstrip()
        own = navigation.sub("initNavTree(page,'')", body[:body.index("</iframe>")])
        if not top.startswith(own) or text[:text.index("<body>")].partition("<head>")[2].replace(title, "TITLE") not in head:
            raise SystemExit(f"slim.py: {path.name} has another head than index.html")
        end = re.search(r"</iframe>\s*</div>\s*", body).end()
        path.write_text(HEAD.format(title=title) + html(body[end:]))

    parts = re.split(r"<script\b[^>]*>(.*?)</script>", top, flags=re.S)
    run = script("".join(parts[1::2])).replace("var searchBox", "window.searchBox")
    page = 'const page = location.pathname.split("/").pop() || "index.html";'
    write_top = f"{{\n{page}\ndocument.write({json.dumps(prose(''.join(parts[::2])))});\n{run}}}\n"
    scripts = source.findall(head) + source.findall(top)
    sheets = re.findall(r'<link href="([^"]+\.css)" rel="stylesheet"', head)
    all_scripts = short_classes(script("\n;\n".join((folder / name).read_text() for name in scripts)) + write_top)
    (folder / "all.js").write_text(all_scripts)
    all_styles = "\n".join((folder / name).read_text().replace("../", "") for name in sheets)
    # Rows of members are known by their cells.
    all_styles = short_classes(all_styles).replace("tr[class^='memitem']", "tr:has(> .l, > .tl, > .tp)")
    in_pages = "".join(path.read_text() for path in [*pages, *folder.glob("*.js")])
    (folder / "all.css").write_text(used_style(all_styles, in_pages))
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
    shorten_menu(folder)
    only_one_index(folder)
    bundle(folder)
    results = folder / "search" / "search.css"
    results.write_text(style(results.read_text()) + ".SRPage a.SRSymbol, .SRPage a.SRScope { font: 14px/1.7 sans-serif; }\n"
                       ".SRPage a.SRSymbol { font-weight: bold; }\n")
    shorten_search(folder)
    (folder / "doxygen.svg").unlink()
