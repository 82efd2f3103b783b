#pragma once

#include <furl/print/c_loops.hpp>
#include <furl/print/lines.hpp>
#include <furl/print/statements.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What the texts for CUDA and for OpenCL have in common: a pass as kernels, and reductions whose order is fixed.
namespace FURL_NAMESPACE::detail {

/// A number of a step or tensor that the host computes and gives to a kernel.
struct kernel_number {
    enum class kind { number, condition, key };
    std::string name;
    kind is;

    /// Returns its type in a kernel whose numbers are of this type.
    std::string type(const std::string& of_numbers) const {
        return is == kind::number ? of_numbers : is == kind::condition ? "int" : "struct random_key";
    }
};

/// A kernel without its head.
struct kernel_text {
    std::string name, body;
    std::vector<kernel_number> numbers;
};

/// The loops of a pass as kernels. Elements go to all threads; a row goes to a block, so that its sum needs no second kernel; a column goes
/// to a thread, so that neighbours read neighbours. Each block has its own partial results, which the host adds up in order, so that the bits
/// do not depend on the device.
///
/// @tparam Words  how the language says where a thread is: `thread`, `threads`, `block` and `blocks`, and `thread_of_all` and `all_threads`
///                among those of all blocks; `barrier`, a line; `function`, what stands before a function; `block_memory`, what stands before memory
///                of a block, and `block_pointer` before a pointer to it.
template <class Language, class Words>
class kernel_loops : protected c_loops<Language> {
    using base = c_loops<Language>;

  public:
    using base::base, base::is_sum, base::kept, base::definition, base::array_type;

    /// How many partial results the reductions of this pass have in each block.
    std::size_t results() const {
        return static_cast<std::size_t>(
            std::ranges::count_if(pass_.reductions, [&](const auto& r) { return !is_of_lines(this->where_of(r)); }));
    }

    /// The kernels of the pass, which is number `pass` from 0: one that goes over elements or rows, and one over columns, where it has them.
    std::vector<kernel_text> kernels_of(std::size_t pass) const {
        std::vector<kernel_text> list;
        const auto add = [&](std::string_view suffix, const std::string& body) {
            list.push_back({"pass" + std::to_string(pass + 1) + std::string(suffix), body, numbers_in(body)});
        };
        if (goes_over_elements()) add("", elements_kernel());
        if (goes_over_columns()) add("_columns", columns_kernel());
        return list;
    }

  protected:
    using base::s_, base::pass_, base::last_, base::has_shape_;
    using typename base::defined;

    static constexpr std::string_view sizes = "\nenum { blocks = 512, threads = 256 };\n";

    // The functions that kernels reduce with, besides `larger`.
    static std::string reduction_functions(const statements<Language>& s) {
        std::string text;
        const auto in_blocks = [](domain where) { return where != domain::column; };
        if (reduces(s, op::reduce_sum, in_blocks)) text += block_function("sum", "a + b");
        if (reduces(s, op::reduce_max, in_blocks)) text += block_function("maximum", "larger(a, b)");
        if (!std::ranges::any_of(s.reductions(), [&](const auto& r) { return s.sums_elements(r); })) return text;
        const std::string function(Words::function);
        return text + R"(
/* A thread's part of a sum. */
struct sum {
    double total;
};
)" + function + " void sum_add(struct sum *s, double x) { s->total += x; }\n" +
               function + " double sum_end(const struct sum *s) { return s->total; }\n";
    }

    // The functions that the host reduces with.
    //
    // parameters  those that a function needs to read the results.
    // read        the lines that read those of all blocks to `part`.
    static std::string host_reduction_functions(const statements<Language>& s, const std::string& parameters, const std::string& read) {
        std::string text;
        const auto on_host = [](domain where) { return !is_of_lines(where); };
        if (reduces(s, op::reduce_sum, on_host)) text += blocks_function("sum", "a + b", parameters, read);
        if (reduces(s, op::reduce_max, on_host)) text += blocks_function("maximum", "larger(a, b)", parameters, read);
        return text;
    }

