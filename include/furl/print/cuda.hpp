#pragma once

#include <furl/print/c_file.hpp>
#include <furl/print/printable.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace FURL_NAMESPACE {

namespace detail {

/// The loops of a pass as kernels of CUDA. Elements go to all threads; a row goes to a block, so that its sum needs no second kernel; a
/// column goes to a thread, so that neighbours read neighbours. Each block has its own partial results, which the host adds up in order, so
/// that the bits do not depend on the device.
template <class Language>
class cuda_loops : c_loops<Language> {
    using base = c_loops<Language>;
    using base::s_, base::pass_, base::last_, base::has_shape_;
    using typename base::defined;

  public:
    using base::base, base::is_sum, base::kept, base::definition;

    static constexpr std::string_view language_name = "CUDA C++";
    static constexpr std::string_view advice =
        "Arrays of tensors are in device memory, structs in that of the host. Compile it with --fmad=false to round as written.";
    static constexpr std::string_view start_parameters = ", cudaStream_t stream", step_parameters = ", double *scratch, cudaStream_t stream";

    static std::string fill(const std::string& array, const std::string& size, const std::string& value) {
        return "fill<<<blocks, threads, 0, stream>>>(" + array + ", " + size + ", (" + std::string(Language::type) + ")" + value + ");";
    }

