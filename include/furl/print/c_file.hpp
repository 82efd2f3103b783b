#pragma once

#include <furl/print/c_loops.hpp>
#include <furl/print/lines.hpp>
#include <furl/print/statements.hpp>
#include <furl/print/type_name.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// Writes a file of C, or of a language like it: the structs of hyperparameters, tensors and states, a function that sets the states, and
/// one for a step.
///
/// @tparam Loops  how the elements of a tensor are gone over: c_loops, or a class that is derived from it.
template <class Language, template <class> class Loops>
class c_file {
    using loops = Loops<Language>;

  public:
    /// Returns the file for a rule of this name and its program, as Writer of source_text.
    static std::string write(std::string_view rule, const large_program& program) { return c_file(rule, program).text(); }

  private:
    statements<Language> s_;
    std::string rule_, name_;
    bool has_shape_;
    indented_lines out_;

    c_file(std::string_view rule, const large_program& program)
        : s_(program),
          rule_(rule),
          name_(identifiers(Language::reserved).add(short_name(rule))),
          has_shape_(program.has_shape()) {}

    std::string text() {
        out_.line("/* " + rule_ + " in " + std::string(loops::language_name) + ", as furl prints it: the rule as written, in " +
                      std::string(Language::type) + ". Names are those of furl.",
                  0);
        out_.line("   " + std::string(loops::advice) + " */", 0);
        loops::write_helpers(out_, s_);
        write_structs();
        std::vector<loops> passes;
        for (std::size_t pass = 0; pass < s_.passes.size(); ++pass) passes.push_back(of_pass(pass));
        loops::write_kernels(out_, name_, passes);
        write_start();
        write_step();
        return out_.text;
    }

    const large_program& program() const { return s_.program(); }
    bool has_step_states() const {
        return std::ranges::any_of(program().states, [](const state_entry& s) { return s.where == domain::step; });
    }
    static std::string type_of(domain where) {
        return is_list(where) ? loops::array_type(Language::type) : "double ";
    }

    void write_structs() {
        const auto& p = program();
        if (!s_.hypers.empty()) {
            std::string defaults;
            out_.line("", 0), out_.line("struct " + name_ + "_hyper {", 0);
            for (std::size_t i = 0; i < s_.hypers.size(); ++i) {
                out_.line("double " + s_.hypers[i] + ";", 1);
                add_to_list(defaults, float_text(p.hypers[i].default_value, "INFINITY"));
            }
            out_.line("};", 0);
            out_.line("const struct " + name_ + "_hyper " + name_ + "_defaults = {" + defaults + "};", 0);
        }
        out_.line("", 0), out_.line("/* A tensor, with memory for its states. Where grad is NULL, a step leaves the tensor as it is. */", 0);
        out_.line("struct " + name_ + "_tensor {", 0);
        out_.line(has_shape_ ? "size_t rows, columns;" : "size_t size;", 1);
        out_.line(loops::array_type(Language::type) + "param;", 1);
        out_.line(loops::array_type(Language::type, p.gradient < 0) + "grad;", 1);
        for (const auto& input : s_.inputs) out_.line(loops::array_type(Language::type, true) + input + ";", 1);
        for (std::size_t i = 0; i < p.states.size(); ++i)
            if (const auto where = p.states[i].where; where != domain::step)
                out_.line(type_of(where) + s_.states[i] + ";" + (is_list(where) ? "  /* " + in_words(where) + " */" : ""), 1);
        for (const auto& r : s_.reductions())
            if (const auto where = s_[r.value].where; where != domain::step)
                out_.line((is_of_lines(where) ? loops::array_type("double") : "double ") + loops::kept(r) + ";  /* for a step's own use" +
                              (is_of_lines(where) ? ": " + in_words(where) : "") + " */",
                          1);
        out_.line("};", 0);
        if (!has_step_states()) return;
        out_.line("", 0), out_.line("struct " + name_ + "_states {", 0);
        for (std::size_t i = 0; i < p.states.size(); ++i)
            if (p.states[i].where == domain::step) out_.line("double " + s_.states[i] + ";", 1);
        out_.line("};", 0);
    }

    // The parameters that both functions have.
    std::string parameters() const {
        return "struct " + name_ + "_tensor *tensors, size_t number" + (has_step_states() ? ", struct " + name_ + "_states *states" : "");
    }

    static std::string loop(std::string_view variable, const std::string& end) {
        return "for (size_t " + std::string(variable) + " = 0; " + std::string(variable) + " < " + end + "; ++" + std::string(variable) + ")";
    }
    std::string size_of(domain where) const {
        if (where == domain::row) return "tensor->rows";
        if (where == domain::column) return "tensor->columns";
        return has_shape_ ? "tensor->rows * tensor->columns" : "tensor->size";
    }

    loops of_pass(std::size_t pass) const { return loops(s_, s_.passes[pass], pass + 1 == s_.passes.size(), has_shape_); }

