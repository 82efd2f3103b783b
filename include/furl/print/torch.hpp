#pragma once

#include <furl/print/printable.hpp>
#include <furl/print/python.hpp>

#include <span>
#include <string>
#include <string_view>

namespace FURL_NAMESPACE {

namespace detail {

/// PyTorch's words for the statements of a step. Numbers of a step are tensors of one float64 on the device of the parameters, so that a
/// reduction need not wait for the device, and 1 / 0 raises no error.
struct torch_language : python_leaves<torch_language> {
    static constexpr auto words = &notation::torch;
    static constexpr std::span<const std::string_view> reserved = python_words, field_names = python_words;
    static constexpr bool stores_arrays = true;

    static phrase constant(double value, bool of_elements, bool needs_type) {
        const auto text = float_text(value, "float(\"inf\")");
        if (needs_type) return {(of_elements ? "T(" : "D(") + text + ")"};
        return {text, value < 0 ? tightness::sign : tightness::atom};
    }
    static phrase rounded(const std::string& variable) { return {"T(" + variable + ")"}; }
    static std::string copy(const std::string& variable) { return variable + ".clone()"; }

    static std::string number(const std::string& x) { return "D(" + x + ")"; }
    static std::string state(const state_entry& s) {
        return s.role == state_role::hyperparameter ? "group[" + quoted(s.name) + "]" : "self.state[p][" + quoted(s.name) + "]";
    }
    static std::string step_state(std::string_view name) { return "states[" + quoted(name) + "]"; }
    static std::string parameters() { return "p"; }
    static std::string gradients() { return "p.grad"; }
    static std::string write(const std::string& to, const std::string& value, bool has_shape) {
        return has_shape ? "store(" + to + ", " + value + ")" : to + ".copy_(" + value + ")";
    }
    static std::string element_type() { return "partial(torch.as_tensor, dtype=p.dtype, device=p.device)"; }

    static std::string step_number() { return "group[\"step\"] + 1"; }
    static std::string hyper(std::string_view name) { return "group[" + quoted(name) + "]"; }
    static std::string size_of_all() { return "sum(p.numel() for k, p in used)"; }
    static std::string size() { return "p.numel()"; }
    static constexpr std::string_view key = "[p]";  ///< picks a tensor's value out of those of all

    static std::string sum(const std::string& x, std::string_view axis) { return "torch.sum(" + x + over(axis) + ", dtype=torch.float64)"; }
    static std::string largest(const std::string& x, std::string_view axis) { return "torch.amax(" + x + over(axis) + ").double()"; }
    static std::string sum_of_all(const std::string& x) { return "sum(" + x + ".values())"; }
    static std::string largest_of_all(const std::string& x) { return "torch.stack(list(" + x + ".values())).amax()"; }
    static std::string spread(const std::string& x) { return "torch.broadcast_to(" + x + ", p.shape)"; }