    static void write_helpers(indented_lines& out, const statements<Language>& s) {
        const std::string type(Language::type);
        out.text += "#include <cuda_runtime.h>\n\n#include <math.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <string.h>\n";
        out.text += R"(
enum { blocks = 512, threads = 256 };

__global__ void fill()" +
                    type + R"( *to, size_t size, )" + type + R"( value) {
    for (size_t i = blockIdx.x * (size_t)blockDim.x + threadIdx.x; i < size; i += (size_t)gridDim.x * blockDim.x) to[i] = value;
}
)";
        if (s.has(op::reduce_max)) out.text += c_larger("static inline __host__ __device__");
        if (s.has(op::random)) out.text += c_random_numbers("static inline __device__", type);
        if (!s.has(op::reduce_sum) && !s.has(op::reduce_max)) return;
        const auto reductions = s.reductions();
        if (std::ranges::any_of(reductions,
                                [&](const auto& r) { return s[r.value].code == op::reduce_sum && s[r.value].where == domain::step; }))
            (out.text += "\n/* A sum of the tensors, pairwise. */\n") += c_tree;
        if (s.has(op::reduce_sum)) write_block_functions(out, "sum", "a + b");
        if (s.has(op::reduce_max)) write_block_functions(out, "maximum", "larger(a, b)");
        out.text += R"(
/* A thread's part of a sum. */
struct sum {
    double total;
};
static inline __device__ void sum_add(struct sum *s, double x) { s->total += x; }
static inline __device__ double sum_end(const struct sum *s) { return s->total; }
)";
    }

    void write_kernels(indented_lines& out, const std::string& name, std::size_t pass) const {
        if (goes_over_elements()) {
            write_head(out, name, kernel(pass));
            for (const auto& r : pass_.reductions)
                if (!is_of_lines(this->where_of(r))) out.line(this->accumulator(r), 1);
            if (has_shape_) write_rows_kernel(out);
            else {
                out.line("for (size_t i = " + this_thread() + "; i < tensor->size; i += " + all_threads() + ") {", 1);
                this->write_elements(out, 2, {}, this->sinks_of(domain::element));
                out.line("}", 1);
            }
            write_results(out, domain::column, false);
            out.line("}", 0);
        }
        if (!goes_over_columns()) return;
        write_head(out, name, kernel(pass) + "_columns");
        for (const auto& r : pass_.reductions)
            if (r.read == domain::column) out.line(this->accumulator(r), 1);
        write_columns_kernel(out);
        write_results(out, domain::column, true);
        out.line("}", 0);
    }

    void write(indented_lines& out, const std::string& name, std::size_t pass) const {
        this->write_tensor_lines(out);
        std::string values;
        for (const auto& x : parameters()) values += ", " + x.name;
        for (const auto& [wanted, suffix] : {std::pair{goes_over_elements(), ""}, std::pair{goes_over_columns(), "_columns"}})
            if (wanted) out.line(name + kernel(pass) + suffix + "<<<blocks, threads, 0, stream>>>(*tensor, scratch" + values + ");", 2);
    }

    std::string result(const reduced_value& r) const {
        return std::string(is_sum(r) ? "sum" : "maximum") + "_of_blocks(scratch + " + std::to_string(place(r)) + " * blocks, stream)";
    }

    /// How many partial results the reductions of this pass have in each block.
    std::size_t results() const {
        return static_cast<std::size_t>(
            std::ranges::count_if(pass_.reductions, [&](const auto& r) { return !is_of_lines(this->where_of(r)); }));
    }

  private:
    static std::string kernel(std::size_t pass) { return "_pass" + std::to_string(pass + 1); }
    static std::string this_thread() { return "blockIdx.x * (size_t)blockDim.x + threadIdx.x"; }
    static std::string all_threads() { return "(size_t)gridDim.x * blockDim.x"; }

    // Writes the functions that combine the threads of a block, by a fixed tree, and the results of all blocks on the host.
    static void write_block_functions(indented_lines& out, const std::string& name, const std::string& combined) {
        out.text += "\n/* Combines a number of each thread of a block: thread 0 has the result. */\n";
        out.text += "static __device__ double block_" + name + R"((double x) {
    __shared__ double part[threads];
    part[threadIdx.x] = x;
    __syncthreads();
    for (unsigned half = threads / 2; half > 0; half /= 2) {
        if (threadIdx.x < half && threadIdx.x + half < blockDim.x) {
            const double a = part[threadIdx.x], b = part[threadIdx.x + half];
            part[threadIdx.x] = )" +
                    combined + R"(;
        }
        __syncthreads();
    }
    x = part[0];
    __syncthreads();
    return x;
}
static double )" + name +
                    R"(_of_blocks(const double *results, cudaStream_t stream) {
    double part[blocks], a = 0;
    cudaMemcpyAsync(part, results, sizeof part, cudaMemcpyDeviceToHost, stream);
    cudaStreamSynchronize(stream);
    for (size_t i = 0; i < blocks; ++i) {
        const double b = part[i];
        a = )" + combined +
                    R"(;
    }
    return a;
}
)";
    }

    std::size_t place(const reduced_value& wanted) const {
        std::size_t n = 0;
        for (const auto& r : pass_.reductions) {
            if (r.value == wanted.value) break;
            n += !is_of_lines(this->where_of(r));
        }
        return n;
    }

    bool goes_over_elements() const { return this->goes_over_rows() && !(only_sums_columns()); }
    bool only_sums_columns() const {
        return !last_ && std::ranges::all_of(pass_.reductions,
                                             [&](const auto& r) { return this->where_of(r) == domain::column || r.read == domain::column; });
    }
    bool goes_over_columns() const { return has_shape_ && (!this->column_sums().empty() || !this->sinks_of(domain::column).empty()); }

    // The numbers of step and tensor that the kernels of this pass read, with the lines that define them on the host.
    std::vector<defined> parameters() const {
        indented_lines body;
        for (auto where : {domain::element, domain::row, domain::column}) {
            for (const auto& x : this->values_of(where)) body.line(x.text, 0);
            for (const auto& x : this->sinks_of(where)) body.line(x, 0);
        }
        for (const auto& x : this->column_sums()) body.line(x, 0);
        std::vector<defined> list;
        const auto add = [&](const std::string& name, const std::string& type) {
            if (mentions(body.text, name) && std::ranges::none_of(list, [&](const defined& x) { return x.name == name; }))
                list.push_back({name, type + " " + name});
        };
        for (std::int16_t i = 0; i < static_cast<std::int16_t>(s_.program().code.size()); ++i)
            if (is_within(s_[i].where, domain::tensor) && !s_.variable(i).empty())
                add(s_.variable(i), info(s_[i].code).is_condition ? "int" : "double");
        for (const auto& key : pass_.random_keys) add(key.name, "struct random_key");
        return list;
    }

    void write_head(indented_lines& out, const std::string& name, const std::string& suffix) const {
        std::string text = "__global__ void " + name + suffix + "(struct " + name + "_tensor given, double *results";
        for (const auto& x : parameters()) text += ", " + x.text;
        out.line("", 0), out.line(text + ") {", 0);
        out.line("struct " + name + "_tensor *tensor = &given;", 1);
        out.line("(void)results;", 1);
    }

    // Writes the partial results of a block: of the reductions that read values of columns, or of the others.
    void write_results(indented_lines& out, domain read, bool equal) const {
        for (const auto& r : pass_.reductions) {
            if (is_of_lines(this->where_of(r)) || (r.read == read) != equal) continue;
            out.line("const double " + r.name + "_block = " + block_result(r) + ";", 1);
            out.line("if (threadIdx.x == 0) results[" + std::to_string(place(r)) + " * blocks + blockIdx.x] = " + r.name + "_block;", 1);
        }
    }
    std::string block_result(const reduced_value& r) const { return (is_sum(r) ? "block_sum(" : "block_maximum(") + base::result(r) + ")"; }

    void write_rows_kernel(indented_lines& out) const {
        out.line("for (size_t row = blockIdx.x; row < tensor->rows; row += gridDim.x) {", 1);
        for (const auto& x : this->values_of(domain::row)) out.line(x.text, 2);
        for (const auto& r : pass_.reductions)
            if (this->where_of(r) == domain::row) out.line(this->accumulator(r), 2);
        if (const auto sinks = this->sinks_of(domain::element); !sinks.empty()) {
            out.line("for (size_t column = threadIdx.x; column < tensor->columns; column += blockDim.x) {", 2);
            out.line("const size_t i = row * tensor->columns + column;", 3);
            this->write_elements(out, 3, this->values_of(domain::column), sinks);
            out.line("}", 2);
        }
        for (const auto& r : pass_.reductions)
            if (this->where_of(r) == domain::row) {
                out.line("const double " + r.name + "_block = " + block_result(r) + ";", 2);
                out.line("if (threadIdx.x == 0) tensor->" + kept(r) + "[row] = " + r.name + "_block;", 2);
            }
        if (const auto sinks = this->sinks_of(domain::row); !sinks.empty()) {
            out.line("__syncthreads();", 2);  // all threads have read the old states
            out.line("if (threadIdx.x == 0) {", 2);
            for (const auto& x : sinks) out.line(x, 3);
            out.line("}", 2);
        }
        out.line("}", 1);
    }

    void write_columns_kernel(indented_lines& out) const {
        out.line("for (size_t column = " + this_thread() + "; column < tensor->columns; column += " + all_threads() + ") {", 1);
        const auto sums = this->column_sums();
        if (!sums.empty()) {
            for (const auto& r : pass_.reductions)
                if (this->where_of(r) == domain::column) out.line("tensor->" + kept(r) + "[column] = 0;", 2);
            out.line("for (size_t row = 0; row < tensor->rows; ++row) {", 2);
            out.line("const size_t i = row * tensor->columns + column;", 3);
            auto lines = this->values_of(domain::row);
            for (auto& x : this->values_of(domain::column)) lines.push_back(std::move(x));
            this->write_elements(out, 3, std::move(lines), sums);
            out.line("}", 2);
        }
        this->write_lines(out, 2, this->values_of(domain::column), this->sinks_of(domain::column));
        out.line("}", 1);
    }
};

template <class T>
struct cuda_writer {
    static std::string write(std::string_view rule, const large_program& program) { return c_file<T, cuda_loops>(rule, program).write(); }
};

}  // namespace detail

/// A rule as a file of CUDA C++: a kernel for each pass, a function that sets the states, and one that does a step of a list of tensors. It
/// computes the rule as written.
///
/// Values of step and tensor are computed on the host, in double; a rule with reductions waits for the device once for each of them. The
/// arrays of a tensor are those of furl's states, so a state can be copied from one to the other.
///
/// @tparam T  the element type: float or double. Values of rows and columns, and sums, are double.
///
/// Errors:  those of a rule that is not well formed; E53 if it has a function of matrices.
template <class Rule, class T = float>
std::string cuda() {
    return detail::source_text<Rule, detail::cuda_writer<T>, T>();
}

}  // namespace furl
