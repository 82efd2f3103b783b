#!/usr/bin/env python3
"""The errors of the headers, the cases here, and the sections of docs/errors.md are the same, word for word."""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def given_messages():
    """The messages of the headers by number, each without its 'See docs/...'; what is wrong with them."""
    messages, complaints = {}, []
    for header in sorted((ROOT / "include").rglob("*.hpp")):
        # A literal that begins a message, and those behind it that continue it.
        for literals in re.findall(r'"furl\[E\d+\](?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*', header.read_text()):
            text = re.sub(r'"\s*"', "", literals)[1:-1].replace('\\"', '"')
            number = re.match(r"furl\[(E\d+)\]", text)[1]
            message, see, rest = text.rpartition(" See docs/errors.md#")
            if rest != number:
                complaints.append(f"{header.relative_to(ROOT)}: {number} must end with: See docs/errors.md#{number}")
            messages.setdefault(number, set()).add(message)
    return messages, complaints


def described_messages():
    """The messages that docs/errors.md quotes, by the number of the section; what is wrong with the sections."""
    messages, complaints, number = {}, [], None
    page = ROOT / "docs" / "errors.md"
    text = page.read_text() if page.exists() else ""
    for line in text.splitlines():
        heading = re.match(r"## (E\d+) ", line)
        if heading:
            number = heading[1]
            messages[number] = set()
            if f'<a id="{number}"></a>\n\n{line}\n' not in text:
                complaints.append(f'docs/errors.md: {number} has no <a id="{number}"></a> before its heading')
        elif line.startswith("> "):
            messages.setdefault(number, set()).add(line[2:])
    return messages, complaints


def check():
    given, complaints = given_messages()
    described, wrong_sections = described_messages()
    complaints += wrong_sections
    tried = {case.name.split("_")[0] for case in HERE.glob("E*.cpp")}
    for number in sorted(given.keys() | described.keys() | tried):
        if number not in given:
            complaints.append(f"{number} stands in no header")
            continue
        if number not in tried:
            complaints.append(f"{number} has no case in tests/compile_fail")
        if number not in described:
            complaints.append(f"{number} has no section in docs/errors.md")
            continue
        complaints += [f"docs/errors.md does not quote: {m}" for m in sorted(given[number] - described[number])]
        complaints += [f"docs/errors.md quotes what no header says: {m}" for m in sorted(described[number] - given[number])]
    for case in sorted(HERE.glob("E*.cpp")):
        expected = re.match(r"// expect: (furl\[(E\d+)\]: .+)", case.read_text())
        if not expected or not any(m.startswith(expected[1]) for m in given.get(expected[2], ())):
            complaints.append(f"{case.name} expects what no header says")
    return "\n".join(complaints)


if __name__ == "__main__":
    sys.exit(check() or 0)
