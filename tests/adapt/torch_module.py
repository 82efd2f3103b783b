#!/usr/bin/env python3
"""Rules as optimizers of PyTorch: the module of examples/torch_extension is compiled as its page says, and compared with torch.optim.

usage: torch_module.py RULES TWIN BUILD_FOLDER [COMPILER...]"""
import copy
import gc
import importlib.util
import inspect
import io
import math
import os
import pathlib
import sys
import sysconfig
import traceback
import warnings

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from checks import check, complaints, end


def skip(why):
    print("skipped:", why)
    sys.exit(77)


try:
    from torch.utils import cpp_extension
except ImportError as error:  # of setuptools, which not each package of PyTorch brings
    skip(error)

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES, TWIN, BUILD = (pathlib.Path(path).resolve() for path in sys.argv[1:4])
COMPILER = sys.argv[4:] or ["c++"]


def check_refused(name, kind, said, call):
    try:
        call()
    except kind as error:
        check(name, said in str(error), repr(error))
    except BaseException as error:
        check(name, False, repr(error))
    else:
        check(name, False, "not refused")


def compiled():
    """The modules my_rule, more_rules, and twin, whose rule is another my_rule. Nothing is optimized, since only numbers are compared."""
    folders = [*cpp_extension.include_paths(), sysconfig.get_path("include"), "/usr/include"]
    for header in ("Python.h", "pybind11/pybind11.h", "torch/csrc/utils/pybind.h"):
        if not any(pathlib.Path(folder, header).exists() for folder in folders):
            skip(f"there is no {header}")
    if not cpp_extension.is_ninja_available():
        skip("there is no ninja")
    BUILD.mkdir(parents=True, exist_ok=True)
    compiler = BUILD / "compiler"  # PyTorch wants one word
    compiler.write_text(f"#!/bin/sh\nexec {' '.join(COMPILER)} \"$@\"\n")
    compiler.chmod(0o755)
    os.environ["CXX"] = str(compiler)
    def load(name, source):
        folder = BUILD / name
        folder.mkdir(exist_ok=True)
        return cpp_extension.load(name, [str(source)], extra_cflags=["-std=c++20", "-O0", "-fopenmp"],
                                  extra_include_paths=[str(ROOT / "include")], build_directory=str(folder))

    my_rule = load("my_rule", RULES)
    spec = importlib.util.spec_from_file_location("more_rules", my_rule.__file__)
    more = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(more)
    return my_rule, more, load("twin", TWIN)


my_rule, more_rules, twin = compiled()
INFINITE = {"max_norm": math.inf}  # then my_rule is AdamW


def some_parameters(dtype=torch.float32):
    """Parameters of several shapes, the last one in another order of memory; and equal ones."""
    torch.manual_seed(7)
    mine = [torch.randn(sizes).to(dtype) for sizes in ((6, 5), (37,), (), (3, 1), (2, 3, 3), (4, 3, 2, 2))]
    mine[-1] = mine[-1].contiguous(memory_format=torch.channels_last)
    return [torch.nn.Parameter(x) for x in mine], [torch.nn.Parameter(x.clone()) for x in mine]


def give_gradients(*lists, without=()):
    """The same new gradients for each list. A parameter whose number is in `without` gets none."""
    for i, first in enumerate(lists[0]):
        gradient = torch.randn_like(first.detach())
        for parameters in lists:
            parameters[i].grad = None if i in without else gradient.to(parameters[i].dtype).clone()


def distance(mine, theirs):
    """The largest difference, relative to the largest element."""
    return (max((x.double() - y.double()).abs().max().item() for x, y in zip(mine, theirs)) /
            max(y.double().abs().max().item() for y in theirs))


def equal(mine, theirs):
    return all(torch.equal(x, y) for x, y in zip(mine, theirs))


def equal_states(a, b):
    """Whether the states and groups of two state_dicts are the same, to the bit."""
    def same(x, y):
        if isinstance(x, torch.Tensor):
            return x.dtype == y.dtype and x.shape == y.shape and torch.equal(x, y)
        if isinstance(x, dict):
            return x.keys() == y.keys() and all(same(x[k], y[k]) for k in x)
        if isinstance(x, list):
            return len(x) == len(y) and all(map(same, x, y))
        return x == y
    return same(a, b)


