#!/usr/bin/env python3
"""Random rules: C++ rules of random expressions over the whole vocabulary, each run beside a model of itself.

    random_rules.py [--compiler "g++ -O1"] [--build DIR] [--rules 10] [--batch 5] [--seed 1] [--minutes 0] [--keep DIR]

A rule is written twice: as furl would have it, and as a sequence of operations on whole arrays (evaluator.hpp) that uses
nothing of furl. Both run on vectors of 37, 530, 0 and 3 elements, or, where the rule has values of rows and columns, on matrices
of random shapes. Such a rule also runs by another executor, and a rule whose rows can step alone steps some of them. As written
(furl::strict) both must agree to the bit, where no function is rounded differently by vectors; in default numerics, and with such
functions, no further than rounding can bring a correct evaluation, which is measured: by evaluations whose every result is off
by a few units of the last place.

--build: takes the include directories of a Meson build. --minutes: goes on with new seeds for that long. --keep: where the programs stay. A rule that fails is printed, with its seed.
"""
import argparse
import concurrent.futures
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import compilers  # noqa: E402

# Where a value is the same. The bits say what it differs by, so that broadcasting joins them.
STEP, TENSOR, ROW, COLUMN, ELEMENT = 0, 1, 3, 5, 7
SCOPES = {STEP: "global(%s)", TENSOR: "%s", ROW: "per_row(%s)", COLUMN: "per_column(%s)"}
NAMES = {STEP: "of_step", TENSOR: "of_tensor", ROW: "of_row", COLUMN: "of_column", ELEMENT: "of_element"}
MOST_PASSES, MOST_WALKS = 7, 4


def within(a, b):
    return a | b == b


# What is the same on vectors as on numbers, to the bit: C++ of the model over its operands.
EXACT_ONE = {
    "square": "a * a", "cube": None, "abs": "std::fabs(a)", "floor": "std::floor(a)",
    "sign": "a > 0 ? N(1) : a < 0 ? N(-1) : a", "sqrt": "std::sqrt(a)", "rsqrt": None,
}
ROUNDED_ONE = {
    "exp": "std::exp(a)", "expm1": "std::expm1(a)", "log": "std::log(a)", "log1p": "std::log1p(a)", "tanh": "std::tanh(a)",
    "sigmoid": "N(1) / (N(1) + std::exp(-a))", "sin": "std::sin(a)", "cos": "std::cos(a)", "cbrt": "std::cbrt(a)",
}
EXACT_TWO = {
    "copysign": "std::copysign(a, b)", "min": "a < b || a != a ? a : b", "max": "b < a || a != a ? a : b",
}
SHAPES = [(1, 37), (37, 1), (1, 530), (530, 1), (3, 5), (17, 33), (33, 17), (40, 2), (2, 300), (9, 64), (0, 5), (5, 0), (0, 0), (1, 1), (8, 8)]
CHOOSING = {"abs", "floor", "sign", "copysign", "min", "max"}
OPERATIONS = {}  # (formula, operands): the name of a function object, one for all rules
COMPARISONS = ["<", "<=", ">", ">=", "==", "!="]


class Value:
    """C++ text of an expression, the variable of its value in the model, where it is the same, and in which walk over memory, and
    in which pass of it, it is known."""

    def __init__(self, text, variable, rate, level=(0, 0), plain=False):
        self.text, self.variable, self.rate, self.level, self.plain = text, variable, rate, level, plain


