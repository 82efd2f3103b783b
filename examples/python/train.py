#!/usr/bin/env python3
"""Trains a network in numpy, with an optimizer of the library furl_zoo, called through ctypes.

usage: train.py [LIBRARY]    LIBRARY is a name that the dynamic loader looks up, or a path; libfurl_zoo.so.0 by default.
"""
import ctypes
import sys

import numpy

# [library]
class Setting(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("value", ctypes.c_double)]


class Library:
    """The functions of furl/adapt/c.h that this program calls."""

    def __init__(self, name="libfurl_zoo.so.0"):
        size, pointers = ctypes.c_size_t, ctypes.POINTER(ctypes.c_void_p)
        opt, text, sizes = ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_size_t)
        lib = ctypes.CDLL(name)
        for function, result, arguments in (
                ("create", opt, [text, ctypes.c_int, size, sizes, size, ctypes.POINTER(Setting)]),
                ("destroy", None, [opt]),
                ("error", text, [opt]),
                ("instruction_set", text, []),
                ("set", ctypes.c_int, [opt, text, ctypes.c_double]),
                ("set_of_tensor", ctypes.c_int, [opt, text, size, ctypes.c_double]),
                ("get", ctypes.c_int, [opt, text, ctypes.POINTER(ctypes.c_double)]),
                ("read_state", ctypes.c_int, [opt, text, size, ctypes.c_int, ctypes.c_void_p, size]),
                ("step", ctypes.c_int, [opt, ctypes.c_int, size, pointers, pointers, sizes]),
                ("save", ctypes.c_int, [opt, text, ctypes.c_int, size, pointers, sizes]),
                ("load", ctypes.c_int, [opt, text, ctypes.c_int, size, pointers, sizes])):
            called = getattr(lib, "furl_" + function)
            called.restype, called.argtypes = result, arguments
            setattr(self, function, called)
# [library]


# [optimizer]
class Optimizer:
    """An optimizer by the name of its rule: Optimizer(library, "adamw", [w, b], lr=1e-3).step([grad_w, grad_b])"""

    def __init__(self, library, rule, arrays, **settings):
        self.library, self.arrays = library, arrays
        self.dtype = arrays[0].dtype
        self.code = {"float32": 0, "float64": 1}[self.dtype.name]
        self.sizes = (ctypes.c_size_t * len(arrays))(*(a.size for a in arrays))
        given = (Setting * len(settings))(*((name.encode(), value) for name, value in settings.items()))
        self.handle = library.create(rule.encode(), self.code, len(arrays), self.sizes, len(settings), given)
        if not self.handle:
            raise ValueError(library.error(None).decode())

    def __del__(self):
        if getattr(self, "handle", None):
            self.library.destroy(self.handle)

    def checked(self, code):
        """The code of a call, which is negative where the call was refused."""
        if code < 0:
            raise ValueError(self.library.error(self.handle).decode())
        return code

    def pointers(self, arrays):
        """An array of pointers for C, which sees neither the type nor the order of an array of numpy: both are checked here."""
        for mine, a in zip(self.arrays, arrays):
            if a is not None and (a.dtype != self.dtype or not a.flags.c_contiguous or a.shape != mine.shape):
                raise ValueError(f"an array of {a.dtype} and shape {a.shape}, expected {self.dtype}, {mine.shape} and contiguous")
        return (ctypes.c_void_p * len(arrays))(*(None if a is None else a.ctypes.data for a in arrays))

    def step(self, gradients):
        """Steps in place. A gradient may be None. Returns whether the step was done; False where the rule skipped it."""
        return self.checked(self.library.step(self.handle, self.code, len(gradients), self.pointers(self.arrays),
                                              self.pointers(gradients), self.sizes)) == 0

    def __setitem__(self, name, value):
        self.checked(self.library.set(self.handle, name.encode(), value))

    def __getitem__(self, name):
        value = ctypes.c_double()
        self.checked(self.library.get(self.handle, name.encode(), value))
        return value.value

    def state(self, name, tensor=0):
        """A copy of a state of one value per parameter."""
        values = numpy.empty(self.arrays[tensor].shape, self.dtype)
        self.checked(self.library.read_state(self.handle, name.encode(), tensor, self.code, values.ctypes.data, values.size))
        return values

    def save(self, path):
        self.checked(self.library.save(self.handle, str(path).encode(), self.code, len(self.arrays), self.pointers(self.arrays), self.sizes))

    def load(self, path):
        self.checked(self.library.load(self.handle, str(path).encode(), self.code, len(self.arrays), self.pointers(self.arrays), self.sizes))
# [optimizer]


def main():
    library = Library(*sys.argv[1:2])
    random = numpy.random.default_rng(1)
    x = random.uniform(-3, 3, (256, 1)).astype(numpy.float32)
    y = numpy.sin(2 * x)
    # [train]
    w1, b1 = random.normal(size=(1, 32)).astype(numpy.float32), random.normal(size=(1, 32)).astype(numpy.float32)
    w2, b2 = (random.normal(size=(32, 1)) / 6).astype(numpy.float32), numpy.zeros((1, 1), numpy.float32)
    opt = Optimizer(library, "adamw", [w1, b1, w2, b2], lr=0.02, weight_decay=1e-4)
    for step in range(1001):
        hidden = numpy.tanh(x @ w1 + b1)
        error = hidden @ w2 + b2 - y
        if step % 250 == 0:
            print(f"step {step:4}  loss {(error ** 2).mean():.5f}")
        slope = 2 * error / len(x)
        back = slope @ w2.T * (1 - hidden ** 2)
        opt["lr"] = 0.02 * (1 - step / 1001)
        opt.step([x.T @ back, back.sum(0, keepdims=True), hidden.T @ slope, slope.sum(0, keepdims=True)])
    # [train]
    print("on", library.instruction_set().decode())


if __name__ == "__main__":
    main()