def check_trajectory(name, mine, theirs, x, y, within, schedules=(), clip=None):
    """Fifty steps of both, of which some lack gradients."""
    schedules = [make(opt) for make in schedules for opt in (mine, theirs)]
    for t in range(50):
        give_gradients(x, y, without=(0,) if t < 2 else (1, t % 6) if t % 3 == 1 else ())
        if clip:
            norm = torch.nn.utils.clip_grad_norm_(y, clip)
        mine.step()
        theirs.step()
        if clip and t % 10 == 0:
            check(f"{name}: the norm is reported", math.isclose(mine.value("norm"), norm.item(), rel_tol=1e-5), (mine.value("norm"), norm))
        for schedule in schedules:
            schedule.step()
    check(name, distance(x, y) < within, distance(x, y))


def trajectories():
    lr = torch.optim.lr_scheduler
    for dtype, within in ((torch.float32, 2e-6), (torch.float64, 1e-13)):
        x, y = some_parameters(dtype)
        groups = [[{"params": p[:3]}, {"params": p[3:], "lr": 0.02, "weight_decay": 0.0}] for p in (x, y)]
        check_trajectory(f"AdamW in {dtype}: two groups, StepLR and LambdaLR", my_rule.Optimizer(groups[0], lr=0.01, weight_decay=0.1, **INFINITE),
                         torch.optim.AdamW(groups[1], lr=0.01, weight_decay=0.1), x, y, within,
                         [lambda opt: lr.StepLR(opt, 7, 0.7), lambda opt: lr.LambdaLR(opt, lambda t: 0.98 ** t)])
    x, y = some_parameters()
    check_trajectory("AdamW after clip_grad_norm_", my_rule.Optimizer(x, lr=0.01, max_norm=0.5), torch.optim.AdamW(y, lr=0.01), x, y, 2e-6, clip=0.5)
    x, y = some_parameters()
    check_trajectory("SGD with momentum", more_rules.SGD(x, lr=0.05, dampening=0.1), torch.optim.SGD(y, lr=0.05, momentum=0.9, dampening=0.1), x, y, 2e-6,
                     [lambda opt: lr.OneCycleLR(opt, 0.1, 60)])  # which changes the momentum too
    for dtype, within in ((torch.bfloat16, 0.05), (torch.float16, 0.01)):
        x, _ = some_parameters(dtype)
        y = [torch.nn.Parameter(p.detach().float()) for p in x]
        opt = my_rule.Optimizer(x, lr=0.01, **INFINITE)
        check_trajectory(f"{dtype} follows float32", opt, torch.optim.AdamW(y, lr=0.01), x, y, within)
        check(f"{dtype}: states are in float32", opt.state[x[0]]["m"].dtype == torch.float32)


def resumed():
    def trained(parameters, steps, opt, schedule):
        for t in range(steps):
            torch.manual_seed(schedule.last_epoch)
            give_gradients(parameters, without=(schedule.last_epoch % 6,))
            opt.step()
            schedule.step()

    def made(parameters, **more):
        groups = [{"params": parameters[:2], "lr": 0.02}, {"params": parameters[2:]}]
        opt = my_rule.Optimizer(groups, **more)
        return opt, torch.optim.lr_scheduler.StepLR(opt, 4, 0.5)

    for dtype in (torch.float32, torch.bfloat16):
        x, y = some_parameters(dtype)
        opt, schedule = made(x, lr=0.01)
        trained(x, 9, opt, schedule)
        saved = opt.state_dict()
        check("a state_dict has tensors", all(isinstance(saved["state"][0][name], torch.Tensor) for name in ("m", "v")))
        file = io.BytesIO()
        torch.save({"model": x, "opt": saved, "schedule": schedule.state_dict()}, file)
        file.seek(0)
        loaded = torch.load(file)
        for mine, start in zip(y, loaded["model"]):
            mine.data.copy_(start)
        other, other_schedule = made(y)
        other.load_state_dict(loaded["opt"])
        other_schedule.load_state_dict(loaded["schedule"])
        check(f"{dtype}: a loaded state_dict is the saved one", equal_states(other.state_dict(), saved))
        third, z = copy.deepcopy((opt, x))
        check(f"{dtype}: a deep copy has the states", equal_states(third.state_dict(), saved))
        third_schedule = torch.optim.lr_scheduler.StepLR(third, 4, 0.5)
        third_schedule.load_state_dict(schedule.state_dict())
        for parameters, one, its in ((x, opt, schedule), (y, other, other_schedule), (z, third, third_schedule)):
            trained(parameters, 9, one, its)
        check(f"{dtype}: torch.save, torch.load, load_state_dict go on to the bit", equal(x, y))
        check(f"{dtype}: a deep copy goes on to the bit", equal(x, z))
        check("and shares nothing", third.param_groups[0]["params"][0] is z[0] and z[0] is not x[0])

    x, y = some_parameters()
    opt, other = my_rule.Optimizer(x), my_rule.Optimizer(y)
    other.load_state_dict(opt.state_dict())
    give_gradients(x, y)
    opt.step()
    other.step()
    check("what is saved before the first step is a start", equal(x, y) and opt.state_dict()["state"].keys() == set(range(6)))
    opt.state = {}
    check("states start anew", len(opt.state) == 0)