    void write_start() {
        out_.line("", 0), out_.line("/* Sets the states as before the first step. */", 0);
        out_.line("void " + name_ + "_start(" + parameters() + loops::start_parameters(name_) + ") {", 0);
        const auto& p = program();
        for (std::size_t i = 0; i < p.states.size(); ++i)
            if (p.states[i].where == domain::step)
                out_.line("states->" + s_.states[i] + " = " + float_text(initial_number(p, p.states[i]), "INFINITY") + ";", 1);
        out_.line(loop("k", "number") + " {", 1);
        out_.line("struct " + name_ + "_tensor *tensor = &tensors[k];", 2);
        const auto head = std::exchange(out_.text, {});
        for (std::size_t i = 0; i < p.states.size(); ++i) {
            const auto where = p.states[i].where;
            const auto value = float_text(initial_number(p, p.states[i]), "INFINITY");
            if (where == domain::tensor) out_.line("tensor->" + s_.states[i] + " = " + value + ";", 2);
            else if (where != domain::step) out_.line(loops::fill("tensor->" + s_.states[i], size_of(where), value), 2);
        }
        const auto body = std::exchange(out_.text, head);
        if (!loops::device.empty() && !mentions(body, loops::device)) out_.line("(void)" + std::string(loops::device) + ";", 2);
        out_.text += body.empty() ? "        (void)tensor;\n" : body;
        out_.line("}", 1), out_.line("}", 0);
    }

    void write_step() {
        std::string given = parameters();
        if (!s_.hypers.empty()) given += ", const struct " + name_ + "_hyper *hyper";
        given += ", double step";
        for (const auto& x : s_.step_inputs) given += ", double " + x;
        given += loops::step_parameters(name_);
        out_.line("", 0),
            out_.line("/* Does step number `step`, which counts from 1. Returns 0 if the step was skipped, with nothing written. */", 0);
        out_.line("int " + name_ + "_step(" + given + ") {", 0);
        const auto head = std::exchange(out_.text, {});
        out_.line("size_t used = 0;", 1);
        out_.line(loop("k", "number") + " used += tensors[k].grad != NULL;", 1);
        out_.line("if (used == 0) return 0;", 1);
        for (auto i : s_.step_leaves) write_step_leaf(i);
        for (std::size_t pass = 0; pass < s_.passes.size(); ++pass) write_pass(pass);
        for (const auto& x : s_.stores)
            if (x.where == domain::step) out_.line("states->" + s_.states[x.state] + " = " + x.text + ";", 1);
        out_.line("return 1;", 1), out_.line("}", 0);
        const auto body = std::exchange(out_.text, head);
        if (!s_.hypers.empty() && !mentions(body, "hyper")) out_.line("(void)hyper;", 1);
        if (!mentions(body, "step")) out_.line("(void)step;", 1);
        out_.text += body;
    }

    void write_step_leaf(std::int16_t i) {
        const auto& x = s_[i];
        const auto& name = s_.variable(i);
        if (x.code == op::hyper) out_.line("const double " + name + " = hyper->" + name + ";", 1);
        if (x.code == op::previous) out_.line("const double " + name + " = states->" + s_.states[static_cast<std::size_t>(x.slot)] + ";", 1);
        if (x.code != op::count) return;
        out_.line("double count_all = 0;", 1);
        out_.line(loop("k", "number"), 1);
        out_.line(std::string("if (tensors[k].grad) count_all += (double)") +
                      (has_shape_ ? "(tensors[k].rows * tensors[k].columns);" : "tensors[k].size;"),
                  2);
    }

    void write_pass(std::size_t pass) {
        const auto& p = s_.passes[pass];
        const bool last = pass + 1 == s_.passes.size();
        const auto of_tensor = of_pass(pass);
        if (s_.passes.size() > 1) out_.line("/* pass " + std::to_string(pass + 1) + " of " + std::to_string(s_.passes.size()) + " */", 1);
        for (const auto& x : p.of_step) out_.line(of_tensor.definition(x), 1);
        if (last && !s_.guard.empty()) out_.line("if (!(" + s_.guard + ")) return 0;", 1);
        if (!last && p.reductions.empty()) return;
        for (const auto& r : p.reductions)
            if (s_[r.value].where == domain::step)
                out_.line(of_tensor.is_sum(r) ? "struct tree " + r.name + "_all = {0};" : "double " + r.name + "_all = 0;", 1);
        out_.line(loop("k", "number") + " {", 1);
        out_.line("struct " + name_ + "_tensor *tensor = &tensors[k];", 2);
        out_.line("if (!tensor->grad) continue;", 2);
        of_tensor.write(out_, name_, pass);
        for (const auto& r : p.reductions) {
            const auto where = s_[r.value].where;
            if (is_of_lines(where)) continue;
            const auto result = of_tensor.result(r);
            if (where == domain::tensor) out_.line("tensor->" + loops::kept(r) + " = " + result + ";", 2);
            else
                out_.line(of_tensor.is_sum(r) ? "tree_add(&" + r.name + "_all, " + result + ");"
                                              : r.name + "_all = larger(" + r.name + "_all, " + result + ");",
                          2);
        }
        if (last)
            for (const auto& x : s_.stores)
                if (x.where == domain::tensor) out_.line("tensor->" + s_.states[x.state] + " = " + x.text + ";", 2);
        out_.line("}", 1);
        for (const auto& r : p.reductions)
            if (s_[r.value].where == domain::step)
                out_.line("const double " + r.name + " = " + (of_tensor.is_sum(r) ? "tree_end(&" + r.name + "_all)" : r.name + "_all") + ";",
                          1);
    }
};

}  // namespace furl::detail
