#pragma once

#include <furl/print/c_helpers.hpp>
#include <furl/print/lines.hpp>
#include <furl/print/statements.hpp>

#include <string>
#include <string_view>
#include <vector>

// The part of a pass that goes over the elements of one tensor, in C.
namespace FURL_NAMESPACE::detail {

/// Writes the loops of a pass over a tensor: over its elements, or over its rows and columns if the rule has such values.
///
/// @tparam Language  that of the statements, with `type`, the element type.
template <class Language>
class c_loops {
  public:
    c_loops(const statements<Language>& s, const pass_statements& pass, bool last, bool has_shape)
        : s_(s),
          pass_(pass),
          last_(last),
          has_shape_(has_shape) {}

    /// What the head of a file says.
    static constexpr std::string_view language_name = "C99";
    static constexpr std::string_view advice = "Compiled with -std=c99 -ffp-contract=off, + - * / and sqrt have the bits of furl::strict.";

    /// Further parameters of the functions, and the name of the one that says where a step runs.
    static constexpr std::string_view device = "";
    static std::string start_parameters(const std::string&) { return ""; }
    static std::string step_parameters(const std::string&) { return ""; }

    /// The type of an array of a tensor, and what stands between it and the name.
    static std::string array_type(std::string_view element, bool is_read_only = false) {
        return (is_read_only ? "const " : "") + std::string(element) + " *";
    }

    static void write_helpers(indented_lines& out, const statements<Language>& s) { write_c_helpers(out, s); }

    /// Writes what stands before the functions, for all passes.
    static void write_kernels(indented_lines&, const std::string&, const std::vector<c_loops>&) {}

    /// The line that sets all numbers of an array.
    static std::string fill(const std::string& array, const std::string& size, const std::string& value) {
        return "for (size_t i = 0; i < " + size + "; ++i) " + array + "[i] = " + value + ";";
    }

    void write(indented_lines& out, const std::string&, std::size_t) const {
        write_tensor_lines(out);
        for (const auto& r : pass_.reductions)
            if (!is_of_lines(where_of(r))) out.line(accumulator(r), 2);
        if (!has_shape_) {
            out.line("for (size_t i = 0; i < tensor->size; ++i) {", 2);
            write_elements(out, 3, {}, sinks_of(domain::element));
            out.line("}", 2);
            return;
        }
        for (const auto& r : pass_.reductions)
            if (where_of(r) == domain::column)
                out.line("for (size_t column = 0; column < tensor->columns; ++column) tensor->" + kept(r) + "[column] = 0;", 2);
        if (goes_over_rows()) write_rows(out);
        if (sinks_of(domain::column).empty()) return;
        out.line("for (size_t column = 0; column < tensor->columns; ++column) {", 2);
        write_lines(out, 3, values_of(domain::column), sinks_of(domain::column));
        out.line("}", 2);
    }

    /// The text of what a reduction over a tensor has added up.
    std::string result(const reduced_value& r) const { return is_lane_sum(r) ? "sum_end(&" + r.name + "_sum)" : r.name + "_sum"; }

    /// The field of a tensor that keeps the result of a reduction.
    static std::string kept(const reduced_value& r) { return r.name + "_kept"; }

    /// Whether a reduction is a sum; else it is a maximum.
    bool is_sum(const reduced_value& r) const { return s_[r.value].code == op::reduce_sum; }

    /// The line that defines the variable of a value.
    std::string definition(const assignment& x) const {
        const auto& value = s_[x.value];
        const auto type = info(value.code).is_condition ? "int" : value.where == domain::element ? Language::type : "double";
        return "const " + std::string(type) + " " + x.name + " = " + x.text + ";";
    }

  protected:
    // A line that defines a variable.
    struct defined {
        std::string name, text;
    };

    const statements<Language>& s_;
    const pass_statements& pass_;
    bool last_, has_shape_;

    domain where_of(const reduced_value& r) const { return s_[r.value].where; }
    bool is_lane_sum(const reduced_value& r) const { return s_.sums_elements(r); }

    bool goes_over_rows() const {
        if (last_) return true;
        for (const auto& r : pass_.reductions)
            if (r.read != domain::column) return true;
        return false;
    }

    static std::string array(const std::string& field) { return std::string(Language::array) + field; }

    // A value of an element, row or column in its array, or a field of the tensor.
    static std::string place(const std::string& field, domain where) {
        switch (where) {
            case domain::element: return array(field) + "[i]";
            case domain::row: return array(field) + "[row]";
            case domain::column: return array(field) + "[column]";
            default: return "tensor->" + field;
        }
    }

    std::string leaf(std::int16_t i) const {
        const auto& x = s_[i];
        switch (x.code) {
            case op::previous: return place(s_.states[static_cast<std::size_t>(x.slot)], x.where);
            case op::reduce_sum:
            case op::reduce_max: return place(s_.variable(i) + "_kept", x.where);
            case op::count:
                return "(double)" + (x.over == domain::row ? "tensor->columns" : x.over == domain::column ? "tensor->rows" : size());
            default: return place(s_.variable(i), x.where);
        }
    }
    std::string size() const { return has_shape_ ? "(tensor->rows * tensor->columns)" : "tensor->size"; }