def states():
    x, _ = some_parameters()
    opt = my_rule.Optimizer(x, **INFINITE)
    check("no state before the first step", len(opt.state) == 0 and opt.state_dict()["state"] == {})
    give_gradients(x)
    opt.step()
    m = opt.state[x[0]]["m"]
    check("a state is that of the equation", torch.allclose(m, 0.1 * x[0].grad))
    last = opt.state[x[-1]]["m"]
    check("it has the order of memory of its parameter", last.stride() == x[-1].stride() and torch.allclose(last, 0.1 * x[-1].grad))
    m.zero_()
    check("it shares its memory", opt.state[x[0]]["m"].abs().max() == 0)
    opt.state[x[0]] = {**opt.state[x[0]], "m": torch.full((6, 5), 2.0)}
    check("it can be assigned", opt.state[x[0]]["m"].eq(2).all() and m.eq(2).all())
    check_refused("a state of another size is refused", ValueError, "the state 'm' of parameter 0 of group 0 is Float[2] in the state_dict, expected Float[6, 5]",
                  lambda: opt.state.__setitem__(x[0], {**opt.state[x[0]], "m": torch.ones(2)}))
    check_refused("a tensor that is no parameter has no state", KeyError, "no parameter of the optimizer", lambda: opt.state[torch.ones(2)])
    del opt, x
    gc.collect()
    check("its memory outlives the optimizer", m.eq(2).all())


def steps():
    x, y = some_parameters()
    opt, theirs = my_rule.Optimizer(x, lr=0.01, **INFINITE), torch.optim.AdamW(y, lr=0.01)

    def closure(optimizer, parameters):
        optimizer.zero_grad()
        loss = sum((p ** 2).sum() for p in parameters)
        loss.backward()
        return loss

    with torch.no_grad():
        losses = [[float(optimizer.step(lambda: closure(optimizer, p))) for t in range(3)] for optimizer, p in ((opt, x), (theirs, y))]
    check("a closure computes the gradients, inside no_grad too", all(map(math.isclose, *losses)) or distance(x, y) < 2e-6, losses)
    opt.zero_grad(set_to_none=True)
    before = copy.deepcopy(x)
    opt.step()
    check("a step without gradients does nothing, and says so", equal(x, before) and not opt.stepped)

    mine, its = some_parameters()
    opt, theirs = my_rule.Optimizer(mine[:2], lr=0.01, **INFINITE), torch.optim.AdamW(its[:2], lr=0.01)
    for t in range(12):
        if t == 4:
            opt.add_param_group({"params": mine[2:4], "lr": 0.03})
            theirs.add_param_group({"params": its[2:4], "lr": 0.03})
        give_gradients(mine, its)
        opt.step()
        theirs.step()
    check("an added group counts its own steps", distance(mine, its) < 2e-6 and opt.state[mine[2]]["steps"] == 8, distance(mine, its))

    w = torch.nn.Parameter(torch.ones(3))
    opt = my_rule.Optimizer([w])
    loss = (w ** 2).sum()
    loss.backward(retain_graph=True)
    opt.step()
    check_refused("autograd sees that a step has changed what a graph needs", RuntimeError, "modified by an inplace operation", loss.backward)
    check("a subclass may have options of its own in a group", my_rule.Optimizer([{"params": [w], "name": "w", "lr_scale": 0.5, "initial_lr": 1.0}]) is not None)
    check("the options are in the signature", list(inspect.signature(my_rule.Optimizer).parameters) == ["params", "lr", "weight_decay", "max_norm"],
          inspect.signature(my_rule.Optimizer))


