#!/usr/bin/env python3
"""The headers stand on the floors that the table in docs/architecture.md gives them, and only include downwards."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = "docs/architecture.md"
FRONT_DOOR = "furl/furl.hpp"
# What units of different flags pass to each other is one type in all of them: so many blocks of namespace furl itself.
COMMON_TO_ALL_BUILDS = {"furl/base/error.hpp": 1, "furl/checkpoint/checkpoint.hpp": 1, "furl/distributed/communicator.hpp": 1, "furl/runtime/any_optimizer.hpp": 2, "furl/runtime/registry.hpp": 2}


class Place:
    """Where a folder or header of the table stands: its floor, its row of the table, its place in that row."""

    def __init__(self, path, floor, row, position):
        self.path, self.floor, self.row, self.position = path, floor, row, position

    def holds(self, header):
        return header.startswith(self.path) if self.path.endswith("/") else header == self.path

    def sees(self, other):
        return other.floor < self.floor or other.row == self.row and other.position <= self.position


def read_table(text):
    """The places of the rows that start with a number, and the headers of the row of doors."""
    places, doors = [], []
    for row, (floor, folders) in enumerate(re.findall(r"^\| (\d+\b|doors)[^|]*\|([^|]*)\|", text, re.M)):
        paths = re.findall(r"`([^`]+)`", folders)
        if floor == "doors":
            doors += paths
        else:
            places += [Place(path, int(floor), row, position) for position, path in enumerate(paths)]
    return places, doors


def without_comments(code):
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", code, flags=re.S)


def holds_code(code):
    return any(line.strip() and not re.match(r"\s*#\s*(include\b|pragma once)", line) for line in code.splitlines())


def includes(code):
    # "furl[E48]: ..." is no file, but an error.
    return re.findall(r'^\s*#\s*include\s*([<"])(?!furl\[E)([^>"]+)[>"]', code, re.M)


def find_cycle(graph):
    done, path = set(), []

    def visit(header):
        if header in path:
            return path[path.index(header):] + [header]
        if header in done:
            return None
        path.append(header)
        cycle = next(filter(None, map(visit, graph[header])), None)
        path.pop()
        done.add(header)
        return cycle

    return next(filter(None, map(visit, graph)), None)


def check(root):
    complaints = []
    include = root / "include"
    table, doors = read_table((root / PAGE).read_text())
    if not table or not doors:
        return [f"{PAGE} has no table of floors"]
    code = {p.relative_to(include).as_posix(): without_comments(p.read_text()) for p in sorted(include.rglob("*.h*"))}
    places = {header: next((place for place in table if place.holds(header)), None) for header in code}
    graph = {header: [] for header in code}
    contacts = []

    for header, text in code.items():
        place = places[header]
        if header in doors and holds_code(text):
            complaints.append(f"{header}: a door is a list of includes, this one has code")
        if header not in doors and not holds_code(text):
            complaints.append(f"{header}: has no code, and is no door of {PAGE}")
        if not place or "/zoo/" not in place.path:
            own = len(re.findall(r"^namespace furl\b", text, re.M))
            if own > COMMON_TO_ALL_BUILDS.get(header, 0):
                complaints.append(f"{header}: opens namespace furl; write FURL_NAMESPACE, which names what a unit is compiled for")
        if header.endswith(".hpp") and (first := includes(text)[:1]) and not first[0][1].startswith("furl/"):
            complaints.append(f"{header}: includes {first[0][1]} first; <furl/base/build.hpp> must be seen before any other")
        if place is None and header != FRONT_DOOR:
            complaints.append(f"{header}: stands on no floor of {PAGE}")
        for bracket, name in includes(text):
            if name.startswith("xsimd"):
                contacts.append(header)
            if bracket == '"':
                complaints.append(f'{header}: writes "{name}", not <furl/...>')
            if not name.startswith("furl/"):
                continue
            if name not in code:
                complaints.append(f"{header}: includes {name}, which does not exist")
                continue
            graph[header].append(name)
            target = places[name]
            if name == FRONT_DOOR or place and target and not place.sees(target):
                complaints.append(f"{header}: includes {name}, which is not below it")

    if len(set(contacts)) > 1:
        complaints.append(f"more than one header includes xsimd: {', '.join(sorted(set(contacts)))}")
    cycle = find_cycle(graph)
    if cycle:
        complaints.append(f"include cycle: {' -> '.join(cycle)}")
    return complaints


def main():
    root = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT
    complaints = check(root)
    print("\n".join(complaints or ["every header stands on its floor"]))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
