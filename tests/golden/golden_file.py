"""What torch_golden.py and paper_golden.py share: the input streams, the text format, and the command line.

The format, line by line:

    # ...                             comment; empty lines are ignored as well
    size N steps T                    N parameters, T steps
    start                             then one row: the parameters before the first step
    stream NAME                       then T rows: an input at steps 1..T; "grad" is the gradient
    config NAME rule=RULE k=v ...     one run of an optimizer: the rule that ran, then every hyperparameter, defaults included
    track NAME                        then T rows: a result of that run after steps 1..T; "param" comes first, others may follow

A row is N hexadecimal floats (one, in a stream of a number per step), separated by one space, exactly the bits of the double (strtod reads them; istream >> double
does not on every standard library). Hyperparameters are the shortest decimals that round to the double; a flag is 1 or 0.
Compare relative to the largest magnitude in the same column of a track: near a crossing of zero only rounding is left.
"""
import argparse
import collections
import math
import os
import sys

SIZE, STEPS = 8, 50

# One column per parameter, each ill-scaled or awkward in its own way.
START = [0.0, -3e-4, 0.02, 1.5, -0.75, 0.3, 12.0, -1.0]


def _noise(t, j):
    """A number in [-1, 1] with two decimals; 0 now and then. Exact arithmetic, so the same on every machine."""
    return ((t * t * t * (5 + 3 * j) + t * t * (2 + j) + t * (37 + 11 * j) + 13 * j) % 101 - 50) / 50


def _swept(t):
    """1e-6, 1e-5, ..., 1e+4, ..., 1e-6, ... with a period of 20 steps."""
    return float("1e%d" % (4 - abs((t - 1) % 20 - 10)))


