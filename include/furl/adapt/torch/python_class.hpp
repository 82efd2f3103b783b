#pragma once

#include <furl/base/build.hpp>

namespace FURL_NAMESPACE::detail {

/// The line of this file in which the text below starts, so that Python's tracebacks name lines of this file.
inline constexpr int python_class_line = __LINE__ + 4;
inline constexpr const char python_class_file[] = __FILE__;

/// The class of Python that every optimizer of a module derives from. A class of a rule has `_new`, which makes a python_stepper.
inline constexpr const char python_class[] = R"python(
import collections.abc
import inspect
import types

import torch


class States(collections.abc.MutableMapping):
    """The states of each parameter. The tensors share the memory of the states, so writing to them changes the states."""

    def __init__(self, optimizer):
        self._optimizer = optimizer

    def __getitem__(self, parameter):
        if not isinstance(parameter, torch.Tensor):
            raise KeyError(parameter)
        try:
            return types.MappingProxyType(self._optimizer._furl.states(parameter))
        except ValueError as error:
            raise KeyError(str(error)) from None

    def __setitem__(self, parameter, states):
        self._optimizer._furl.load(self._optimizer.param_groups, {parameter: dict(states)})

    def __delitem__(self, parameter):
        raise TypeError("furl: the states of one parameter cannot be deleted; `optimizer.state = {}` starts all states anew")

    def __iter__(self):
        return iter(self._optimizer._furl.parameters())

    def __len__(self):
        return len(self._optimizer._furl.parameters())

    def __repr__(self):
        return repr({parameter: dict(states) for parameter, states in self.items()})


class TorchOptimizer(torch.optim.Optimizer):
    """A rule of furl as an optimizer of PyTorch."""

    stepped = False  # whether the last step was done: not if the rule skipped it, or if no parameter had a gradient

    def __init__(self, params, **hyperparameters):
        self._furl = self._new()
        defaults = self._furl.defaults()
        for name in hyperparameters:
            if name not in defaults:
                raise TypeError(self._furl.no_hyperparameter(name))
        super().__init__(params, {**defaults, **hyperparameters})

    def add_param_group(self, param_group):
        """Adds a group. The hyperparameters that it does not have are the optimizer's defaults."""
        for name in param_group:
            if self._furl.is_misspelled(name):
                raise TypeError(self._furl.no_hyperparameter(name))
        super().add_param_group(param_group)
        try:
            self._furl.check(self.param_groups)
        except Exception:
            self.param_groups.pop()
            raise

    def step(self, closure=None):
        """Steps all parameters that have a gradient. Returns the loss that the closure returns, if there is one."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        self.stepped = self._furl.step(self.param_groups)
        return loss

    def value(self, name):
        """What the last step computed under a name that the rule gives by let: the norm of the gradients, for example."""
        return self._furl.value(name)

    @property
    def state(self):
        return States(self)

    @state.setter
    def state(self, states):
        furl = self._new()
        if states:
            furl.load(self.param_groups, {parameter: dict(values) for parameter, values in states.items()})
        self._furl = furl

    def state_dict(self):
        packed = super().state_dict()
        packed["state"] = {number: dict(values) for number, values in packed["state"].items()}
        packed["furl"] = self._furl.rule()
        return packed

    def load_state_dict(self, state_dict):
        """Goes on where the optimizer of a state_dict was, to the bit. A state_dict that does not fit changes nothing."""
        mine, saved = self._furl.rule(), state_dict.get("furl")
        if saved is not None and saved["version"] != mine["version"]:
            raise ValueError(f"furl: the state_dict has version {saved['version']}, and this furl reads version {mine['version']}")
        if saved is not None and saved["fingerprint"] != mine["fingerprint"]:
            raise ValueError(f"furl: the state_dict is of the rule {saved['rule']}, which computes something else than {mine['rule']}")
        groups, numbers = state_dict["param_groups"], {}
        if len(groups) != len(self.param_groups):
            raise ValueError(f"furl: the state_dict has {len(groups)} groups, the optimizer has {len(self.param_groups)}")
        for index, (group, own) in enumerate(zip(groups, self.param_groups)):
            if len(group["params"]) != len(own["params"]):
                raise ValueError(f"furl: the state_dict has {len(group['params'])} parameters in group {index}, "
                                 f"the optimizer has {len(own['params'])}")
            numbers.update(zip(group["params"], own["params"]))
        furl = self._new()
        furl.check_hyperparameters(groups)
        states = {numbers[number]: values for number, values in state_dict["state"].items()}
        if states:
            furl.load(self.param_groups, states)
        # The base class casts states to the type of their parameter, so it loads the groups alone.
        super().load_state_dict({"state": {}, "param_groups": groups})
        self._furl = furl

    def __getstate__(self):
        return {"defaults": self.defaults, "state": {p: dict(values) for p, values in self.state.items()},
                "param_groups": self.param_groups}

    def __setstate__(self, state):
        others = {name: value for name, value in state.items() if name != "state"}
        super().__setstate__(others)
        self.state = state.get("state", {})


def optimizer_class(name, module, new, states):
    """The class of a rule."""
    options = new().defaults()
    parameters = [inspect.Parameter("params", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    parameters += [inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=value) for option, value in options.items()]
    text = (f"The rule {new().rule()['rule']} as an optimizer of PyTorch, made by furl.\n\n"
            f"Hyperparameters: {', '.join(f'{option}={value:g}' for option, value in options.items()) or 'none'}\n"
            f"States: {', '.join(states) or 'none'}")
    return type(name, (TorchOptimizer,), {"__module__": module, "__qualname__": name, "__doc__": text, "_new": staticmethod(new),
                                          "__signature__": inspect.Signature(parameters)})
)python";

}  // namespace furl::detail