class Rule:
    """Half of the rules have values of rows or columns; some of these have reductions over rows alone, and so step by rows."""

    def __init__(self, name, seed, exact):
        self.name, self.random, self.exact = name, random.Random(seed), exact
        self.lined = seed % 8 >= 4
        self.by_rows = self.lined and self.random.random() < 0.3
        self.domains = [STEP, TENSOR, ELEMENT]
        self.scopes = [STEP, TENSOR]
        if self.lined:
            self.domains = [STEP, TENSOR, ROW, ELEMENT] if self.by_rows else [STEP, TENSOR, ROW, COLUMN, ELEMENT]
            self.scopes = [ROW] if self.by_rows else [STEP, TENSOR, ROW, ROW, COLUMN, COLUMN]
        self.passes = {}  # the last pass of each walk
        self.declarations, self.model, self.count = [], [], 0
        self.takes_input = False
        self.hypers, self.known, self.states = [], [], []  # known: named values of earlier lines
        self.build()

    # The model.
    def emit(self, expression):
        self.count += 1
        variable = "v%d" % self.count
        self.model.append("const auto %s = %s;" % (variable, expression))
        return variable

    def operation(self, formula, *operands, chooses=False):
        name = OPERATIONS.setdefault((formula, len(operands)), "operation_%d" % len(OPERATIONS))
        return self.emit("e.%s(%s{}, %s)" % (
            "choose" if chooses else "apply", name, ", ".join(o.variable for o in operands)))

    def combine(self, text, variable, *operands):
        rate = STEP
        for o in operands:
            rate |= o.rate
        return Value(text, variable, rate, max(o.level for o in operands))

    def number(self):
        x = self.random.choice([0.5, 0.25, 2.0, 0.1, 0.9, 1.5, 3.0, -0.7, 0.01, 1.0])
        return Value(repr(x), self.emit("e.number(%r)" % x), STEP, plain=True)

    # Leaves of a rate, or lower.
    def leaf(self, rate):
        choices = [self.hyper, lambda: Value("step", self.emit("e.step()"), STEP)]
        if rate >= TENSOR:
            choices += [lambda: Value("count", self.emit("e.count(of_tensor)"), TENSOR)]
            if self.random.random() < 0.5:
                choices += [lambda: Value("rows", self.emit("e.count(of_column)"), TENSOR),
                            lambda: Value("columns", self.emit("e.count(of_row)"), TENSOR)]
            if self.lined:
                choices += [lambda: Value("per_row(count)", self.emit("e.count(of_row)"), TENSOR)]
        elif self.random.random() < 0.1:
            choices += [lambda: Value("global(count)", self.emit("e.count(of_step)"), STEP)]
        if rate == ELEMENT:
            choices = [lambda: Value("grad", self.emit("e.grad()"), ELEMENT)] * 4
            choices += [lambda: Value("param", self.emit("e.param()"), ELEMENT)] * 3 + [self.input]
        known = [k for k in self.known if within(k.rate, rate)]
        if rate in (ROW, COLUMN, ELEMENT):
            known = [k for k in known if k.rate == rate] or known
        if known and self.random.random() < 0.5:
            return self.random.choice(known)
        return self.random.choice(choices)()

    def hyper(self):
        name, _ = self.random.choice(self.hypers)
        return Value(name, self.emit('e.hyper("%s")' % name), STEP)

    def input(self):
        self.takes_input = True
        return Value('input<"h">', self.emit("e.input()"), ELEMENT)

    # Expressions of a rate: of that one exactly, where it is ELEMENT.
    def expression(self, rate, depth):
        r = self.random
        if depth <= 0 or r.random() < 0.08:
            return self.leaf(rate)
        kind = r.random()
        if kind < {STEP: 0, ELEMENT: 0.12 if self.lined else 0.06}.get(rate, 0.4):
            reduction = self.reduction(rate, depth)
            if reduction:
                if rate == ELEMENT:
                    return self.arithmetic(self.expression(ELEMENT, depth - 1), reduction)
                return reduction
        if kind < 0.5:
            return self.arithmetic(self.expression(rate, depth - 1), self.second(rate, depth - 1))
        if kind < 0.62:
            return self.one(self.expression(rate, depth - 1))
        if kind < 0.72:
            return self.two(self.expression(rate, depth - 1), self.second(rate, depth - 1))
        if kind < 0.78:
            return self.three(rate, depth)
        if kind < 0.92:
            return self.selection(rate, depth)
        if kind < 0.96:
            return self.power(self.expression(rate, depth - 1))
        return self.let(self.expression(rate, depth - 1))

    # A second operand: now and then of a lower rate, or a number.
    def second(self, rate, depth):
        r = self.random.random()
        if r < 0.2:
            return self.number()
        if r < 0.45 and rate > STEP:
            return self.expression(self.lower(rate), depth)
        return self.expression(rate, depth)

    def part(self, rate):
        """This domain or one within it."""
        return self.random.choice([d for d in self.domains if within(d, rate)])

    def lower(self, rate):
        return self.random.choice([d for d in self.domains if within(d, rate) and d != rate])

    def arithmetic(self, a, b):
        symbol = self.random.choice("++--**/")
        if self.random.random() < 0.4:
            a, b = b, a
        if a.plain and b.plain:
            b = self.hyper()
        if symbol == "/" and self.random.random() < 0.7:  # mostly by what is not 0
            one = Value("1.0", self.emit("e.number(1.0)"), STEP, plain=True)
            b = self.hyper() if b.plain else b
            magnitude = Value("abs(%s)" % b.text, self.operation("std::fabs(a)", b, chooses=True), b.rate, b.level)
            b = self.combine("(%s + %s)" % (magnitude.text, one.text), self.operation("a + b", magnitude, one), magnitude, one)
        if self.random.random() < 0.07 and not a.plain:
            a = Value("(-%s)" % a.text, self.operation("-a", a, chooses=True), a.rate, a.level)
        return self.combine("(%s %s %s)" % (a.text, symbol, b.text), self.operation("a %s b" % symbol, a, b), a, b)

    def one(self, a):
        a = self.hyper() if a.plain else a
        table = dict(EXACT_ONE)
        if not self.exact or a.rate <= TENSOR and self.random.random() < 0.5:
            table = dict(table, **ROUNDED_ONE)
        name = self.random.choice(sorted(table))
        if name in ("sqrt", "rsqrt", "log", "log1p") and self.random.random() < 0.8:
            magnitude = Value("abs(%s)" % a.text, self.operation("std::fabs(a)", a, chooses=True), a.rate, a.level)
            half = Value("0.5", self.emit("e.number(0.5)"), STEP, plain=True)
            a = self.combine("(%s + 0.5)" % magnitude.text, self.operation("a + b", magnitude, half), magnitude)
        if name in ("exp", "expm1", "cube"):
            low, high = Value("-3.0", self.emit("e.number(-3.0)"), STEP), Value("3.0", self.emit("e.number(3.0)"), STEP)
            a = self.clamp(a, low, high)
        if name == "cube":
            squared = Value("", self.operation("a * a", a), a.rate)
            return self.combine("cube(%s)" % a.text, self.operation("a * b", squared, a), a)
        if name == "rsqrt":
            root = Value("", self.operation("std::sqrt(a)", a), a.rate)
            return self.combine("rsqrt(%s)" % a.text, self.operation("N(1) / a", root), a)
        return self.combine("%s(%s)" % (name, a.text), self.operation(table[name], a, chooses=name in CHOOSING), a)

    def two(self, a, b):
        a = self.hyper() if a.plain and b.plain else a
        if not self.exact and self.random.random() < 0.25:
            return self.combine("atan2(%s, %s)" % (a.text, b.text), self.operation("std::atan2(a, b)", a, b), a, b)
        name = self.random.choice(sorted(EXACT_TWO))
        return self.combine("%s(%s, %s)" % (name, a.text, b.text), self.operation(EXACT_TWO[name], a, b, chooses=True), a, b)

    def clamp(self, a, low, high):
        return self.combine("clamp(%s, %s, %s)" % (a.text, low.text, high.text),
                            self.operation("a < b ? b : c < a ? c : a", a, low, high, chooses=True), a, low, high)

    def three(self, rate, depth):
        a = self.expression(rate, depth - 1)
        b, c = self.second(rate, depth - 1), self.second(rate, depth - 1)
        a = self.hyper() if a.plain else a
        if self.random.random() < 0.5:
            return self.clamp(a, b, c)
        difference = self.combine("", self.operation("a - b", b, a), a, b)
        scaled = self.combine("", self.operation("a * b", c, difference), difference, c)
        return self.combine("lerp(%s, %s, %s)" % (a.text, b.text, c.text), self.operation("a + b", a, scaled), a, scaled)

    def power(self, a):
        a = self.hyper() if a.plain else a
        exponent = self.random.choice([-1, 0.5, 1, 2, 3])
        if a.rate == ELEMENT:
            text = "pow(%s, %s)" % (a.text, exponent)
            if exponent == 1:
                return self.combine(text, a.variable, a)
            if exponent == 3:
                squared = self.combine("", self.operation("a * a", a), a)
                return self.combine(text, self.operation("a * b", squared, a), a)
            formula = {-1: "N(1) / a", 0.5: "std::sqrt(a)", 2: "a * a"}[exponent]
            return self.combine(text, self.operation(formula, a), a)
        magnitude = Value("abs(%s)" % a.text, self.operation("std::fabs(a)", a, chooses=True), a.rate, a.level)
        b = self.hyper()
        return self.combine("pow(%s, %s)" % (magnitude.text, b.text), self.operation("std::pow(a, b)", magnitude, b), magnitude, b)

    def condition(self, rate, depth):
        r = self.random
        if depth > 1 and r.random() < 0.3:
            a = self.condition(rate, depth - 1)
            if r.random() < 0.3:
                return self.combine("!(%s)" % a.text, self.operation("N(a == 0)", a, chooses=True), a)
            b = self.condition(self.part(rate), depth - 1)
            symbol = r.choice(["&&", "||"])
            return self.combine("(%s %s %s)" % (a.text, symbol, b.text),
                                self.operation("N((a != 0) %s (b != 0))" % symbol, a, b, chooses=True), a, b)
        if rate >= TENSOR and r.random() < 0.1:
            found = self.reduced(rate, 2, ["all_finite"])
            if found:
                return found
        a, b = self.expression(rate, depth - 1), self.second(rate, depth - 1)
        a = self.hyper() if a.plain else a
        symbol = r.choice(COMPARISONS)
        return self.combine("(%s %s %s)" % (a.text, symbol, b.text), self.operation("N(a %s b)" % symbol, a, b, chooses=True), a, b)

    def selection(self, rate, depth):
        c = self.condition(self.part(rate), min(depth - 1, 2))
        a, b = self.expression(rate, depth - 1), self.second(rate, depth - 1)
        if self.random.random() < 0.5:
            a, b = b, a
        return self.combine("select(%s, %s, %s)" % (c.text, a.text, b.text),
                            self.operation("a != 0 ? b : c", c, a, b, chooses=True), c, a, b)

    def reduction(self, rate, depth):
        return self.reduced(rate, depth, ["sum", "mean", "mean", "dot", "norm", "norm1", "max_abs"])

    def reduced(self, rate, depth, names):
        """A reduction whose value is the same within this domain; None if there is none, or it needs too many passes."""
        r = self.random
        over, name = r.choice(self.scopes), r.choice(names)
        rates = [ELEMENT, ELEMENT]
        if r.random() < 0.35:
            rates[r.randrange(2)] = self.lower(ELEMENT)
            if r.random() < 0.5:
                rates[0] = self.lower(ELEMENT)
        operands = [self.expression(rates[0], min(depth - 1, 2))]
        if name == "dot":
            operands.append(self.expression(rates[1], 1))
        operands = [self.hyper() if o.plain else o for o in operands]
        x = self.combine("", "", *operands)
        where = STEP if over == STEP else x.rate & over | TENSOR
        if not within(where, rate):
            return None
        level = self.level_after(x, over)
        if level is None:
            return None

        def on(what, variable):
            return Value("", self.emit("e.%s(%s, %s)" % (what, variable, NAMES[over])), where, level)
        if name in ("sum", "mean"):
            x.variable = operands[0].variable
            result = on("sum", x.variable)
        elif name == "dot":
            result = on("sum", self.operation("a * b", *operands))
        elif name == "norm":
            result = on("sum", self.operation("a * a", operands[0]))
            result = Value("", self.operation("std::sqrt(a)", result), where, level)
        else:
            result = on("sum" if name == "norm1" else "maximum", self.operation("std::fabs(a)", operands[0], chooses=True))
        if name == "mean":
            result = Value("", self.operation("a / b", result, on("terms", x.variable)), where, level)
        if name == "all_finite":
            result = Value("", self.operation("N(a < std::numeric_limits<N>::infinity())", result, chooses=True), where, level)
        return Value(SCOPES[over] % ("%s(%s)" % (name, ", ".join(o.text for o in operands))), result.variable, where, level)

    def level_after(self, x, over):
        """When a reduction of x is known; None if the step would have too many passes."""
        walk, number = x.level
        if x.rate & over == x.rate:
            return x.level
        walk, number = (walk, number + 1) if over == ROW and x.rate == ELEMENT else (walk + 1, 0)
        passes = dict(self.passes)
        passes[walk] = max(passes.get(walk, 0), number)
        last = max(passes)
        if last + 1 > MOST_WALKS or last + 1 + sum(passes.values()) > MOST_PASSES:
            return None
        self.passes = passes
        return walk, number

    def let(self, x):
        if x.plain:
            return x
        name = "x%d" % len(self.declarations)
        self.declarations.append('static constexpr auto %s = let<"%s">(%s);' % (name, name, x.text))
        self.known.append(Value(name, x.variable, x.rate, x.level))
        return self.known[-1]

    # A state: its lines in both languages. The model keeps it at the end of the step.
    def state(self):
        r = self.random
        rate = r.choice([ELEMENT, ELEMENT, ELEMENT, TENSOR, STEP])
        x = None
        if self.lined and (not self.states or r.random() < 0.4):
            rate = ROW if self.by_rows else r.choice([ROW, COLUMN])
            while x is None or not self.states and x.rate != rate:  # the first one makes sure that the rule has such values
                x = self.reduction(rate, 3)
        x = x or self.expression(rate, 2)
        x = self.hyper() if x.plain else x
        name = "s%d" % len(self.states)
        kind = r.choice(["ema", "momentum", "accumulate", "running_max", "delay", "state", "state"])
        start = Value("0.0", self.emit("e.number(0.0)"), STEP)
        if kind in ("state", "accumulate", "running_max", "delay") and r.random() < 0.5:
            start = Value("0.25", self.emit("e.number(0.25)"), STEP) if self.by_rows or r.random() < 0.3 else start
            start = self.hyper() if not self.by_rows and r.random() < 0.5 else start
            if not self.by_rows and r.random() < (0.4 if x.rate == ELEMENT else 0.1):
                start = Value("param", self.emit("e.param()"), ELEMENT)
            elif self.lined and not self.by_rows and r.random() < 0.4:
                start = self.reduction(r.choice([ROW, COLUMN]), 1) or start
        where = x.rate | start.rate  # a state may start with more values than it goes on with
        old_variable = self.emit('e.old("%s", %s, %s)' % (name, start.variable, NAMES[where]))
        old = Value("old", old_variable, where, start.level)
        if kind == "ema":
            beta = self.hyper()
            line = 'ema<"%s">(%s, %s)' % (name, x.text, beta.text)
            kept = self.combine("", self.operation("a * b", beta, old), old, beta)
            one = Value("", self.emit("e.number(1.0)"), STEP)
            fresh = self.combine("", self.operation("a * b", Value("", self.operation("a - b", one, beta), STEP), x), x)
            new = self.combine(name, self.operation("a + b", kept, fresh), kept, fresh)
        elif kind == "momentum":
            mu = self.hyper()
            line = 'momentum<"%s">(%s, %s)' % (name, x.text, mu.text)
            new = self.combine(name, self.operation("a + b", self.combine("", self.operation("a * b", mu, old), old), x), old, x)
        elif kind == "accumulate":
            line = 'accumulate<"%s">(%s, %s)' % (name, x.text, start.text)
            new = self.combine(name, self.operation("a + b", old, x), old, x)
        elif kind == "running_max":
            line = 'running_max<"%s">(%s, %s)' % (name, x.text, start.text)
            new = self.combine(name, self.operation(EXACT_TWO["max"], old, x, chooses=True), old, x)
        elif kind == "delay":
            line = 'delay<"%s">(%s, %s)' % (name, x.text, start.text)
            self.declarations.append("static constexpr auto %s = %s;" % (name, line))
            self.states.append((name, x.variable, where))
            self.known.append(Value(name, old_variable, where, old.level))
            return
        else:
            self.known.append(old)  # the recurrence is an expression that may use its old value anywhere
            before, lines = len(self.known), len(self.declarations)
            y = self.expression(where, 2)
            # Names that the recurrence introduced may hold the old value, which has no name outside.
            inner = self.declarations[lines:]
            del self.declarations[lines:]
            del self.known[before:]
            self.known.remove(old)
            for k in reversed(inner):  # into the place of their names
                label, text = k[len("static constexpr auto "):-1].split(" = ", 1)
                y.text = replace_word(y.text, label, text)
                inner = [replace_word(i, label, text) if i is not k else i for i in inner]
            y = self.hyper() if y.plain else y
            total = self.arithmetic(old, self.combine(y.text, y.variable, y))
            new = self.arithmetic(total, x)
            line = 'state<"%s">(%s, [](auto old) { return %s; })' % (name, start.text, new.text)
            new = Value(name, new.variable, new.rate, new.level)
        self.declarations.append("static constexpr auto %s = %s;" % (name, line))
        self.states.append((name, new.variable, new.rate))
        self.known.append(Value(name, new.variable, new.rate, new.level))
        if kind == "ema" and r.random() < 0.6:
            one = Value("", self.emit("e.number(1.0)"), STEP)
            step = Value("", self.emit("e.step()"), STEP)
            rest = Value("", self.operation("a - b", one, Value("", self.operation("std::pow(a, b)", beta, step), STEP)), STEP)
            self.known.append(self.combine("bias_corrected(%s)" % name, self.operation("a / b", new, rest), new))
        if r.random() < 0.4:
            self.known.append(Value("previous(%s)" % name, old_variable, new.rate, old.level))

    def build(self):
        r = self.random
        self.hypers = [("h%d" % i, r.choice([0.1, 0.5, 0.9, 0.99, 0.3])) for i in range(r.randint(2, 3))]
        for name, value in self.hypers:
            self.declarations.append('static constexpr auto %s = hyper<"%s">(%r);' % (name, name, value))
        for _ in range(r.randint(1, 3)):
            self.state()
        direction = self.expression(ELEMENT, 4)
        if direction.rate != ELEMENT and r.random() < 0.8:
            direction = self.arithmetic(self.expression(ELEMENT, 0), direction)
        param, rate = Value("param", self.emit("e.param()"), ELEMENT), self.hyper()
        step = self.combine("%s * %s" % (rate.text, direction.text), self.operation("a * b", rate, direction), rate, direction)
        update = self.combine("param - %s" % step.text, self.operation("a - b", param, step), param, step)
        following = [name for name, _, _ in self.states]
        if not self.by_rows and r.random() < 0.3:  # a state that follows the new parameter
            name = "s%d" % len(self.states)
            weight = self.hyper()
            old = Value("old", self.emit('e.old("%s", %s, of_element)' % (name, param.variable)), ELEMENT)
            difference = self.combine("", self.operation("a - b", update, old), update)
            scaled = self.combine("", self.operation("a * b", weight, difference), difference)
            self.declarations.append('static constexpr auto %s = state<"%s">(param, [](auto old) { return lerp(old, updated, %s); });'
                                     % (name, name, weight.text))
            self.states.append((name, self.operation("a + b", old, scaled), ELEMENT))
            following.append(name)
        text = "with(%s)" % ", ".join([update.text] + following) if following else update.text
        self.declarations.append("static constexpr auto update = %s;" % text)
        for name, variable, rate in self.states:
            self.model.append('e.keep("%s", %s, %s);' % (name, variable, NAMES[rate]))
        self.model.append("return %s;" % update.variable)
        self.shapes = r.sample(SHAPES, 3) if self.lined else [(1, 37), (1, 530), (1, 0), (1, 3)]
        if self.lined and (r.random() < 0.15 or not any(a * b for a, b in self.shapes)):
            self.shapes[r.randrange(3)] = (64, 64)

    def source(self):
        lines = ["struct %s {" % self.name,
                 "    static constexpr bool is_exact = %s, has_lines = %s, takes_input = %s;" % tuple(str(b).lower() for b in (
                     self.exact, self.lined, 'input<"h">' in " ".join(self.declarations))),
                 "    static constexpr random_rules::extent shapes[]{%s};" % ", ".join("{%d, %d}" % s for s in self.shapes)]
        lines += ["    " + d for d in self.declarations]
        lines += ["", "    template <class Evaluator>", "    static auto model(Evaluator& e) {", "        using namespace random_rules;"]
        lines += ['        e.hypers["%s"] = %r;' % h for h in self.hypers]
        return "\n".join(lines + ["        " + m for m in self.model] + ["    }", "};", ""])