    // The leaves and values of a domain, as lines.
    std::vector<defined> values_of(domain where) const {
        std::vector<defined> list;
        for (auto i : pass_.leaves)
            if (s_[i].where == where) list.push_back({s_.variable(i), definition({i, s_.variable(i), leaf(i)})});
        const auto& lines = where == domain::tensor   ? pass_.of_tensor
                            : where == domain::row    ? pass_.of_rows
                            : where == domain::column ? pass_.of_columns
                                                      : pass_.of_elements;
        for (const auto& x : lines) list.push_back({x.name, definition(x)});
        return list;
    }

    // The lines that the sinks need: a column's value may be needed only by elements, or only by its new state.
    static std::vector<defined> needed(const std::vector<defined>& lines, std::vector<std::string> sinks) {
        std::vector<defined> list;
        for (auto x = lines.rbegin(); x != lines.rend(); ++x)
            if (std::ranges::any_of(sinks, [&](const std::string& text) { return mentions(text, x->name); })) {
                list.insert(list.begin(), *x);
                sinks.push_back(x->text);
            }
        return list;
    }

    // The lines that add values of elements to the sums of their columns.
    std::vector<std::string> column_sums() const {
        std::vector<std::string> list;
        for (const auto& r : pass_.reductions)
            if (where_of(r) == domain::column) list.push_back(added(place(kept(r), domain::column), r));
        return list;
    }

    // The lines that add up or store values of elements, rows or columns, but for the sums of columns.
    std::vector<std::string> sinks_of(domain where) const {
        std::vector<std::string> list;
        for (const auto& r : pass_.reductions) {
            if (r.read != where || where_of(r) == domain::column) continue;
            if (is_lane_sum(r)) list.push_back("sum_add(&" + r.name + "_sum, " + r.operand + ");");
            else list.push_back(added(r.name + "_sum", r));
        }
        if (!last_) return list;
        for (const auto& x : s_.stores) {
            if (x.where != where) continue;
            const auto field = x.kind == op::param ? "param" : x.kind == op::grad ? "grad" : s_.states[x.state];
            const bool fits = where == domain::element || Language::type == "double";
            list.push_back(place(field, where) + " = " + (fits ? x.text : "(float)(" + x.text + ")") + ";");
        }
        return list;
    }

    std::string added(const std::string& to, const reduced_value& r) const {
        return is_sum(r) ? to + " += " + r.operand + ";" : to + " = larger(" + to + ", " + r.operand + ");";
    }

    std::string accumulator(const reduced_value& r) const {
        return is_lane_sum(r) ? "struct sum " + r.name + "_sum = {0};" : "double " + r.name + "_sum = 0;";
    }

    void write_tensor_lines(indented_lines& out) const {
        for (const auto& x : values_of(domain::tensor)) out.line(x.text, 2);
        for (const auto& key : pass_.random_keys)
            out.line("const struct random_key " + key.name + " = make_random_key(" + key.text + ", " +
                         float_text(s_[s_[key.value].operands[1]].value, "") + ", step, k);",
                     2);
    }

    // Writes the values that these lines need, and the lines. `lines` define what is known beside values of elements.
    void write_elements(indented_lines& out, std::size_t depth, std::vector<defined> lines, const std::vector<std::string>& sinks) const {
        for (auto& x : values_of(domain::element)) lines.push_back(std::move(x));
        write_lines(out, depth, lines, sinks);
    }
    static void write_lines(indented_lines& out, std::size_t depth, const std::vector<defined>& lines, const std::vector<std::string>& sinks) {
        for (const auto& x : needed(lines, sinks)) out.line(x.text, depth);
        for (const auto& x : sinks) out.line(x, depth);
    }

    void write_rows(indented_lines& out) const {
        out.line("for (size_t row = 0; row < tensor->rows; ++row) {", 2);
        for (const auto& x : values_of(domain::row)) out.line(x.text, 3);
        for (const auto& r : pass_.reductions)
            if (where_of(r) == domain::row) out.line(accumulator(r), 3);
        auto sinks = sinks_of(domain::element);
        for (auto& x : column_sums()) sinks.push_back(std::move(x));
        if (!sinks.empty()) {
            out.line("for (size_t column = 0; column < tensor->columns; ++column) {", 3);
            out.line("const size_t i = row * tensor->columns + column;", 4);
            write_elements(out, 4, values_of(domain::column), sinks);
            out.line("}", 3);
        }
        for (const auto& r : pass_.reductions)
            if (where_of(r) == domain::row) out.line("tensor->" + kept(r) + "[row] = " + result(r) + ";", 3);
        for (const auto& x : sinks_of(domain::row)) out.line(x, 3);
        out.line("}", 2);
    }
};

}  // namespace furl::detail