def sparse():
    torch.manual_seed(1)
    mine, its = torch.nn.Embedding(20, 3, sparse=True), torch.nn.Embedding(20, 3, sparse=True)
    its.load_state_dict(mine.state_dict())
    opt, theirs = more_rules.Adagrad(mine.parameters(), lr=0.1), torch.optim.Adagrad(its.parameters(), lr=0.1)
    for t in range(30):
        rows = torch.randint(20, (6,))
        for table, optimizer in ((mine, opt), (its, theirs)):
            optimizer.zero_grad(set_to_none=True)
            (table(rows) ** 2).sum().backward()
            optimizer.step()
        if t == 15:
            other = more_rules.Adagrad(mine.parameters(), lr=0.1)
            other.load_state_dict(opt.state_dict())
            opt = other
    check("sparse gradients step their rows", distance([mine.weight.detach()], [its.weight.detach()]) < 2e-6)
    table = torch.nn.Embedding(20, 3, sparse=True)
    opt = my_rule.Optimizer(table.parameters())
    table(torch.tensor([1, 2])).sum().backward()
    check_refused("a rule that cannot step rows refuses them", ValueError, "is sparse, and the rule has a reduction over more than a row", opt.step)


def example():
    spec = importlib.util.spec_from_file_location("train", ROOT / "examples" / "torch_extension" / "train.py")
    train = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(train)
    loss = train.train(my_rule)
    check("the example learns", loss < 1e-3, loss)


def narrow():
    torch.manual_seed(3)
    x = [torch.nn.Parameter(torch.randn(9, 40).bfloat16()) for _ in range(2)]
    y = [torch.nn.Parameter(p.detach().clone()) for p in x]
    opt, other = more_rules.NarrowSGD(x), more_rules.NarrowSGD(y)
    give_gradients(x, y)
    opt.step()
    for p, q in zip(x, y):
        q.data.copy_(p)
    saved = opt.state_dict()
    other.load_state_dict(saved)
    for t in range(3):
        give_gradients(x, y)
        opt.step()
        other.step()
    check("states in blocks, and halves of parameters, go on to the bit", equal(x, y) and equal_states(opt.state_dict(), other.state_dict()))
    turned = [torch.nn.Parameter(p.detach().t().contiguous().t()) for p in x]
    check_refused("blocks do not fit another order of memory", ValueError, "is stored in blocks, and the parameter has another order in memory than in the state_dict",
                  lambda: more_rules.NarrowSGD(turned).load_state_dict(saved))


def twins():
    """Two modules in one process, each with a rule of the name my_rule, step in turns. Each keeps its own rule and states."""
    check("modules with rules of one name have options of their own",
          [list(inspect.signature(module.Optimizer).parameters)[1:] for module in (my_rule, twin)] == [["lr", "weight_decay", "max_norm"], ["rate"]])
    x, y = some_parameters()
    z = [p.detach().clone() for p in x]
    theirs = [torch.nn.Parameter(p.clone()) for p in z]
    opt, other, adamw = my_rule.Optimizer(x, lr=0.01, **INFINITE), twin.Optimizer(y, rate=0.25), torch.optim.AdamW(theirs, lr=0.01)
    m = [torch.zeros_like(p) for p in z]
    for t in range(5):
        give_gradients(x, y, theirs)
        norm = torch.sqrt(sum((p.grad ** 2).sum() for p in y))
        opt.step()
        other.step()
        adamw.step()
        for p, mean, q in zip(z, m, y):
            mean.mul_(0.5).add_(q.grad / norm, alpha=0.5)
            p.sub_(mean, alpha=0.25 / (1 - 0.5 ** (t + 1)))
    check("the first of them is AdamW", distance(x, theirs) < 2e-6, distance(x, theirs))
    check("the second is the other rule", distance(y, z) < 2e-6, distance(y, z))
    states = [{name for name in optimizer.state[p] if name in ("m", "v", "steps")} for optimizer, p in ((opt, x[0]), (other, y[0]))]
    check("each has its own states", states == [{"m", "v", "steps"}, {"m", "steps"}], states)
    check("each reports its own values", math.isclose(other.value("norm"), norm.item(), rel_tol=1e-5), (other.value("norm"), norm))
    check_refused("the states of one are not those of the other", ValueError, "which computes something else than my_rule",
                  lambda: other.load_state_dict({**other.state_dict(), "furl": opt.state_dict()["furl"]}))