def replace_word(text, word, by):
    return re.sub(r"\b%s\b" % word, lambda _: by, text)


def program(seeds):
    """One program of several rules; every other one of functions that are the same to the bit everywhere."""
    rules = [Rule("rule_%d" % s, s, exact=s % 2 == 0) for s in seeds]
    types = [("float", "double"), ("double", "float")]
    checks = "".join('    fine &= random_rules::agrees<%s, %s, %s>("%s", %d);\n' % (r.name, *types[s // 2 % 2], r.name, s)
                     for r, s in zip(rules, seeds))
    return """#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

#include "random_rules/evaluation.hpp"

namespace {

using namespace furl;

%s
%s
}  // namespace

int main() {
    bool fine = true;
%s    std::printf("compared %%ld unsure %%ld\\n", random_rules::numbers.compared, random_rules::numbers.unsure);
    return fine ? 0 : 1;
}
""" % (operations(), "\n".join(r.source() for r in rules), checks)


def operations():
    lines = []
    for (formula, count), name in OPERATIONS.items():
        parameters = ", ".join("N " + "abc"[i] for i in range(count))
        lines += ["struct %s {" % name, "    template <class N>",
                  "    N operator()(%s) const { return %s; }" % (parameters, formula), "};"]
    return "\n".join(lines) + "\n"


def run_batch(options, folder, seeds):
    """Compiles and runs some rules: what is wrong, or nothing; how many numbers were compared, and how many could not be."""
    source = folder / ("rules_%d.cpp" % seeds[0])
    source.write_text(program(seeds))
    binary = source.with_suffix("")
    command = options.compiler.split() + ["-std=c++20", "-Wno-psabi", *options.includes, "-o", str(binary), str(source)]
    compiled = subprocess.run(command, capture_output=True, text=True)
    if compiled.returncode != 0:
        errors = [line for line in compiled.stderr.splitlines() if "error" in line]
        return "%s does not compile:\n%s" % (source, "\n".join(errors[:5])), 0, 0
    ran = subprocess.run([str(binary)], capture_output=True, text=True)
    tally = re.search(r"^compared (\d+) unsure (\d+)$", ran.stdout, re.M)
    fine = ran.returncode == 0 and tally
    message = "" if fine else "%s: status %d\n%s%s" % (source, ran.returncode, ran.stdout, ran.stderr)
    return (message, *(int(n) for n in tally.groups())) if tally else (message, 0, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compiler", default="g++ -O1 -mavx2 -mfma")
    parser.add_argument("--build", type=pathlib.Path)
    parser.add_argument("--rules", type=int, default=10)
    parser.add_argument("--batch", type=int, default=5, help="rules in one program")
    parser.add_argument("--seed", type=int, default=1, help="of the first rule")
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    options.includes = ["-I%s" % (ROOT / "tests"), *compilers.include_flags(options.build)]
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        end, seed, done, wrong = time.time() + 60 * options.minutes, options.seed, 0, 0
        compared = unsure = 0
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            while done < options.rules or time.time() < end:
                count = options.rules - done if done < options.rules else options.jobs * options.batch
                seeds = range(seed, seed + count)
                batches = [list(seeds[i:i + options.batch]) for i in range(0, count, options.batch)]
                for message, yes, no in pool.map(lambda b: run_batch(options, folder, b), batches):
                    compared, unsure = compared + yes, unsure + no
                    if message:
                        wrong += 1
                        print(message, flush=True)
                seed, done = seed + count, done + count
        print("random rules: %d, seeds %d to %d, %d programs failed; %d numbers compared, %d where rounding decides" % (
            done, options.seed, seed - 1, wrong, compared, unsure))
        if compared < 2 * unsure:
            print("too few numbers could be compared")
            return 1
        return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
