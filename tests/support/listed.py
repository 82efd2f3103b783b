#!/usr/bin/env python3
"""What is listed by hand is what is there: test files in the build, headers in the doors, rules in the lists of the zoo, pages
of the site, names at the top level."""
import collections
import pathlib
import re
import shutil
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
FURL = TESTS.parent / "include" / "furl"
NOT_OF_THE_BUILD = {"compile_fail", "consumer", "flags", "fuzz"}  # scripts compile these
DOORS = ("language", "blocks", "zoo", "print")
# Parts of the headers that a door has, derivatives, the lists of the zoo and the texts in other languages, which a program includes by themselves.
NOT_IN_A_DOOR = {"blocks/derivative.hpp", "blocks/hypergradient_descent.hpp", "language/differentiate.hpp", "language/domain.hpp", "language/limits.hpp", "language/matrix_engine.hpp", "print/c.hpp", "print/c_file.hpp", "print/c_helpers.hpp", "print/c_loops.hpp", "print/cuda.hpp", "print/equations.hpp", "print/kernels.hpp", "print/lines.hpp", "print/notation.hpp", "print/numpy.hpp", "print/opencl.hpp", "print/opencl_host.hpp", "print/printable.hpp", "print/python.hpp", "print/statements.hpp", "print/torch.hpp", "zoo/list.hpp", "zoo/matrix/list.hpp", "zoo/names.hpp"}


def tests_out_of_the_build():
    """The build names every test file: one that no list has would pass unseen."""
    listed = set(re.findall(r"'([^']+\.cpp)'", (TESTS / "meson.build").read_text()))
    for path in sorted(TESTS.glob("*/*.cpp")):
        name = path.relative_to(TESTS).as_posix()
        if path.parent.name not in NOT_OF_THE_BUILD and name not in listed:
            yield f"tests/{name} is in no group of tests/meson.build"


def headers_out_of_doors():
    """A door has each header of its folder. What it has is there, or it would not compile."""
    for folder in DOORS:
        door = FURL / folder / f"{folder}.hpp"
        included = re.findall(r"^#include <furl/([^>]+)>", door.read_text(), re.M)
        for path in sorted((FURL / folder).rglob("*.hpp")):
            header = path.relative_to(FURL).as_posix()
            if path != door and header not in NOT_IN_A_DOOR and header not in included:
                yield f"furl/{folder}/{folder}.hpp does not include furl/{header}"
        if included != sorted(included):
            yield f"furl/{folder}/{folder}.hpp is not sorted"


def rules_out_of_lists():
    """The lists of the zoo name each rule that a header of their folder defines, once and in order of the alphabet, and no other.
    names.hpp has the rules of both folders."""
    def defined(headers):
        return {rule: path.relative_to(FURL).as_posix() for path in sorted(headers)
                for rule in re.findall(r"^struct (\w+)[^;{]*\{", path.read_text(), re.M)}

    def tuple_of(header):
        return re.findall(r"\w+", re.search(r"hana::tuple_t<([^>]*)>", (FURL / header).read_text())[1])

    zoo = FURL / "zoo"
    lists = {"zoo/names.hpp": (re.findall(r"^struct (\w+);", (zoo / "names.hpp").read_text(), re.M), defined(zoo.rglob("*.hpp"))),
             "zoo/list.hpp": (tuple_of("zoo/list.hpp"), defined(zoo.glob("*.hpp"))),
             "zoo/matrix/list.hpp": (tuple_of("zoo/matrix/list.hpp"), defined((zoo / "matrix").glob("*.hpp")))}
    for name, (listed, rules) in lists.items():
        yield from (f"furl/{name} lacks {rule} of furl/{rules[rule]}" for rule in sorted(set(rules) - set(listed)))
        yield from (f"furl/{name} has {rule}, which no header defines" for rule in sorted(set(listed) - set(rules)))
        yield from (f"furl/{name} has {rule} {n} times" for rule, n in collections.Counter(listed).items() if n > 1)
        if listed != sorted(listed):
            yield f"furl/{name} is not sorted"


def pages_out_of_the_menu():
    """The site has each page of docs/, and its menu names it."""
    docs = TESTS.parent / "docs"
    named = set(re.findall(r'^    \("(\w+\.md)", ', (docs / "support" / "pages.py").read_text(), re.M))
    there = {path.name for path in docs.glob("*.md")}
    yield from (f"docs/support/pages.py lacks {page}" for page in sorted(there - named))
    yield from (f"docs/support/pages.py has {page}, which is not there" for page in sorted(named - there))


def names_out_of_the_layout():
    """The top level has what the layout names, files that begin with a dot, and nothing that a program has left behind."""
    known = {"include", "tests", "bench", "docs", "examples", "subprojects", "meson.build", "meson_options.txt", "README.md", "LICENSE"}
    git = shutil.which("git")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=TESTS.parent, capture_output=True, text=True).stdout if git else ""
    there = {name.split("/")[0] for name in listed.split("\0") if name}
    yield from (f"{name} is not of the layout of the top level" for name in sorted(there - known) if not name.startswith("."))


def main():
    complaints = [*names_out_of_the_layout(), *tests_out_of_the_build(), *headers_out_of_doors(), *rules_out_of_lists(), *pages_out_of_the_menu()]
    print("\n".join(complaints) or "everything is listed")
    return 1 if complaints else 0


sys.exit(main())
