#pragma once

#include <furl/print/lines.hpp>
#include <furl/print/statements.hpp>
#include <furl/print/type_name.hpp>
#include <furl/print/words.hpp>

#include <array>
#include <string>
#include <string_view>

// What the texts for NumPy and for PyTorch have in common: statements over whole arrays, in Python.
namespace FURL_NAMESPACE::detail {

inline constexpr auto python_words = std::to_array<std::string_view>({
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
    "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try",
    "while", "with", "yield",
    // what the texts use themselves
    "D", "T", "all", "any", "closure", "count", "count_all", "columns", "dict", "enumerate", "float", "grad", "grads", "group", "k", "list",
    "max", "np", "p", "param", "partial", "params", "random_key", "random_numbers", "rows", "self", "step", "store", "struct", "sum", "super",
    "torch", "used"});

/// The leaves of a program, as NumPy's and PyTorch's texts read them.
template <class Library>
struct python_leaves {
    static std::string step_leaf(const instruction& x, const std::string& variable) {
        switch (x.code) {
            case op::hyper: return Library::number(Library::hyper(x.name));
            case op::step: return Library::number(Library::step_number());
            case op::count: return Library::number(Library::size_of_all());
            case op::previous: return Library::number(Library::step_state(x.name));
            default: return Library::number(variable);
        }
    }
    static std::string tensor_leaf(const instruction& x, const std::string& variable) {
        switch (x.code) {
            case op::param: return Library::parameters();
            case op::grad: return Library::gradients();
            case op::count:
                if (x.over == domain::tensor) return Library::number(Library::size());
                return Library::number("matrix(" + Library::parameters() + ").shape" + (x.over == domain::row ? "[1]" : "[0]"));
            default: return variable + std::string(Library::key);
        }
    }
};

/// The statements of a step over arrays, which are the same in NumPy and PyTorch but for some words.
///
/// Library has, besides what a Language has: `number(x)`, x in double; `element_type()`, the function T that rounds to the element type;
/// the places of parameters, gradients, states and other leaves; `write(to, value, has_shape)`, the line that writes an array; `sum` and
/// `largest` of an array, and of the results of all tensors.
template <class Library>
class python_step {
  public:
    explicit python_step(const statements<Library>& s, bool has_shape) : s_(s), has_shape_(has_shape) {}

    /// Writes the lines of a step, in a function that knows what is used by its number k.
    ///
    /// @param refused  what the function returns where the guard forbids the step.
    void write(indented_lines& out, std::size_t depth, const std::string& loop, const std::string& refused) const {
        for (auto i : s_.step_leaves) out.line(s_.variable(i) + " = " + Library::step_leaf(s_[i], s_.variable(i)), depth);
        for (std::size_t pass = 0; pass < s_.passes.size(); ++pass) {
            const auto& p = s_.passes[pass];
            const bool last = pass + 1 == s_.passes.size();
            if (s_.passes.size() > 1) out.line("# pass " + std::to_string(pass + 1) + " of " + std::to_string(s_.passes.size()), depth);
            for (const auto& line : p.of_step) assign(out, line, depth);
            if (last && !s_.guard.empty()) {
                out.line("if not " + s_.guard + ":", depth);
                out.line("return " + refused, depth + 1);
            }
            if (!last && p.reductions.empty()) continue;
            for (const auto& r : p.reductions) out.line(r.name + "_of = {}", depth);
            out.line(loop, depth);
            write_tensor(out, p, depth + 1, last);
            for (const auto& r : p.reductions)
                if (s_[r.value].where == domain::step)
                    out.line(r.name + " = " + of_all(r), depth);
        }
        for (const auto& x : s_.stores)
            if (x.where == domain::step) out.line(Library::step_state(s_.program().states[x.state].name) + " = float(" + x.text + ")", depth);
    }

  private:
    const statements<Library>& s_;
    bool has_shape_;

    static void assign(indented_lines& out, const assignment& x, std::size_t depth) { out.line(x.name + " = " + x.text, depth); }
    bool is_sum(const reduced_value& r) const { return s_[r.value].code == op::reduce_sum; }

    std::string of_all(const reduced_value& r) const {
        return is_sum(r) ? Library::sum_of_all(r.name + "_of") : Library::largest_of_all(r.name + "_of");
    }

    void write_tensor(indented_lines& to, const pass_statements& p, std::size_t depth, bool last) const {
        indented_lines out;
        for (auto i : p.leaves) out.line(s_.variable(i) + " = " + leaf(i), depth);
        for (const auto& key : p.random_keys) {
            const auto stream = float_text(s_[s_[key.value].operands[1]].value, "");
            out.line(key.name + " = random_key(" + key.text + ", " + stream + ", " + Library::step_number() + ", k)", depth);
        }
        for (const auto* lines : {&p.of_tensor, &p.of_rows, &p.of_columns, &p.of_elements})
            for (const auto& line : *lines) assign(out, line, depth);
        for (const auto& r : p.reductions) out.line(r.name + "_of[k] = " + reduced(r), depth);
        if (last)
            for (const auto& x : s_.stores)
                if (x.where != domain::step) out.line(written(x), depth);
        if (mentions(out.text, "T")) to.line("T = " + Library::element_type(), depth);
        to.text += out.text;
    }

