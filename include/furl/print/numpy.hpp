#pragma once

#include <furl/print/printable.hpp>
#include <furl/print/python.hpp>

#include <span>

namespace FURL_NAMESPACE {

namespace detail {

/// NumPy's words for the statements of a step. Numbers of a step are np.float64, whose arithmetic does not raise errors.
struct numpy_language : python_leaves<numpy_language> {
    static constexpr auto words = &notation::numpy;
    static constexpr std::span<const std::string_view> reserved = python_words, field_names = python_words;
    static constexpr bool stores_arrays = true;

    static phrase constant(double value, bool of_elements, bool needs_type) {
        const auto text = float_text(value, "np.inf");
        if (needs_type) return {(of_elements ? "T(" : "np.float64(") + text + ")"};
        return {text, value < 0 ? tightness::sign : tightness::atom};
    }
    static phrase rounded(const std::string& variable) { return {"T(" + variable + ")"}; }
    static std::string copy(const std::string& variable) { return "np.copy(" + variable + ")"; }

    static std::string number(const std::string& x) { return "np.float64(" + x + ")"; }
    static std::string step_state(std::string_view name) { return "self.states[" + quoted(name) + "]"; }
    static std::string state(const state_entry& s) { return step_state(s.name) + std::string(key); }
    static std::string parameters() { return "self.params[k]"; }
    static std::string gradients() { return "grads[k]"; }
    static std::string write(const std::string& to, const std::string& value, bool has_shape) {
        return has_shape ? "store(" + to + ", " + value + ")" : to + "[...] = " + value;
    }
    static std::string element_type() { return "self.params[k].dtype.type"; }

    static std::string step_number() { return "self.steps + 1"; }
    static std::string hyper(std::string_view name) { return "self.hyper[" + quoted(name) + "]"; }
    static std::string size_of_all() { return "sum(self.params[k].size for k in used)"; }
    static std::string size() { return "self.params[k].size"; }
    static constexpr std::string_view key = "[k]";  ///< picks a tensor's value out of those of all

    static std::string sum(const std::string& x, std::string_view axis) { return "np.sum(" + x + over(axis) + ", dtype=np.float64)"; }
    static std::string largest(const std::string& x, std::string_view axis) { return "np.float64(np.max(" + x + over(axis) + ", initial=0.0))"; }
    static std::string sum_of_all(const std::string& x) { return "np.sum(list(" + x + ".values()))"; }
    static std::string largest_of_all(const std::string& x) { return "np.max(list(" + x + ".values()))"; }
    static std::string spread(const std::string& x) { return "np.broadcast_to(" + x + ", np.shape(self.params[k]))"; }

  private:
    static std::string over(std::string_view axis) { return axis.empty() ? "" : ", axis=" + std::string(axis) + ", keepdims=True"; }
};

/// Writes a class over lists of NumPy arrays.
struct numpy_writer {
    static std::string write(std::string_view rule, const large_program& program) {
        const statements<numpy_language> s(program);
        const bool has_shape = program.has_shape();
        const auto name = identifiers(python_words).add(short_name(rule));
        indented_lines out;
        out.line("# " + std::string(rule) + " as a class over NumPy arrays, as furl prints it: the rule as written. Names are those of furl.", 0);
        write_imports(out, s, "numpy as np");
        if (has_shape) {
            write_matrix_view(out);
            write_store(out);
        }
        if (s.has(op::random)) write_random(out, "np.arange(like.size).reshape(like.shape)", ".astype(like.dtype)");
        out.line("", 0), out.line("", 0);
        out.line("class " + name + ":", 0);
        out.line("\"\"\"Steps a list of arrays of float64 or float32 in place: opt = " + name + "([weights]); opt.step([gradients])\"\"\"", 1);
        out.line("", 0);
        write_constructor(out, s);
        out.line("", 0);
        out.line("@np.errstate(all=\"ignore\")", 1);
        out.line("def step(self, grads" + python_inputs(s) + "):", 1);
        out.line("\"\"\"Does a step and returns whether it was done. A gradient that is None leaves its array as it is.\"\"\"", 2);
        out.line("used = [k for k, grad in enumerate(grads) if grad is not None]", 2);
        out.line("if not used:", 2);
        out.line("return False", 3);
        python_step<numpy_language>(s, has_shape).write(out, 2, "for k in used:", "False");
        out.line("self.steps += 1", 2);
        out.line("return True", 2);
        return out.text;
    }

  private:
    static void write_store(indented_lines& out) {
        out.line("", 0), out.line("", 0);
        out.line("def store(to, value):", 0);
        out.line("to[...] = np.broadcast_to(value, matrix(to).shape).reshape(to.shape)", 1);
    }

    static void write_constructor(indented_lines& out, const statements<numpy_language>& s) {
        const auto& p = s.program();
        const auto defaults = python_defaults(s);
        out.line("def __init__(self, params" + (defaults.empty() ? "" : ", *" + defaults) + "):", 1);
        out.line("self.params = list(params)", 2);
        out.line("self.steps = 0", 2);
        out.line("self.hyper = {" + hypers(s) + "}", 2);
        if (p.states.empty()) return out.line("self.states = {}", 2);
        out.line("self.states = {", 2);
        for (std::size_t i = 0; i < p.states.size(); ++i) out.line(quoted(p.states[i].name) + ": " + initial(s, i) + ",", 3);
        out.line("}", 2);
    }

    static std::string hypers(const statements<numpy_language>& s) {
        std::string list;
        for (std::size_t i = 0; i < s.hypers.size(); ++i) add_to_list(list, quoted(s.program().hypers[i].name) + ": " + s.hypers[i]);
        return list;
    }

    static std::string initial(const statements<numpy_language>& s, std::size_t i) {
        const auto& state = s.program().states[i];
        const auto value = state.role == state_role::hyperparameter ? s.states[i] : float_text(initial_number(s.program(), state), "np.inf");
        switch (state.where) {
            case domain::step: return value;
            case domain::tensor: return "[" + value + " for p in self.params]";
            case domain::row: return "[np.full((len(matrix(p)), 1), " + value + ", p.dtype) for p in self.params]";
            case domain::column: return "[np.full((1, matrix(p).shape[1]), " + value + ", p.dtype) for p in self.params]";
            default: return "[np.full(p.shape, " + value + ", p.dtype) for p in self.params]";
        }
    }
};

}  // namespace detail

/// A rule as a class of Python over NumPy arrays: a file that runs as it is. It computes the rule as written, in float64 or float32 as its
/// arrays are, and values of a step, tensor, row or column in float64.
///
/// `opt = adamw([weights], lr=3e-4)`, then `opt.step([gradients])`. Hyperparameters are in `opt.hyper`, states in `opt.states`, by the names
/// that they have in furl. Sums are added up in another order than furl's, so the results of rules with reductions differ by rounding.
///
/// Errors:  those of a rule that is not well formed; E53 if it has a function of matrices.
template <class Rule>
std::string numpy() {
    return detail::source_text<Rule, detail::numpy_writer>();
}

}  // namespace furl
