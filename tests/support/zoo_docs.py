#!/usr/bin/env python3
"""What the zoo's headers say of each optimizer: equation, defaults, state, cost, source; numbers as in tests/zoo/table.hpp."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ZOO = ROOT / "include" / "furl" / "zoo"


def rows():
    table = (ROOT / "tests" / "zoo" / "table.hpp").read_text()
    columns = ("passes", "loads", "stores", "states", "scalars", "float_ulps", "double_ulps", "lines")
    return {name: dict(dict.fromkeys(columns, 0), **dict(zip(columns, map(int, numbers.split(",")))))
            for name, numbers in re.findall(r'\{"(\w+)", ((?:\d+, ){6,7}\d+)\},', table)}


def comments():
    """rule: (its comment, its text)"""
    found = {}
    for header in sorted(ZOO.rglob("*.hpp")):
        for comment, name, body in re.findall(r"((?:^///[^\n]*\n)+)struct (\w+)(.*?^};)", header.read_text(), re.M | re.S):
            found[name] = (re.sub(r"^///[ ]?", "", comment, flags=re.M), body)
    return found


def complaints(name, comment, body, row, all_comments):
    if not row:
        yield "has no row in tests/zoo/table.hpp"
        return
    if "\\f$" not in comment:
        yield "has no equation"
    kept = row["states"] or row["lines"]
    for label in ("Defaults", "Cost", "Source") + (("State",) if kept else ()) + (("Shapes",) if row["lines"] else ()):
        if not re.search(r"^(\w+, )*%s(, \w+)*:" % label, comment, re.M):
            yield "does not say '%s:'" % label
    cost = re.search(r"^Cost:\s+(.*?)(?=^\w+(?:, \w+)*:|\Z)", comment, re.M | re.S)
    said = cost.group(1).replace("\n", " ") if cost else ""
    if re.search(r"\d+ loads", said):
        for count, word in re.findall(r"(\d+) (pass|load|store)", said):
            key = {"pass": "passes", "load": "loads", "store": "stores"}[word]
            if int(count) != row[key]:
                yield "says %s %s, and has %d" % (count, key, row[key])
        if row["passes"] > 1 and "passes" not in said:
            yield "does not say that it takes %d passes" % row["passes"]
        for count in re.findall(r"(\d+) bytes", said):
            if int(count) != 4 * (row["loads"] + row["stores"]):
                yield "says %s bytes, and moves %d" % (count, 4 * (row["loads"] + row["stores"]))
    for other in re.findall(r"^(?:Defaults|State|Cost)[^:]*:\s+(?:those|that) of (\w+)", comment, re.M):
        if other not in all_comments:
            yield "points to '%s', which is no optimizer" % other
    for value, label in re.findall(r'hyper<"(\w+)">\(([\d.e-]+)\)', body):
        digits = re.search(r"(?:Defaults[^:]*:)(.*?)(?=^\w+(?:, \w+)*:|\Z)", comment, re.M | re.S)
        numbers = re.findall(r"\b%s (-?[\d.]+(?:e-?\d+)?)" % value, digits.group(1)) if digits else []
        if not any(float(n.rstrip(".")) == float(label) for n in numbers):
            yield "does not say the default of %s, %s" % (value, label)


def main():
    table, said, wrong = rows(), comments(), 0
    for name in sorted(set(table) | set(said)):
        for complaint in complaints(name, *said.get(name, ("", "")), table.get(name), said):
            print("%s %s" % (name, complaint))
            wrong += 1
    print("%d optimizers, %d complaints" % (len(said), wrong))
    return 1 if wrong or len(said) < 100 else 0


sys.exit(main())
