#!/usr/bin/env python3
"""Every code block of README.md and of the pages in docs/ stands, byte for byte, in a file that is compiled, or is what a
program prints.

The line before a block says where it is from:
  <!-- file: examples/first.cpp -->            ```cpp   the whole file, from its first #include on
  <!-- file: examples/first.cpp [rule] -->     ```cpp   the lines between two lines // [rule]; in Python, Meson and CMake # [rule]
  <!-- output: docs/examples/inspect.cpp text -->  ```text  what the program built from this file prints, given "text"

In docs/errors.md the lines of a block under the heading E03 stand in a case tests/compile_fail/E03_*.cpp. Shell blocks name scripts that
exist.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FILE = re.compile(r"<!-- file: (\S+?)(?: \[(\S+)\])? -->")
OUTPUT = re.compile(r"<!-- output: (\S+?)(?: (\S+))? -->")
CHECKED = {"cpp", "c", "python", "meson", "cmake", "text", "sh"}


def blocks(lines):
    """(first line, line past the end, language, the line before, text) of each block."""
    start = None
    for number, line in enumerate(lines):
        if start is None and line.startswith("```"):
            start = number
        elif start is not None and line.strip() == "```":
            before = lines[start - 1].strip() if start else ""
            yield start + 1, number, lines[start][3:].strip(), before, "".join(lines[start + 1:number])
            start = None


def region(text, name):
    """The lines between two marks, without the indentation that all of them share."""
    lines = text.splitlines(keepends=True)
    marks = [i for i, line in enumerate(lines) if line.strip() in (f"// [{name}]", f"# [{name}]")]
    return textwrap.dedent("".join(lines[marks[0] + 1:marks[1]])) if len(marks) == 2 else None


def whole(text):
    """A file, in C and C++ without the remarks at its head."""
    return text[text.index("#include"):] if "#include" in text else text


class Build:
    """What a Meson build compiles, and the cases of tests/compile_fail."""

    def __init__(self, folder):
        self.folder = folder
        entries = json.loads((folder / "compile_commands.json").read_text())
        self.files = {os.path.realpath(os.path.join(entry["directory"], entry["file"])) for entry in entries}
        # The library of the zoo, and what examples share, are parts of tests too.
        programs = {os.path.relpath(file, ROOT).split(os.sep)[0] for file in self.files
                    if not re.search("zoo_library|examples/support", file) and file.endswith(".cpp")}
        self.parts = {"docs", "examples"} & programs
        self.has_libtorch = any("torch/csrc/api/include" in entry["command"] for entry in entries)
        self.files |= {os.path.realpath(case) for case in (ROOT / "tests" / "compile_fail").glob("*.cpp")}

    def builds(self, path):
        """Whether the build has the part that a file belongs to, and its library: what it leaves out is for another build to check."""
        if "<furl/adapt/torch.hpp>" in path.read_text() and not self.has_libtorch:
            return False
        return path.relative_to(ROOT).parts[0] in self.parts | {"tests"}

    def compiles(self, path):
        """Tests run what is in other languages than C++, and libraries that are projects of their own."""
        return path.suffix != ".cpp" or path.parent.name in ("rule_library", "torch_extension") or os.path.realpath(path) in self.files

    def output(self, path, argument):
        """What the program of docs/examples/X.cpp prints: it is docs/docs_X of the build. None if it is not built."""
        program = self.folder / "docs" / f"docs_{path.stem}"
        if not program.exists():
            return None
        return subprocess.run([program, *([argument] if argument else [])], capture_output=True, text=True, check=True).stdout


def expected(marker, build):
    """(the text that a block must have, None) or (None, what is wrong with its marker)."""
    if found := FILE.fullmatch(marker):
        path, name = ROOT / found[1], found[2]
        if not path.exists():
            return None, f"{found[1]} does not exist"
        if build and build.builds(path) and not build.compiles(path):
            return None, f"{found[1]} is not compiled by this build"
        text = region(path.read_text(), name) if name else whole(path.read_text())
        return text, None if text is not None else f"{found[1]} does not have two lines // [{name}]"
    if found := OUTPUT.fullmatch(marker):
        path = ROOT / found[1]
        if not path.exists():
            return None, f"{found[1]} does not exist"
        if not build or not build.builds(path):
            return None, None
        text = build.output(path, found[2])
        return text, None if text is not None else f"this build has no program of {found[1]}"
    return None, "no line <!-- file: ... --> or <!-- output: ... --> before this block"


def bare(line):
    """A line without its remark and its alignment."""
    return " ".join(re.sub(r"(^|\s)//.*", "", line).split())


def is_case(text, number):
    """Whether each line of a block stands in one and the same case of this error."""
    wanted = {bare(line) for line in text.splitlines()} - {""}
    cases = (ROOT / "tests" / "compile_fail").glob(f"{number}_*.cpp")
    return any(wanted <= {bare(line) for line in case.read_text().splitlines()} for case in cases)


def missing_scripts(text):
    scripts = re.findall(r"(?m)(?:^|&& )(?:\./)?([\w.]+/run)\b", text)
    return [script for script in scripts if not (ROOT / script).exists()]


def check_page(page, build, update):
    """The number of blocks of a page, and what is wrong with them; sets right what can be, if asked to."""
    lines = page.read_text().splitlines(keepends=True)
    name, number, complaints, count, changes = page.relative_to(ROOT), None, [], 0, []
    headings = {i: found[1] for i, line in enumerate(lines) if (found := re.match(r"## (E\d+) ", line))}
    for start, end, language, before, text in blocks(lines):
        number = next((headings[i] for i in range(start, -1, -1) if i in headings), None)
        if language not in CHECKED:
            continue
        count += 1
        where = f"{name}:{start}"
        if language == "sh":
            complaints += [f"{where}: {script} does not exist" for script in missing_scripts(text)]
        elif page.name == "errors.md":
            if not is_case(text, number):
                complaints.append(f"{where}: no case {number}_*.cpp of tests/compile_fail has these lines")
        else:
            wanted, complaint = expected(before, build)
            if complaint:
                complaints.append(f"{where}: {complaint}")
            elif wanted is not None and wanted != text:
                changes.append((start, end, wanted))
                if not update:
                    complaints.append(f"{where}: differs from {before[5:-4]}")
    if update and changes:
        for start, end, wanted in reversed(changes):
            lines[start:end] = [wanted]
        page.write_text("".join(lines))
    return count, complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, help="a Meson build that should compile the files and has the programs")
    parser.add_argument("--update", action="store_true", help="write the blocks anew from the files and programs")
    args = parser.parse_args()
    build = Build(args.build) if args.build else None
    total, complaints = 0, []
    for page in PAGES:
        count, wrong = check_page(page, build, args.update)
        total += count
        complaints += wrong
    print("\n".join(complaints or [f"{total} blocks, each as compiled or printed"]))
    return 1 if complaints else 0


sys.exit(main())