def _grad(t):
    return [
        1e-6 * _noise(t, 0),                                     # tiny, changes sign
        3e-5 * (1.25 + _noise(t, 1)),                            # tiny, always positive
        1e-3 * (2 + _noise(t, 2)) * (-1) ** t,                   # alternates
        0.0 if t <= 5 or t % 4 == 0 else _noise(t, 3),           # zero at first, then now and then
        0.0 if t % 7 else 10 * (1.1 + _noise(t, 4)),             # sparse: zero but for every seventh step
        _swept(t) * (1.5 + _noise(t, 5)) * (-1) ** (t // 3),     # sweeps over ten decades
        1e4 * _noise(t, 6),                                      # huge, changes sign
        0.1 * (0.6 + _noise(t, 7)),                              # the everyday case: noise around a slope
    ]


def _hessian(t):
    """A noisy estimate of a diagonal, of the scale of each column; at times negative, at times 0."""
    scales = [1e-4, 2e-3, 0.05, 1.0, 4.0, 0.3, 500.0, 0.2]
    return [s * (0.4 + _noise(t + 17, j + 3)) for j, s in enumerate(scales)]


def _loss(t):
    """The value of a loss, which is one number: from 1 to 1e7, in no order."""
    return float("1e%d" % (5 * t % 8)) * (1.5 + _noise(t, 9))


STREAMS = {
    "grad": [_grad(t) for t in range(1, STEPS + 1)],
    "hessian": [_hessian(t) for t in range(1, STEPS + 1)],
    "loss": [[_loss(t)] for t in range(1, STEPS + 1)],
}


# What a document starts from: its "size" line, the parameters, and the streams by name.
Inputs = collections.namedtuple("Inputs", "size_line start streams")
VECTORS = Inputs("size %d steps %d" % (SIZE, STEPS), START, STREAMS)


def matrices(rows, columns, start, streams):
    """Inputs of a matrix, row by row. Its "size" line says "size N steps T rows R columns C"."""
    return Inputs("size %d steps %d rows %d columns %d" % (len(start), len(streams["grad"]), rows, columns), start, streams)


def _row(values, size):
    values = [float(v) for v in values]
    if len(values) != size or not all(map(math.isfinite, values)):
        raise ValueError("not %d finite values: %r" % (size, values))
    return " ".join(v.hex() for v in values)


def _setting(value):
    return str(int(value)) if isinstance(value, bool) else repr(float(value))


def config_lines(name, rule, settings, tracks, inputs=VECTORS):
    """One configuration. settings: {name: number or bool}; tracks: {name: T rows}, "param" first."""
    yield ""
    yield " ".join(["config", name, "rule=" + rule] + ["%s=%s" % (k, _setting(v)) for k, v in settings.items()])
    for track, rows in tracks.items():
        if len(rows) != len(inputs.streams["grad"]):
            raise ValueError("%s: %s has %d rows" % (name, track, len(rows)))
        yield "track " + track
        yield from (_row(row, len(inputs.start)) for row in rows)


def document(title, streams, configs, inputs=VECTORS):
    """The whole text; configs: an iterable of the lines of each configuration."""
    lines = ["# " + title, "# Made by a script of this folder; do not edit. See README.md here."]
    format_lines = __doc__.split("\n\n", 1)[1].rstrip().split("\n")
    lines += ["#"] + [("# " + line).rstrip() for line in format_lines]
    lines += ["", inputs.size_line, "start", _row(inputs.start, len(inputs.start))]
    for name in streams:
        lines += ["stream " + name] + [_row(row, len(row)) for row in inputs.streams[name]]
    for config in configs:
        lines += config
    return "\n".join(lines) + "\n"


def parse(text):
    """Everything but comments: [(keyword and its arguments, rows)], a row a list of floats."""
    blocks = []
    for line in text.splitlines():
        if line.startswith(("0x", "-0x")):
            blocks[-1][1].append([float.fromhex(word) for word in line.split(" ")])
        elif line and not line.startswith("#"):
            blocks.append((line, []))
    return blocks


def relative_error(rows, expected):
    """The largest difference of two tables, relative to the largest magnitude in the same column of the expected one.

    A trajectory that crosses zero has values near it that are nothing but rounding; its column's scale is what matters.
    """
    def errors(column, wanted):
        scale = max(map(abs, wanted))
        return [abs(a - b) / scale if scale else float(a != b) for a, b in zip(column, wanted)]
    return max(max(errors(*columns)) for columns in zip(zip(*rows), zip(*expected)))


def difference(new, old):
    """How far the numbers of two documents are apart, as relative_error says, and where; infinitely, if anything else differs."""
    new, old = parse(new), parse(old)
    worst, where, config = 0.0, "only in comments", ""
    for (head, rows), (old_head, old_rows) in zip(new, old):
        if head != old_head or len(rows) != len(old_rows):
            return math.inf, "%r where %r is committed" % (head, old_head)
        config = head if head.startswith("config ") else config
        error = relative_error(rows, old_rows) if rows else 0.0
        if error > worst:
            worst, where = error, "in %s of %s" % (head, config or "the input")
    if len(new) != len(old):
        return math.inf, "%d parts where %d are committed" % (len(new), len(old))
    return worst, where


def main(description, file, text, before=lambda: None):
    """The command line of both scripts: write the file, or --check it. text: () -> str; before: what to test first."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", nargs="?", const=0.0, type=float, metavar="TOLERANCE",
                        help="write nothing; exit 1 if the committed text is not what comes out now: to the bit, or, "
                             "with a tolerance, to that error relative to each column's largest magnitude")
    tolerance = parser.parse_args().check
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), file)
    before()
    new = text()
    if tolerance is None:
        with open(path, "w", encoding="ascii", newline="\n") as stream:
            stream.write(new)
        print("%s: %d configurations, %d bytes" % (file, new.count("\nconfig "), len(new)))
        return
    try:
        with open(path, encoding="ascii", newline="") as stream:
            old = stream.read()
    except OSError as error:
        sys.exit("%s: %s" % (file, error.strerror))
    if new != old:
        worst, where = difference(new, old)
        print("%s: differs, relative error %.3g, %s" % (file, worst, where))
        if tolerance == 0.0 or worst > tolerance:
            sys.exit(1)
    print("%s: %d configurations, as committed" % (file, new.count("\nconfig ")))
