#!/usr/bin/env python3
"""Python steps numpy arrays through ctypes, as examples/python/train.py does it: against AdamW in numpy, and what is refused.

usage: ctypes_numpy.py LIBRARY_FOLDER EXAMPLE"""
import ctypes
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from checks import check, end

try:
    import numpy
except ImportError:
    # The package of Debian is for Debian's Python, which need not be the first one.
    if os.path.exists("/usr/bin/python3") and not os.path.samefile(sys.executable, "/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    print("skipped: there is no numpy (package python3-numpy)")
    sys.exit(77)

FOLDER, EXAMPLE = map(pathlib.Path, sys.argv[1:3])
# The loader reads this when a program starts.
if os.environ.get("LD_LIBRARY_PATH") != str(FOLDER):
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "LD_LIBRARY_PATH": str(FOLDER)})

spec = importlib.util.spec_from_file_location("train", EXAMPLE)
train = importlib.util.module_from_spec(spec)
spec.loader.exec_module(train)
library = train.Library()


def refused(call, part):
    try:
        call()
    except ValueError as error:
        check(f"refused: {error}", part in str(error), part)
    else:
        check(f"refused: {part}", False)


def adamw(w, gradients, lr, decay, beta1=0.9, beta2=0.999, eps=1e-8):
    """Loshchilov & Hutter 2019, algorithm 2, in double."""
    w, m, v = w.astype(float), 0.0, 0.0
    for t, g in enumerate(gradients, 1):
        g = g.astype(float)
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        w = w - lr * decay * w - lr * (m / (1 - beta1 ** t)) / (numpy.sqrt(v / (1 - beta2 ** t)) + eps)
    return w, m


random = numpy.random.default_rng(7)
for dtype, tolerance in ((numpy.float32, 1e-5), (numpy.float64, 1e-13)):
    arrays = [random.normal(size=shape).astype(dtype) for shape in ((30, 20), (1001,), (1, 1))]
    gradients = [[random.normal(size=a.shape).astype(dtype) for a in arrays] for _ in range(5)]
    expected = [adamw(a, [g[i] for g in gradients], 0.01, 0.1) for i, a in enumerate(arrays)]
    opt = train.Optimizer(library, "adamw", arrays, lr=0.01, weight_decay=0.1)
    steps = [opt.step(g) for g in gradients]
    check(f"five steps of AdamW in {dtype.__name__}", all(steps) and
          all(numpy.abs(a - w).max() < tolerance for a, (w, m) in zip(arrays, expected)))
    check(f"its states in {dtype.__name__}", all(numpy.abs(opt.state("m", i) - m).max() < tolerance for i, (w, m) in enumerate(expected)))
    with tempfile.TemporaryDirectory() as scratch:
        file = pathlib.Path(scratch) / "checkpoint"
        opt.save(file)
        others = [numpy.zeros_like(a) for a in arrays]
        resumed = train.Optimizer(library, "adamw", others)
        resumed.load(file)
        opt.step(gradients[0])
        resumed.step(gradients[0])
        check(f"a load in {dtype.__name__} goes on to the bit", resumed["lr"] == 0.01 and all((a == b).all() for a, b in zip(arrays, others)))

w = [numpy.ones(4, numpy.float32), numpy.ones(3, numpy.float32)]
opt = train.Optimizer(library, "adamw", w, lr=0.1)
check("a gradient may be None", opt.step([None, w[1].copy()]) and (w[0] == 1).all() and (w[1] != 1).all())
check("without a gradient no step is done", opt.step([None, None]) is False)
refused(lambda: train.Optimizer(library, "adamwww", w), "did you mean 'adamw'?")
refused(lambda: train.Optimizer(library, "adamw", w, learning=0.1), "no hyperparameter 'learning'")
refused(lambda: opt.step([w[0].copy()]), "1 tensors are given, expected 2")
refused(lambda: opt.step([w[0].copy(), w[1].astype(float)]), "float64")
refused(lambda: opt.step([w[0].copy(), numpy.ones(6, numpy.float32)[::2]]), "contiguous")
refused(lambda: opt.step([w[0], w[1].copy()]), "overlap")
refused(lambda: opt.__setitem__("lrr", 1), "did you mean 'lr'?")


class Shape(ctypes.Structure):
    _fields_ = [("rows", ctypes.c_size_t), ("columns", ctypes.c_size_t)]


class Group(ctypes.Structure):
    _fields_ = [("rule", ctypes.c_char_p), ("tensors", ctypes.c_size_t), ("shapes", ctypes.POINTER(Shape)),
                ("setting_count", ctypes.c_size_t), ("settings", ctypes.POINTER(train.Setting))]


def groups_of_16_bits():
    """Two groups in bfloat16, as numpy has it: the upper half of a float32. The second has another rate."""
    lib = ctypes.CDLL("libfurl_zoo.so.0")
    create, bfloat16, split = lib.furl_create_groups, 2, 1
    create.restype, create.argtypes = ctypes.c_void_p, [ctypes.c_int, ctypes.c_int, ctypes.c_size_t, ctypes.POINTER(Group)]
    arrays = [random.normal(size=n).astype(numpy.float32).view(numpy.uint32) >> 16 << 16 for n in (40, 17)]
    gradients = [random.normal(size=n).astype(numpy.float32).view(numpy.uint32) >> 16 << 16 for n in (40, 17)]
    expected = [adamw(w.view(numpy.float32), [g.view(numpy.float32)] * 5, lr, 0.1)[0] for w, g, lr in zip(arrays, gradients, (0.01, 0.05))]
    halves, slopes = ([(x >> 16).astype(numpy.uint16) for x in some] for some in (arrays, gradients))
    settings = [(train.Setting * 2)((b"lr", lr), (b"weight_decay", 0.1)) for lr in (0.01, 0.05)]
    groups = (Group * 2)(*(Group(b"adamw", 1, ctypes.pointer(Shape(1, w.size)), 2, s) for w, s in zip(halves, settings)))
    opt = create(bfloat16, split, 2, groups)
    check("two groups in bfloat16", opt, library.error(None))
    pointers = [(ctypes.c_void_p * 2)(*(x.ctypes.data for x in some)) for some in (halves, slopes)]
    sizes = (ctypes.c_size_t * 2)(*(x.size for x in halves))
    steps = [library.step(opt, bfloat16, 2, *pointers, sizes) for t in range(5)]
    trained = [(x.astype(numpy.uint32) << 16).view(numpy.float32) for x in halves]
    check("five steps of AdamW in groups of bfloat16", steps == [0] * 5 and
          all(numpy.allclose(x, y, rtol=1 / 128, atol=1e-6) for x, y in zip(trained, expected)), (steps, trained, expected))
    library.destroy(opt)


groups_of_16_bits()

output = subprocess.run([sys.executable, EXAMPLE], capture_output=True, text=True)
losses = [float(x) for x in re.findall(r"loss ([\d.]+)", output.stdout)]
check("the example trains", output.returncode == 0 and len(losses) == 5 and losses[-1] < 0.05 * losses[0], output.stdout + output.stderr)
end()
