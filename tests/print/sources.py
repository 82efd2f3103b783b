#!/usr/bin/env python3
"""Runs the texts of rules in other languages, and compares what they compute with furl.

print/sources.cpp writes the texts, and runs of rules of its own; the tests of the zoo write runs of the references of their rules. C is
compiled by each C compiler there is. PyTorch's texts run where PyTorch is. CUDA's texts run without a GPU: as C++, with blocks of one thread,
one after the other; nvcc compiles those of the rules of print/sources.cpp where it is found. OpenCL's texts run on the first device there
is, which is the processor where PoCL is installed.
"""
import argparse
import ctypes
import ctypes.util
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import numpy as np

try:
    import torch
except ImportError:
    torch = None

C_FLAGS = ["-std=c99", "-O1", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-ffp-contract=off", "-shared", "-fPIC"]
CUDA_FLAGS = ["-std=c++17", "-O1", "-w", "-ffp-contract=off", "-shared", "-fPIC", "-x", "c++"]
# What a text in CUDA needs of CUDA, on a processor.
CUDA_STANDS_IN = """#include <algorithm>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#define __global__
#define __device__
#define __host__
#define __shared__ static
static struct { unsigned x; } blockIdx, threadIdx, blockDim = {1}, gridDim;
typedef void *cudaStream_t;
enum { cudaMemcpyDeviceToHost };
static void __syncthreads() {}
static void cudaMemcpyAsync(void *to, const void *from, size_t bytes, int, cudaStream_t) { memcpy(to, from, bytes); }
static void cudaStreamSynchronize(cudaStream_t) {}
template <class Kernel> static void each_block(unsigned number, Kernel kernel) {
    gridDim.x = number;
    for (blockIdx.x = 0; blockIdx.x < number; ++blockIdx.x) kernel();
}
"""
# Rules that enlarge differences of rounding: maxima of averages that were divided by 1 - beta^t, estimates of distances, sums over columns
# of quotients. For all other rules --most holds.
MOST = {"amsgrad_optax": 64, "prodigy": 256, "racs": 64, "schedule_free_radam": 4096, "weight_norm_sgd": 64}
C_TYPES = {"size_t": ctypes.c_size_t, "float": ctypes.c_float, "double": ctypes.c_double, "cl_int": ctypes.c_int, "cl_uint": ctypes.c_uint}
ALL_DEVICES, COPIED_FROM_HOST = 0xFFFFFFFF, 1 << 0 | 1 << 5  # of CL/cl.h
EPSILON = {"double": 2.0**-52, "float": 2.0**-23}


class Data:
    """The data of a run: see run_files.hpp."""

    def __init__(self, path):
        self.type = np.dtype(np.float64 if path.suffix == ".double" else np.float32)
        self.shapes, self.params, self.loss, self.grad, self.hessian = [], [], {}, {}, {}
        for line in path.read_text().splitlines():
            name, number, *values = line.split()
            values, step = np.array(values, dtype=np.float64), int(number)
            if name == "shape":
                self.shapes.append(tuple(int(x) for x in values))
            elif name == "param":
                self.params.append(values.astype(self.type))
            elif name == "loss":
                self.loss[step] = float(values[0])
            else:
                getattr(self, name).setdefault(step, []).append(values.astype(self.type))
        self.steps = len(self.loss)

    def shaped(self, tensors):
        return [x.copy().reshape(shape) for x, shape in zip(tensors, self.shapes)]


def results(path):
    """(name, tensor): values, of a run that furl did."""
    found = {}
    for line in path.read_text().splitlines():
        name, tensor, *values = line.split()
        found[name, int(tensor)] = np.array(values, dtype=np.float64)
    return found


def further(text, t, hessian, loss):
    """What a step of this text takes besides gradients."""
    given = re.search(r"def step\(self, \w+(?:=None)?(?:, \*)?,? ?(.*)\):", text)[1]
    return {name: {"hessian": hessian, "loss": loss}[name] for name in given.split(", ") if name}


def load(path):
    spec = importlib.util.spec_from_file_location(re.sub(r"\W", "_", path.stem), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, path.name.split(".")[0])


def run_numpy(path, data):
    text, params = path.read_text(), data.shaped(data.params)
    opt = load(path)(params)
    for t in range(1, data.steps + 1):
        opt.step(data.shaped(data.grad[t]), **further(text, t, data.shaped(data.hessian[t]), data.loss[t]))
    found = {("param", k): p for k, p in enumerate(params)}
    for name, state in opt.states.items():
        found.update({(name, k): np.array(state[k] if isinstance(state, list) else state) for k in range(len(params))})
    return found


def run_torch(path, data):
    text = path.read_text()
    params = [torch.nn.Parameter(torch.from_numpy(x)) for x in data.shaped(data.params)]
    opt = load(path)(params)
    for t in range(1, data.steps + 1):
        for p, grad in zip(params, data.shaped(data.grad[t])):
            p.grad = torch.from_numpy(grad)
        hessian = dict(zip(params, map(torch.from_numpy, data.shaped(data.hessian[t]))))
        opt.step(**further(text, t, hessian, data.loss[t]))
    found = {("param", k): p.detach().numpy() for k, p in enumerate(params)}
    shared = opt.param_groups[0].get("states", {})
    for k, p in enumerate(params):
        found.update({(name, k): np.array(x) for name, x in [*opt.state[p].items(), *shared.items()]})
    return found


class OpenCL:
    """The queue of a device, and memory there."""

    def __init__(self):
        self.library = ctypes.CDLL(ctypes.util.find_library("OpenCL"))
        platform, device = ctypes.c_void_p(), ctypes.c_void_p()
        self.call("clGetPlatformIDs", 1, ctypes.byref(platform), None)
        self.call("clGetDeviceIDs", platform, ctypes.c_uint64(ALL_DEVICES), 1, ctypes.byref(device), None)
        self.context = self.make("clCreateContext", None, 1, ctypes.byref(device), None, None)
        self.queue = self.make("clCreateCommandQueue", self.context, device, ctypes.c_uint64(0))

    def call(self, name, *arguments):
        if error := getattr(self.library, name)(*arguments):
            raise OSError(f"{name} returns {error}")

    def make(self, name, *arguments):
        function, error = getattr(self.library, name), ctypes.c_int()
        function.restype = ctypes.c_void_p
        made = ctypes.c_void_p(function(*arguments, ctypes.byref(error)))
        if error.value:
            raise OSError(f"{name} returns {error.value}")
        return made

    def put(self, array):
        pointer, size = ctypes.c_void_p(array.ctypes.data), ctypes.c_size_t(array.nbytes)
        return self.make("clCreateBuffer", self.context, ctypes.c_uint64(COPIED_FROM_HOST), size, pointer)

    def get(self, buffer, array):
        pointer, size = ctypes.c_void_p(array.ctypes.data), ctypes.c_size_t(array.nbytes)
        self.call("clEnqueueReadBuffer", self.queue, buffer, 1, ctypes.c_size_t(0), size, pointer, 0, None, None)

    def drop(self, buffer):
        self.call("clReleaseMemObject", buffer)


def find_opencl(cache):
    """A device; None, with a message, where there is none or no compiler finds the headers."""
    os.environ.setdefault("POCL_CACHE_DIR", str(cache))
    try:
        subprocess.run(["gcc", "-fsyntax-only", "-include", "CL/cl.h", "-x", "c", os.devnull], check=True, stderr=subprocess.DEVNULL)
        return OpenCL()
    except (OSError, AttributeError, subprocess.CalledProcessError) as error:
        print(f"OpenCL: skipped, {error}")
        return None


class CRule:
    """A text in C, in C with kernels of OpenCL, or in CUDA with the stand-in for it, compiled, with its structs as the text says them."""

    def __init__(self, compiler, path, folder, opencl=None):
        self.text, name, self.opencl = path.read_text(), path.name.split(".")[0], opencl
        library, self.is_cuda, self.made = folder / (path.name + "." + compiler + ".so"), path.suffix == ".cu", []
        if self.is_cuda:
            source = folder / (path.name + ".cpp")
            text = re.sub(r"(\w+)<<<blocks, threads, 0, stream>>>\((.*)\);", r"each_block(blocks, [&] { \1(\2); });", self.text)
            text = re.sub(r"^#include.*\n", "", text, flags=re.M).replace("\nconst struct", "\nextern const struct")
            source.write_text(CUDA_STANDS_IN + 'extern "C" {\n' + text + "}\n")
            subprocess.run([compiler, *CUDA_FLAGS, str(source), "-o", str(library)], check=True)
        else:
            subprocess.run([compiler, *C_FLAGS, str(path), "-o", str(library), "-lm", *(["-lOpenCL"] if opencl else [])], check=True)
        self.library = ctypes.CDLL(str(library))
        self.start, self.step = getattr(self.library, name + "_start"), getattr(self.library, name + "_step")
        self.tensor, self.states, self.hyper = (self.struct(f"{name}_{part}") for part in ("tensor", "states", "hyper"))
        self.defaults = self.hyper.in_dll(self.library, name + "_defaults") if self.hyper else None
        self.step_takes = re.search(rf"^int {name}_step\((.*)\)", self.text, re.M)[1]
        self.scratch = np.zeros(512 * 16)
        self.start_further, self.step_further = [], []
        if self.is_cuda:
            self.start_further, self.step_further = [ctypes.c_void_p()], [ctypes.c_void_p(self.scratch.ctypes.data), ctypes.c_void_p()]
        if opencl:
            self.device = self.struct(f"{name}_device")()
            self.close = getattr(self.library, name + "_close")
            getattr(self.library, name + "_open")(ctypes.byref(self.device), opencl.queue)
            self.start_further = self.step_further = [ctypes.byref(self.device)]

    def put(self, array):
        """What a struct has for an array. A copy on a device lives until the end."""
        if not self.opencl:
            return array.ctypes.data
        self.made.append(self.opencl.put(array))
        return self.made[-1]

    def end(self):
        if not self.opencl:
            return
        for buffer in self.made:
            self.opencl.drop(buffer)
        self.close(ctypes.byref(self.device))
        if self.device.error:
            raise OSError(f"a function of OpenCL returned {self.device.error}")

    def struct(self, name):
        found = re.search(rf"^struct {name} {{\n(.*?)^}};", self.text, re.M | re.S)
        if not found:
            return None
        fields = []
        for line in found[1].splitlines():
            kind, names = re.match(r" +(?:const )?(\w+) (.*?);", line).groups()
            for field in names.split(", "):
                fields.append((field.lstrip("*"), ctypes.c_void_p if field.startswith("*") else C_TYPES.get(kind, ctypes.c_void_p)))
        return type(name, (ctypes.Structure,), {"_fields_": fields})


def run_c(compiler, path, data, folder, opencl=None):
    rule = CRule(compiler, path, folder, opencl)
    tensors, arrays = (rule.tensor * len(data.shapes))(), []
    comments = {field: where for field, where in re.findall(r"(\w+);  /\*.*one value per (row|column|parameter) \*/", rule.text)}
    for tensor, param, (rows, columns) in zip(tensors, data.shaped(data.params), data.shapes):
        own = {"param": param}
        for field, where in comments.items():
            kind = np.float64 if field.endswith("_kept") else data.type
            own[field] = np.zeros({"row": rows, "column": columns, "parameter": rows * columns}[where], kind)
        for field, _ in tensor._fields_:
            if field in own:
                setattr(tensor, field, rule.put(own[field]))
            elif field in ("size", "rows", "columns"):
                setattr(tensor, field, {"size": rows * columns, "rows": rows, "columns": columns}[field])
        arrays.append(own)
    states = rule.states() if rule.states else None
    shared = [tensors, ctypes.c_size_t(len(tensors))] + ([ctypes.byref(states)] if states else [])
    rule.start(*shared, *rule.start_further)
    done = 0
    for t in range(1, data.steps + 1):
        used = [data.shaped(data.grad[t]), data.shaped(data.hessian[t])]
        for tensor, grad, hessian in zip(tensors, *used):
            tensor.grad = rule.put(grad)
            if hasattr(tensor, "hessian"):
                tensor.hessian = rule.put(hessian)
        hyper = [ctypes.byref(rule.defaults)] if rule.defaults else []
        loss = [ctypes.c_double(data.loss[t])] if "double loss" in rule.step_takes else []
        done += rule.step(*shared, *hyper, ctypes.c_double(done + 1), *loss, *rule.step_further)
    for tensor, own in zip(tensors, arrays) if opencl else ():
        for field, array in own.items():
            opencl.get(ctypes.c_void_p(getattr(tensor, field)), array)
    rule.end()
    found = {}
    for k, (tensor, own) in enumerate(zip(tensors, arrays)):
        for place in (tensor, states):
            for field, _ in place._fields_ if place else ():
                found[field, k] = own[field] if field in own else np.array(getattr(place, field) or 0.0)
    return found


def distance(expected, found, epsilon):
    """The largest difference, in ULP of the largest number of the array."""
    expected, found = expected.astype(np.float64).ravel(), np.asarray(found, dtype=np.float64).ravel()
    if expected.shape != found.shape or not np.array_equal(np.isnan(expected), np.isnan(found)):
        return np.inf
    with np.errstate(invalid="ignore"):
        difference = np.where((expected == found) | np.isnan(expected), 0, np.abs(expected - found))
    if not difference.any():
        return 0.0
    return float(np.max(difference) / (epsilon * np.max(np.abs(expected[np.isfinite(expected)]))))


def compare(expected, found, kind, identifiers):
    """(the largest distance, where it is)"""
    worst = (0.0, "nowhere")
    for (name, tensor), values in expected.items():
        key = (re.sub(r"\W", "_", name) if identifiers else name), tensor
        worst = max(worst, (distance(values, found[key], EPSILON[kind]) if key in found else np.inf, f"{name} of tensor {tensor}"))
    return worst


def languages(scratch):
    """(name, ending of the text, type, function that runs it, whether names are identifiers)"""
    yield "NumPy", "numpy.py", "double", run_numpy, False
    if torch:
        yield "PyTorch", "torch.py", "double", run_torch, False
    for compiler in filter(shutil.which, ("gcc", "clang")):
        for kind in ("double", "float"):
            yield f"C, {kind}, {compiler}", f"{kind}.c", kind, lambda path, data, c=compiler: run_c(c, path, data, scratch), True
    if shutil.which("g++"):
        yield "CUDA, double, on the processor", "double.cu", "double", lambda path, data: run_c("g++", path, data, scratch), True
    if opencl := find_opencl(scratch):
        for kind in ("double", "float"):
            yield f"OpenCL, {kind}", f"{kind}.cl.c", kind, lambda path, data: run_c("gcc", path, data, scratch, opencl), True


def is_exact(text):
    """Whether a text has only operations that all machines round alike, and adds up in furl's order."""
    functions = r"\b(cbrt|expm?1?|log(1p)?|tanh|sin|cos|atan2|random_number)\("
    return not re.search(functions, text) and not re.search(r"rows, columns;", text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", help="the program that writes the texts")
    parser.add_argument("--zoo", help="the program that has the references of the rules of the zoo")
    parser.add_argument("--most", type=float, default=16, help="the largest difference, in ULP")
    parser.add_argument("--nvcc", action="store_true", help="compile the texts in CUDA of the rules of print/sources.cpp, where nvcc is")
    parser.add_argument("--keep", type=pathlib.Path, help="work in this folder, and leave it")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or pathlib.Path(temporary)
        folder.mkdir(exist_ok=True)
        subprocess.run([args.sources, str(folder)], check=True)
        runs, scratch = [folder / "own"], folder / "libraries"
        scratch.mkdir(exist_ok=True)
        if args.zoo:
            (folder / "zoo").mkdir(exist_ok=True)
            command = [args.zoo, "--no-skip", "--test-case=*for the texts in other languages*"]
            subprocess.run(command, check=True, env={**os.environ, "FURL_TEST_RUNS": str(folder / "zoo")}, stdout=subprocess.DEVNULL)
            runs.append(folder / "zoo")
        wrong, counts = 0, {}
        for language, ending, kind, run, identifiers in languages(scratch):
            for place in runs:
                data = Data(place / f"data.{kind}") if (place / f"data.{kind}").exists() else None
                for path in sorted(place.glob(f"*.{kind}")):
                    text = folder / f"{path.stem}.{ending}"
                    if path.stem == "data" or not text.exists():
                        continue
                    far, where = compare(results(path), run(text, data), kind, identifiers)
                    # Threads add up in an order that is further from furl's than NumPy's.
                    most = MOST.get(path.stem, args.most * (4 if ending.endswith((".cu", ".cl.c")) else 1))
                    least = 0 if ending == f"{kind}.c" and is_exact(text.read_text()) else most
                    counts.setdefault(language, []).append(far)
                    if far > least:
                        wrong += 1
                        print(f"{path.stem} in {language}: {where} is {far:.3g} ULP off")
        for language, found in counts.items():
            print(f"{language}: {len(found)} rules, {sum(far == 0 for far in found)} of them with furl's bits, the others at most {max(found):.3g} ULP off")
        for kind in ("float", "double") if args.nvcc and shutil.which("nvcc") else ():
            for path in sorted((folder / "own").glob("*.double")):
                text = folder / f"{path.stem}.{kind}.cu"
                if text.exists() and subprocess.run(["nvcc", "-w", "-c", "-o", os.devnull, str(text)]).returncode:
                    wrong += 1
                    print(f"nvcc does not compile {text.name}")
        return 1 if wrong or not counts else 0


if __name__ == "__main__":
    sys.exit(main())