def refusals():
    w = torch.nn.Parameter(torch.ones(3))
    def made(parameters=[w], **options):
        return my_rule.Optimizer(parameters, **options)
    check_refused("a wrong name", TypeError, "furl: no hyperparameter 'weight_decy', did you mean 'weight_decay'? the rule has: lr, weight_decay, max_norm",
                  lambda: made(weight_decy=0.1))
    check_refused("a name that only torch.optim has", TypeError, "furl: no hyperparameter 'betas'; the rule has:", lambda: made(betas=(0.9, 0.99)))
    check_refused("a wrong name in a group", TypeError, "did you mean 'weight_decay'", lambda: made([{"params": [w], "weight_decy": 0}]))
    check_refused("a value that is no number", TypeError, "furl: the hyperparameter 'lr' of group 0 is a str, expected a number", lambda: made(lr="fast"))
    check_refused("NaN", ValueError, "furl: ", lambda: made(lr=math.nan))
    for dtype, said in ((torch.complex64, "ComplexFloat"), (torch.float8_e4m3fn, "Float8") if hasattr(torch, "float8_e4m3fn") else (torch.complex128, "ComplexDouble")):
        check_refused(f"{dtype}", ValueError, f"furl: parameter 0 of group 0 has elements of type {said}", lambda: made([torch.nn.Parameter(torch.ones(3).to(dtype))]))
    check_refused("a type that the module excludes", ValueError, "furl: parameter 0 of group 0 has elements of type Double, which the rule or furl::torch_types excludes",
                  lambda: more_rules.SGD([torch.nn.Parameter(torch.ones(2).double())]))
    check_refused("another device", ValueError, "furl: parameter 0 of group 0 is on meta; furl steps tensors in the memory of the CPU",
                  lambda: made([torch.nn.Parameter(torch.ones(3, device="meta"))]))
    check_refused("no tensor", TypeError, "optimizer can only optimize Tensors", lambda: made([3.0]))
    opt = made()
    before = opt.state_dict()
    check_refused("a group that does not fit is not added", ValueError, "furl: parameter 0 of group 1 is on meta",
                  lambda: opt.add_param_group({"params": [torch.nn.Parameter(torch.ones(3, device="meta"))]}))
    check_refused("a parameter in two groups", ValueError, "more than one parameter group", lambda: opt.add_param_group({"params": [w]}))
    check("and nothing has changed", equal_states(opt.state_dict(), before))
    w.grad = torch.ones(3)
    for value, kind, said in ((None, TypeError, "is a NoneType, expected a number"), (math.nan, ValueError, "NaN")):
        opt.param_groups[0]["lr"] = value
        check_refused(f"a rate of {value} in a step", kind, said, opt.step)
    del opt.param_groups[0]["lr"]
    check_refused("no rate in a step", KeyError, "furl: the hyperparameter 'lr' of group 0 is missing", opt.step)
    check("no step was done", w.eq(1).all())
    opt.param_groups[0]["lr"] = torch.tensor(0.5)
    opt.step()
    check("a rate may be a tensor", not w.eq(1).any())

    saved = opt.state_dict()
    v = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))
    other = made([v])
    for name, kind, said, wrong in (
            ("other groups", ValueError, "furl: the state_dict has 2 groups, the optimizer has 1", {"param_groups": saved["param_groups"] * 2}),
            ("other parameters", ValueError, "furl: the state_dict has 2 parameters in group 0, the optimizer has 1",
             {"param_groups": [{**saved["param_groups"][0], "params": [0, 1]}]}),
            ("no rate", KeyError, "furl: the hyperparameter 'lr' of group 0 is missing", {"param_groups": [{"params": [0]}]}),
            ("another type", ValueError, "furl: the state 'm' of parameter 0 of group 0 is Float[3] in the state_dict, expected Double[3]", {}),
            ("no state", KeyError, "furl: the state_dict has no state 'm' of parameter 0 of group 0", {"state": {0: {"steps": torch.tensor(1.0).double()}}}),
            ("another rule", ValueError, "furl: the state_dict is of the rule furl::zoo::sgd_momentum, which computes something else than my_rule",
             {"furl": more_rules.SGD([w]).state_dict()["furl"]}),
            ("a later version", ValueError, "furl: the state_dict has version 2, and this furl reads version 1", {"furl": {**saved["furl"], "version": 2}})):
        check_refused(f"a state_dict with {name}", kind, said, lambda: other.load_state_dict({**saved, **wrong}))
    check("and nothing has changed", len(other.state) == 0 and other.param_groups[0]["lr"] == 1e-3)
    try:
        opt.step(lambda: 1 / 0)
    except ZeroDivisionError as error:
        frame = next(f for f in traceback.extract_tb(error.__traceback__) if f.filename.endswith("python_class.hpp"))
        check("a traceback shows furl's lines", frame.line == "loss = closure()", frame)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        made([w, w])
    check("a parameter that is twice in a group is PyTorch's warning", len(seen) == 1 and "duplicate" in str(seen[0].message), seen)


for test in (trajectories, resumed, states, steps, sparse, narrow, twins, refusals, example):
    test()
print(f"torch {torch.__version__}: {len(complaints)} failed")
end()
