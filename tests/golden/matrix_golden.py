#!/usr/bin/python3
"""Golden trajectories of the optimizers that see rows and columns: writes wide_matrix.txt and tall_matrix.txt.

    /usr/bin/python3 tests/golden/matrix_golden.py            write the files
    /usr/bin/python3 tests/golden/matrix_golden.py --check    compare with the committed files, exit 1 if one differs

The optimizers are functions in paper_rows.py, in the form that paper_golden.py describes. The matrices are 5 x 7 and 6 x 3.
"""
import inspect
import sys

import numpy as np

import golden_file
from paper_rows import (PROJECTIONS, adafactor, adafactor_optax, adam_mini, adamp, came, centralized_sgd, clipped_sgd, nero,
                        partial_rowwise_adam, partial_rowwise_lamb, racs, rowwise_adagrad, rowwise_lamb, scion_column, scion_row,
                        scion_sign, sgdp, sm3, unit_rows_sgd, weight_norm_sgd)

STEPS = 12
ROW_SCALES = [1.0, 0.01, 30.0, 0.3, 1e-4, 2.0]
COLUMN_SCALES = [1.0, 0.1, 5.0, 1.0, 1e-3, 2.0, 1.0]

_odd = dict(lr=0.05, beta1=0.8, beta2=0.95, eps=1e-6, weight_decay=0.05)
_scion = dict(lr=0.02, momentum=0.3, scale=5.0)

# As in paper_golden.py: {suffix of the name: hyperparameters that are not the default}; the defaults run first.
CONFIGS = {
    adafactor: dict(other=dict(lr=0.3, beta2_decay=-0.5, eps1=1e-3, eps2=2.0, d=1.5, weight_decay=0.1),
                    unfactored=dict(factored=False),
                    unfactored_other=dict(factored=False, lr=0.3, beta2_decay=-0.5, eps1=1e-3, eps2=2.0, d=1.5, weight_decay=0.1)),
    adafactor_optax: dict(other=dict(lr=0.3, decay_rate=0.5, eps=1e-3, clipping_threshold=0.5, min_scale=2.0, weight_decay=0.01),
                          momentum=dict(momentum=0.9), momentum_other=dict(momentum=0.5, lr=0.3, weight_decay=0.01)),
    came: dict(other=dict(lr=0.01, beta1=0.8, beta2=0.95, beta3=0.9, eps1=1e-4, eps2=1e-3, clip_threshold=0.5, weight_decay=0.1),
               unfactored=dict(factored=False),
               unfactored_other=dict(factored=False, lr=0.01, beta1=0.8, beta2=0.95, eps1=1e-4, clip_threshold=0.5,
                                     weight_decay=0.1)),
    sm3: dict(other=dict(lr=0.3, momentum=0.5, eps=1e-3)),
    adam_mini: dict(other=_odd),
    rowwise_adagrad: dict(other=dict(lr=0.3, eps=1e-3, weight_decay=0.1)),
    partial_rowwise_adam: dict(other=_odd),
    partial_rowwise_lamb: dict(other=_odd),
    rowwise_lamb: dict(other=_odd),
    adamp: dict(rows=dict(delta=5.0, weight_decay=0.1), some=dict(_odd, delta=0.6, wd_ratio=0.3),
                nesterov=dict(nesterov=True), nesterov_some=dict(_odd, delta=0.6, nesterov=True)),
    sgdp: dict(rows=dict(delta=5.0, weight_decay=0.1), some=dict(momentum=0.5, dampening=0.2, weight_decay=0.1, delta=0.6, wd_ratio=0.3),
               nesterov=dict(nesterov=True), nesterov_some=dict(nesterov=True, delta=0.6, weight_decay=0.1)),
    nero: dict(other=dict(lr=0.1, beta=0.9), unconstrained=dict(constraints=False),
               unconstrained_other=dict(constraints=False, lr=0.1, beta=0.9)),
    scion_sign: dict(other=_scion),
    scion_column: dict(other=_scion),
    scion_row: dict(other=_scion),
    clipped_sgd: dict(other=dict(clip=0.5, eps=1.0)),
    centralized_sgd: dict(),
    racs: dict(other=dict(lr=0.3, beta=0.6, alpha=0.3, gamma=1.2)),
    weight_norm_sgd: dict(other=dict(lr=0.2)),
    unit_rows_sgd: dict(other=dict(lr=0.2)),
}


def _noise(t, i, j):
    """A number in [-1, 1] with two decimals. Exact arithmetic, so the same on every machine."""
    return ((t * t * t * (5 + 3 * i) + t * t * (2 + j) + t * (37 + 11 * j + 7 * i) + 13 * j + 29 * i * i + 5 * i * j) % 101 - 50) / 50


def inputs(rows, columns):
    """The second row has no gradient at first; some gradients are 0 now and then."""
    places = [(i, j) for i in range(rows) for j in range(columns)]

    def gradient(t, i, j):
        if (i == 1 and t <= 2) or (t + i + j) % 9 == 0:
            return 0.0
        return ROW_SCALES[i] * COLUMN_SCALES[j] * _noise(t, i, j)

    start = [0.0 if i == 2 and j < 2 else _noise(0, i + 1, j + 1) + 0.1 * i for i, j in places]
    return golden_file.matrices(rows, columns, start,
                                {"grad": [[gradient(t, i, j) for i, j in places] for t in range(1, STEPS + 1)]})


def run(rule, hyperparameters, rows, columns, given):
    """The settings and the tracks of one configuration."""
    parameters = inspect.signature(rule).parameters.values()
    settings = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is not None}
    settings.update(hyperparameters)
    gradients = np.array(given.streams["grad"]).reshape(-1, rows, columns)
    path = rule(np.array(given.start).reshape(rows, columns), gradients, **hyperparameters)
    return settings, {"param": [row.reshape(-1) for row in path]}


def document(rows, columns):
    given = inputs(rows, columns)

    def configs():
        for rule, others in CONFIGS.items():
            yield ["", "# " + inspect.getdoc(rule).split("\n")[0]]
            for suffix, hyperparameters in {"": {}, **others}.items():
                name = rule.__name__ + ("_" + suffix if suffix else "")
                yield golden_file.config_lines(name, rule.__name__, *run(rule, hyperparameters, rows, columns, given), given)

    text = golden_file.document("optimizers of a %d x %d matrix after their papers, numpy float64" % (rows, columns), ["grad"],
                                configs(), given)
    if PROJECTIONS != {"rows", "tensor", "none"}:
        sys.exit("the runs of AdamP and SGDP project only as %r" % PROJECTIONS)
    PROJECTIONS.clear()
    return text


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    for file, shape in (("wide_matrix.txt", (5, 7)), ("tall_matrix.txt", (6, 3))):
        golden_file.main(__doc__.split("\n")[0], file, lambda: document(*shape))