  private:
    static std::string over(std::string_view axis) { return axis.empty() ? "" : ", dim=" + std::string(axis) + ", keepdim=True"; }
};

/// Writes a torch.optim.Optimizer.
struct torch_writer {
    static std::string write(std::string_view rule, const large_program& program) {
        const statements<torch_language> s(program);
        const bool has_shape = program.has_shape();
        const bool joins_tensors =
            s.any([](const instruction& x) { return x.where == domain::step && (is_reduction(x.code) || x.code == op::count); });
        const auto name = identifiers(python_words).add(short_name(rule));
        indented_lines out;
        out.line("# " + std::string(rule) + " as an optimizer of PyTorch, as furl prints it: the rule as written. Names are those of furl.", 0);
        out.line("from functools import partial", 0);
        write_imports(out, s, "torch");
        if (has_shape) {
            write_matrix_view(out);
            out.text += "\n\ndef store(to, value):\n    to.copy_(torch.broadcast_to(value, matrix(to).shape).reshape(to.shape))\n";
        }
        if (s.has(op::random)) write_random(out, "torch.arange(like.numel(), device=like.device).reshape(like.shape)", ".to(like.dtype)");
        out.text += "\n\nclass " + name + "(torch.optim.Optimizer):\n";
        out.line("def __init__(self, params" + python_defaults(s) + "):", 1);
        out.line("super().__init__(params, {" + options(s) + "})", 2);
        out.line("", 0);
        out.line("@torch.no_grad()", 1);
        const auto inputs = python_inputs(s);
        out.line("def step(self, closure=None" + (inputs.empty() ? "" : ", *" + inputs) + "):", 1);
        if (!s.inputs.empty()) out.line("\"\"\"" + s.inputs[0] + " maps each parameter to a tensor of its shape.\"\"\"", 2);
        if (joins_tensors) {
            out.line("if len(self.param_groups) > 1:", 2);
            out.line("raise ValueError(\"the rule has a reduction over all tensors, so it takes one group\")", 3);
        }
        out.line("with torch.enable_grad():", 2);
        out.line("result = closure() if closure is not None else None", 3);
        out.line("for group in self.param_groups:", 2);
        out.line("if self.step_group(group" + inputs + "):", 3);
        out.line("group[\"step\"] += 1", 4);
        out.line("return result", 2);
        out.line("", 0);
        out.line("def step_group(self, group" + inputs + "):", 1);
        out.line("used = [(k, p) for k, p in enumerate(group[\"params\"]) if p.grad is not None and p.numel() > 0]", 2);
        out.line("if not used:", 2);
        out.line("return False", 3);
        out.line("D = partial(torch.as_tensor, dtype=torch.float64, device=used[0][1].device)", 2);
        write_states(out, s);
        python_step<torch_language>(s, has_shape).write(out, 2, "for k, p in used:", "False");
        out.line("return True", 2);
        return out.text;
    }

  private:
    static std::string options(const statements<torch_language>& s) {
        std::string list;
        const auto& p = s.program();
        for (std::size_t i = 0; i < s.hypers.size(); ++i) add_to_list(list, quoted(p.hypers[i].name) + ": " + s.hypers[i]);
        for (std::size_t i = 0; i < p.states.size(); ++i)
            if (p.states[i].role == state_role::hyperparameter) add_to_list(list, quoted(p.states[i].name) + ": " + s.states[i]);
        add_to_list(list, "\"step\": 0");
        return list;
    }

    static void write_states(indented_lines& out, const statements<torch_language>& s) {
        const auto& p = s.program();
        std::string shared;
        for (const auto& state : p.states)
            if (state.where == domain::step)
                add_to_list(shared, quoted(state.name) + ": " + float_text(initial_number(p, state), "float(\"inf\")"));
        if (!shared.empty()) out.line("states = group.setdefault(\"states\", {" + shared + "})", 2);
        if (std::ranges::none_of(p.states, [](const state_entry& state) { return is_kept(state); })) return;
        out.line("for k, p in used:", 2);
        out.line("if not self.state[p]:", 3);
        for (const auto& state : p.states)
            if (is_kept(state))
                out.line(
                    "self.state[p][" + quoted(state.name) + "] = " + initial(state, float_text(initial_number(p, state), "float(\"inf\")")), 4);
    }

    // Whether a state is kept for each tensor; hyperparameters of tensors are options of groups.
    static bool is_kept(const state_entry& s) { return s.where != domain::step && s.role != state_role::hyperparameter; }

    static std::string initial(const state_entry& state, const std::string& value) {
        switch (state.where) {
            case domain::tensor: return value;
            case domain::row: return "torch.full_like(matrix(p)[:, :1], " + value + ")";
            case domain::column: return "torch.full_like(matrix(p)[:1], " + value + ")";
            default: return "torch.full_like(p, " + value + ")";
        }
    }
};

}  // namespace detail

/// A rule as an optimizer of PyTorch, a file of Python that runs as it is: a torch.optim.Optimizer, with groups, closures and state_dict. It
/// computes the rule as written, in the type of each parameter, and values of a step, tensor, row or column in float64.
///
/// `opt = adamw(model.parameters(), lr=3e-4)`, then `opt.step()`. Hyperparameters are options of the groups, and so are those of tensors. A
/// group counts its steps. A rule with a reduction over all tensors takes one group.
///
/// Errors:  those of a rule that is not well formed; E53 if it has a function of matrices.
template <class Rule>
std::string torch() {
    return detail::source_text<Rule, detail::torch_writer>();
}

}  // namespace furl