    static bool joins_sums(const statements<Language>& s) {
        return reduces(s, op::reduce_sum, [](domain where) { return where == domain::step; });
    }

    std::string result_of_blocks(const reduced_value& r, const std::string& arguments) const {
        return std::string(is_sum(r) ? "sum" : "maximum") + "_of_blocks(" + arguments + ")";
    }

    // Which of the partial results of a block are those of a reduction.
    std::string number_of(const reduced_value& wanted) const {
        std::size_t n = 0;
        for (const auto& r : pass_.reductions) {
            if (r.value == wanted.value) break;
            n += !is_of_lines(this->where_of(r));
        }
        return std::to_string(n);
    }

  private:
    // Whether there is a reduction of this kind to a domain that `holds`.
    template <class Holds>
    static bool reduces(const statements<Language>& s, op code, Holds holds) {
        return s.any([&](const instruction& x) { return x.code == code && holds(x.where); });
    }

    // Combines the threads of a block by a fixed tree.
    static std::string block_function(const std::string& name, const std::string& combined) {
        const std::string thread(Words::thread);
        return "\n/* Combines a number of each thread of a block: thread 0 has the result. */\n" + std::string(Words::function) + " double block_" +
               name + "(double x, " + std::string(Words::block_pointer) + R"(double *part) {
    part[)" + thread + R"(] = x;
    )" + std::string(Words::barrier) +
               R"(
    for (unsigned width = threads / 2; width > 0; width /= 2) {
        if ()" + thread +
               " < width && " + thread + " + width < " + std::string(Words::threads) + R"() {
            const double a = part[)" +
               thread + "], b = part[" + thread + R"( + width];
            part[)" + thread +
               "] = " + combined + R"(;
        }
        )" + std::string(Words::barrier) +
               R"(
    }
    x = part[0];
    )" + std::string(Words::barrier) +
               R"(
    return x;
}
)";
    }

    static std::string blocks_function(const std::string& name, const std::string& combined, const std::string& parameters,
                                       const std::string& read) {
        return "static double " + name + "_of_blocks(" + parameters + ") {\n    double part[blocks] = {0}, a = 0;\n" + read +
               R"(    for (size_t i = 0; i < blocks; ++i) {
        const double b = part[i];
        a = )" + combined + R"(;
    }
    return a;
}
)";
    }

    bool goes_over_elements() const { return this->goes_over_rows() && !(only_sums_columns()); }
    bool only_sums_columns() const {
        return !last_ && std::ranges::all_of(pass_.reductions,
                                             [&](const auto& r) { return this->where_of(r) == domain::column || r.read == domain::column; });
    }
    bool goes_over_columns() const { return has_shape_ && (!this->column_sums().empty() || !this->sinks_of(domain::column).empty()); }

    // The numbers of step and tensor that a kernel reads. A field of a struct may have the name of a number.
    std::vector<kernel_number> numbers_in(std::string body) const {
        for (auto at = body.find("->"); at != body.npos; at = body.find("->", at)) body.erase(at, 2);
        using enum kernel_number::kind;
        std::vector<kernel_number> list;
        const auto add = [&](const std::string& name, kernel_number::kind is) {
            if (mentions(body, name) && std::ranges::none_of(list, [&](const auto& x) { return x.name == name; })) list.push_back({name, is});
        };
        for (std::int16_t i = 0; i < static_cast<std::int16_t>(s_.program().code.size()); ++i)
            if (is_within(s_[i].where, domain::tensor) && !s_.variable(i).empty())
                add(s_.variable(i), info(s_[i].code).is_condition ? condition : number);
        for (const auto& x : pass_.random_keys) add(x.name, key);
        return list;
    }

    std::string elements_kernel() const {
        indented_lines out;
        for (const auto& r : pass_.reductions)
            if (!is_of_lines(this->where_of(r)) && r.read != domain::column) out.line(this->accumulator(r), 1);
        if (has_shape_) write_rows(out);
        else {
            open_loop(out, "i", Words::thread_of_all, this->array("size"), Words::all_threads);
            this->write_elements(out, 2, {}, this->sinks_of(domain::element));
            out.line("}", 1);
        }
        write_results(out, domain::column, false);
        return with_local_memory(out.text);
    }

    std::string columns_kernel() const {
        indented_lines out;
        for (const auto& r : pass_.reductions)
            if (r.read == domain::column) out.line(this->accumulator(r), 1);
        write_columns(out);
        write_results(out, domain::column, true);
        return with_local_memory(out.text);
    }

    static std::string with_local_memory(const std::string& body) {
        return (mentions(body, "part") ? "    " + std::string(Words::block_memory) + "double part[threads];\n" : "") + body;
    }

    static void open_loop(indented_lines& out, const std::string& name, std::string_view first, const std::string& end, std::string_view stride,
                          std::size_t depth = 1) {
        const auto counted = name + " = " + std::string(first) + "; " + name + " < " + end + "; " + name + " += " + std::string(stride);
        out.line("for (size_t " + counted + ") {", depth);
    }
    std::string element() const { return "const size_t i = row * " + this->array("columns") + " + column;"; }
    static std::string in_first_thread() { return "if (" + std::string(Words::thread) + " == 0) "; }

    // Writes the partial results of a block: of the reductions that read values of columns, or of the others.
    void write_results(indented_lines& out, domain read, bool equal) const {
        for (const auto& r : pass_.reductions) {
            if (is_of_lines(this->where_of(r)) || (r.read == read) != equal) continue;
            write_block_result(out, 1, r, "results[" + number_of(r) + " * blocks + " + std::string(Words::block) + "]");
        }
    }
    void write_block_result(indented_lines& out, std::size_t depth, const reduced_value& r, const std::string& to) const {
        out.line("const double " + r.name + "_block = " + (is_sum(r) ? "block_sum(" : "block_maximum(") + base::result(r) + ", part);", depth);
        out.line(in_first_thread() + to + " = " + r.name + "_block;", depth);
    }

    void write_rows(indented_lines& out) const {
        open_loop(out, "row", Words::block, this->array("rows"), Words::blocks);
        for (const auto& x : this->values_of(domain::row)) out.line(x.text, 2);
        for (const auto& r : pass_.reductions)
            if (this->where_of(r) == domain::row) out.line(this->accumulator(r), 2);
        if (const auto sinks = this->sinks_of(domain::element); !sinks.empty()) {
            open_loop(out, "column", Words::thread, this->array("columns"), Words::threads, 2);
            out.line(element(), 3);
            this->write_elements(out, 3, this->values_of(domain::column), sinks);
            out.line("}", 2);
        }
        for (const auto& r : pass_.reductions)
            if (this->where_of(r) == domain::row) write_block_result(out, 2, r, this->place(kept(r), domain::row));
        if (const auto sinks = this->sinks_of(domain::row); !sinks.empty()) {
            out.line(Words::barrier, 2);  // all threads have read the old states
            out.line(in_first_thread() + "{", 2);
            for (const auto& x : sinks) out.line(x, 3);
            out.line("}", 2);
        }
        out.line("}", 1);
    }

    void write_columns(indented_lines& out) const {
        open_loop(out, "column", Words::thread_of_all, this->array("columns"), Words::all_threads);
        const auto sums = this->column_sums();
        if (!sums.empty()) {
            for (const auto& r : pass_.reductions)
                if (this->where_of(r) == domain::column) out.line(this->place(kept(r), domain::column) + " = 0;", 2);
            out.line("for (size_t row = 0; row < " + this->array("rows") + "; ++row) {", 2);
            out.line(element(), 3);
            auto lines = this->values_of(domain::row);
            for (auto& x : this->values_of(domain::column)) lines.push_back(std::move(x));
            this->write_elements(out, 3, std::move(lines), sums);
            out.line("}", 2);
        }
        this->write_lines(out, 2, this->values_of(domain::column), this->sinks_of(domain::column));
        out.line("}", 1);
    }
};

}  // namespace furl::detail
