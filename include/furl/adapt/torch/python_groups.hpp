#pragma once

#include <furl/adapt/torch/options.hpp>
#include <furl/adapt/torch/parameters.hpp>

#include <torch/csrc/autograd/python_variable.h>
#include <torch/csrc/utils/pybind.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// Returns the tensor that an object of Python is; refuses other objects.
inline const at::Tensor& require_tensor(py::handle object, const std::string& what) {
    if (!THPVariable_Check(object.ptr()))
        throw py::type_error("furl: " + what + " is a " + Py_TYPE(object.ptr())->tp_name + ", expected a torch.Tensor");
    return THPVariable_Unpack(object.ptr());
}

/// The param_groups of an optimizer of PyTorch, read before each step: programs and schedulers change them as they like.
class [[gnu::visibility("hidden")]] python_groups {
  public:
    explicit python_groups(const torch_options& defaults) : defaults_(defaults) {}

    const torch_groups& groups() const { return groups_; }
    const torch_options& defaults() const { return defaults_; }

    /// Reads tensors and hyperparameters.
    void read(const py::list& groups) {
        std::vector<torch_options> options;
        for (std::size_t g = 0; g < groups.size(); ++g) options.push_back(options_of(groups[g], g));
        if (!has_tensors_of(groups)) read_tensors(groups);
        for (std::size_t g = 0; g < groups.size(); ++g) static_cast<torch_options&>(groups_[g].options()) = std::move(options[g]);
    }

    /// The hyperparameters of a group; refuses one that is missing or no number.
    torch_options options_of(const py::dict& group, std::size_t number) const {
        const auto place = " of group " + std::to_string(number);
        auto all = defaults_;
        for (const auto& [name, value] : defaults_.values()) {
            const py::str key(name);
            PyObject* const found = PyDict_GetItemWithError(group.ptr(), key.ptr());
            if (!found) throw py::key_error("furl: the hyperparameter '" + name + "'" + place + " is missing");
            const double x = PyFloat_AsDouble(found);
            if (PyErr_Occurred()) {
                PyErr_Clear();
                throw py::type_error("furl: the hyperparameter '" + name + "'" + place + " is a " + Py_TYPE(found)->tp_name + ", expected a number");
            }
            all.set(name, x);
        }
        return all;
    }

  private:
    torch_options defaults_;
    torch_groups groups_;
    std::vector<std::vector<py::object>> tensors_;  // the objects of Python that are in the groups

    static py::list tensors_of(const py::dict& group) { return py::list(group["params"]); }

    bool has_tensors_of(const py::list& groups) const {
        if (groups.size() != tensors_.size()) return false;
        for (std::size_t g = 0; g < tensors_.size(); ++g) {
            const auto now = tensors_of(groups[g]);
            if (now.size() != tensors_[g].size()) return false;
            for (std::size_t i = 0; i < now.size(); ++i)
                if (PyList_GET_ITEM(now.ptr(), static_cast<Py_ssize_t>(i)) != tensors_[g][i].ptr()) return false;
        }
        return true;
    }

    void read_tensors(const py::list& groups) {
        torch_groups read;
        std::vector<std::vector<py::object>> objects(groups.size());
        for (std::size_t g = 0; g < groups.size(); ++g) {
            std::vector<at::Tensor> tensors;
            for (auto object : tensors_of(groups[g])) {
                tensors.push_back(require_tensor(object, torch_place{g, tensors.size()}.text()));
                objects[g].push_back(py::reinterpret_borrow<py::object>(object));
            }
            read.emplace_back(std::move(tensors), std::make_unique<torch_options>(defaults_));
        }
        groups_ = std::move(read);
        tensors_ = std::move(objects);
    }
};

}  // namespace furl::detail