    std::string leaf(std::int16_t i) const {
        const auto& x = s_[i];
        if (is_reduction(x.code)) return s_.variable(i) + "_of[k]";
        if (x.code == op::previous) return old(s_.program().state_of(x));
        const auto text = Library::tensor_leaf(x, x.code == op::input ? s_.inputs[static_cast<std::size_t>(x.slot)] : s_.variable(i));
        return has_shape_ && x.where == domain::element ? "matrix(" + text + ")" : text;
    }

    // States of elements are arrays; those of rows and columns too, and are read in double; others are numbers.
    std::string old(const state_entry& s) const {
        const auto text = Library::state(s);
        if (s.where == domain::element) return has_shape_ ? "matrix(" + text + ")" : text;
        return Library::number(text);
    }

    // What is the same for all elements is added up as often as there are elements.
    std::string reduced(const reduced_value& r) const {
        const auto where = s_[r.value].where;
        const std::string_view axis = where == domain::row ? "1" : where == domain::column ? "0" : "";
        const bool repeated = s_.reads_elements(r) && s_[s_[r.value].operands[0]].where != domain::element;
        const auto operand = repeated ? Library::spread(r.operand) : r.operand;
        return is_sum(r) ? Library::sum(operand, axis) : Library::largest(operand, axis);
    }

    std::string written(const stored_value& x) const {
        if (x.kind == op::param) return Library::write(Library::parameters(), x.text, has_shape_);
        if (x.kind == op::grad) return Library::write(Library::gradients(), x.text, has_shape_);
        const auto to = Library::state(s_.program().states[x.state]);
        return x.where == domain::tensor ? to + " = float(" + x.text + ")" : Library::write(to, x.text, has_shape_);
    }
};

/// Writes the head of a file: what it imports.
template <class Library>
void write_imports(indented_lines& out, const statements<Library>& s, const std::string& library) {
    if (s.has(op::random)) out.line("import struct", 0);
    if (!out.text.ends_with(".\n")) out.line("", 0);
    out.line("import " + library, 0);
}

/// Writes the function that gives a tensor of any shape as rows and columns, as furl::shape does: a vector is one row.
inline void write_matrix_view(indented_lines& out) {
    out.text += R"(

def matrix(x):
    return x.reshape(x.shape[0] if len(x.shape) > 1 else 1, -1)
)";
}

/// Writes the functions that draw furl's random numbers: a number is a hash of where it is used.
///
/// @param elements  the numbers of the elements of the tensor `like`, as integers of 64 bits.
/// @param typed     what makes the numbers of its type.
inline void write_random(indented_lines& out, const std::string& elements, const std::string& typed) {
    out.text += R"(

def random_key(seed, stream, step, tensor):
    def mixed(x):
        x = (x + 0x9e3779b97f4a7c15) % 2**64
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9 % 2**64
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb % 2**64
        return x ^ (x >> 31)

    def bits(x):
        return struct.unpack("<Q", struct.pack("<d", float(x)))[0]

    x = mixed(mixed(mixed(mixed(bits(seed)) ^ bits(stream)) ^ int(step)) ^ tensor)
    return x % 2**32, x >> 32


def random_numbers(key, like):
    x = )" + elements + R"(
    x = (x * 0x9e3779b9 + key[0]) & 0xffffffff
    for multiplier, shift in ((0x7feb352d, 16), (0x846ca68b, 15)):
        x = ((x ^ (x >> shift)) * multiplier) & 0xffffffff
    x = ((x ^ (x >> 16)) + key[1]) & 0xffffffff
    for multiplier, shift in ((0x7feb352d, 16), (0x846ca68b, 15)):
        x = ((x ^ (x >> shift)) * multiplier) & 0xffffffff
    x = x ^ (x >> 16)
    return ((x >> 9) * 2.0**-23 + 2.0**-24))" + typed + R"(
)";
}

/// `name=value` for each hyperparameter, as the last parameters of a Python function; those of tensors too.
template <class Library>
std::string python_defaults(const statements<Library>& s) {
    std::string text;
    const auto& p = s.program();
    for (std::size_t i = 0; i < p.hypers.size(); ++i) text += ", " + s.hypers[i] + "=" + float_text(p.hypers[i].default_value, "float(\"inf\")");
    for (const auto& state : p.states)
        if (state.role == state_role::hyperparameter)
            text += ", " + s.states[static_cast<std::size_t>(&state - p.states.begin())] + "=" + float_text(p[state.initial].value, "float(\"inf\")");
    return text;
}

/// The names of what each step is given besides gradients, as parameters of a Python function.
template <class Library>
std::string python_inputs(const statements<Library>& s) {
    std::string text;
    for (const auto& list : {s.inputs, s.step_inputs})
        for (const auto& name : list) text += ", " + name;
    return text;
}

}  // namespace furl::detail
