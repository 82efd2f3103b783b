"""What scripts that check many things share: check() prints a line for each, end() leaves with the result of all."""
import sys

complaints = []


def check(name, right, seen=""):
    print("ok" if right else "not ok", "-", name)
    if not right:
        complaints.append(name)
        print(seen)


def end():
    sys.exit(1 if complaints else 0)
