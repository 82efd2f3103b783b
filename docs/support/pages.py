"""Pages in Markdown, as they stand in the repository, made ready for Doxygen."""
import pathlib
import re

# The prose, in the order of the menu: file, title in the menu.
GUIDE = [
    ("first_step.md", "First step in five minutes"),
    ("write_a_rule.md", "Write your own rule"),
    ("compose_blocks.md", "Compose blocks"),
    ("schedules.md", "Schedules"),
    ("derivatives.md", "Derivatives, learned rates"),
    ("tensors_and_groups.md", "Many tensors and groups"),
    ("rows_and_matrices.md", "Rows, columns, matrices"),
    ("inspect.md", "Inspect a rule"),
    ("other_languages.md", "A rule in other languages"),
    ("benchmark.md", "Benchmark your rule"),
    ("your_framework.md", "furl in your framework"),
    ("match_pytorch.md", "Match PyTorch"),
    ("dialects.md", "Names in other libraries"),
    ("numerics.md", "Numerics"),
    ("pipeline.md", "How a rule becomes a loop"),
    ("performance.md", "Performance"),
    ("choosing.md", "Choosing an optimizer"),
    ("production.md", "In production"),
    ("offload.md", "Offloaded steps"),
    ("many_processes.md", "Many processes"),
    ("c_and_python.md", "C, Python and other languages"),
    ("storage.md", "Storage"),
    ("errors.md", "Errors"),
    ("architecture.md", "Architecture"),
    ("contributing.md", "Contributing"),
    ("changes.md", "Changes"),
]
GENERATED = {"zoo", "blocks", "schedule_blocks", "compare"}


def slug(heading):
    """The anchor that code hosts give a heading."""
    text = re.sub(r"`|\*", "", heading).strip().lower()
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", text))


def page_id(name):
    return "index" if name == "README.md" else pathlib.PurePosixPath(name).stem


def anchor(page, heading_slug):
    return f"{page}_{heading_slug}".replace("-", "_")


def link_target(target, page, names):
    """Where a link of a Markdown file leads on the site; None if the site has no such page."""
    if re.match(r"[a-z]+://|mailto:", target):
        return target
    path, _, fragment = target.partition("#")
    if not path:
        return f"#{fragment if re.fullmatch('E[0-9]+', fragment) else anchor(page, fragment)}"
    if re.fullmatch(r"\w+\.html", path):
        return target
    name = pathlib.PurePosixPath(path).name
    known = names.get(pathlib.PurePosixPath(path).as_posix().removeprefix("docs/").removeprefix("../"))
    if known is None or name not in (known, "README.md"):
        return None
    target_page = page_id(name)
    if not fragment:
        return f"{target_page}.html"
    return f"{target_page}.html#{fragment if re.fullmatch('E[0-9]+', fragment) else anchor(target_page, fragment)}"


def convert_line(line, page, names):
    def link(match):
        text, target = match[1], match[2]
        there = link_target(target, page, names)
        if there is None:
            return text if text.startswith("`") else f"{text} (`{target.removeprefix('../')}`)" if text != target else f"`{text}`"
        return f"[{text}]({there})"

    # Code as it is, formulas for Doxygen, links for the site.
    parts = re.split(r"(`[^`]*`)", line)
    for i in range(0, len(parts), 2):
        parts[i] = re.sub(r"(?<![\\$])\$([^$]+)\$(?!\$)", r"\\f$\1\\f$", parts[i])
    line = re.sub(r"(?<!!)\[((?:`[^`]*`|[^\]`])+)\]\(([^)\s]+)\)", link, "".join(parts))
    # A quotation mark ends Doxygen's code, unless that is in two backticks.
    return re.sub(r"``.*?``|`[^`]*`", lambda code: f"`{code[0]}`" if "'" in code[0] and code[0][1] != "`" else code[0], line)


def convert(text, page, title=None):
    """A Markdown page for Doxygen: labels on its headings, links within the site, formulas, no marks of code blocks."""
    names = {name: name for name, _ in GUIDE} | {"README.md": "README.md"}
    out, in_code, first, number = [], False, True, None
    for line in text.splitlines():
        if line.startswith("```"):
            in_code = not in_code
            out.append(line)
            continue
        if in_code:
            out.append(line)
            continue
        if found := re.fullmatch(r"\$\$(.*)\$\$", line.strip()):
            out.append(f"\\f[{found[1]}\\f]")
            continue
        if re.fullmatch(r"<!-- (file|output): .* -->", line.strip()):
            continue
        # Code hosts know light and dark pictures; the site has the light one, and inverts it.
        if found := re.fullmatch(r'\s*<img alt="([^"]*)" src="(docs/pictures/[\w-]+\.svg)">', line):
            out.append(f'\\htmlonly\n<figure class="plot"><img src="{found[2]}" alt="{found[1]}"></figure>\n\\endhtmlonly')
            continue
        if re.match(r"\s*</?(picture|source)\b", line):
            continue
        if found := re.fullmatch(r'<a id="(E\d+)"></a>', line):
            number = found[1]
            continue
        if found := re.fullmatch(r"!\[([^\]]*)\]\((?:\.\./)?(examples/pictures/\w+\.png)\)", line):
            out.append(f'\\htmlonly\n<figure class="plot"><img src="{found[2]}" alt="{found[1]}" loading="lazy"></figure>\n\\endhtmlonly')
            continue
        # Two quoted messages are two paragraphs.
        if line.startswith("> furl[") and out and out[-1].startswith("> "):
            out.append(">")
        if found := re.match(r"(#+) (.*)", line):
            heading = found[2]
            if first:
                out.append(f"# {title or heading} {{#{page if page != 'index' else 'mainpage'}}}")
                first = False
                continue
            label = number or anchor(page, slug(heading))
            number = None
            out.append(f"{found[1]} {convert_line(heading, page, names)} {{#{label}}}")
            continue
        out.append(convert_line(line, page, names))
    return "\n".join(out) + "\n"
