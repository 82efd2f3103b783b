#pragma once

#include <furl/print/c_file.hpp>
#include <furl/print/kernels.hpp>
#include <furl/print/printable.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace FURL_NAMESPACE {

namespace detail {

/// CUDA's words for kernels.
struct cuda_words {
    static constexpr std::string_view thread = "threadIdx.x";
    static constexpr std::string_view threads = "blockDim.x";
    static constexpr std::string_view block = "blockIdx.x";
    static constexpr std::string_view blocks = "gridDim.x";
    static constexpr std::string_view thread_of_all = "blockIdx.x * (size_t)blockDim.x + threadIdx.x";
    static constexpr std::string_view all_threads = "(size_t)gridDim.x * blockDim.x";
    static constexpr std::string_view barrier = "__syncthreads();";
    static constexpr std::string_view block_memory = "__shared__ ";
    static constexpr std::string_view block_pointer = "";
    static constexpr std::string_view function = "static inline __device__";
};

/// A pass as kernels of CUDA, which are given the struct of a tensor.
template <class Language>
class cuda_loops : public kernel_loops<Language, cuda_words> {
    using base = kernel_loops<Language, cuda_words>;

  public:
    using base::base;

    static constexpr std::string_view language_name = "CUDA C++";
    static constexpr std::string_view advice =
        "Arrays of tensors are in device memory, structs in that of the host. Compile it with --fmad=false to round as written.";
    static constexpr std::string_view device = "stream";
    static std::string start_parameters(const std::string&) { return ", cudaStream_t stream"; }
    static std::string step_parameters(const std::string&) { return ", double *scratch, cudaStream_t stream"; }

    static std::string fill(const std::string& array, const std::string& size, const std::string& value) {
        return "fill<<<blocks, threads, 0, stream>>>(" + array + ", " + size + ", (" + std::string(Language::type) + ")" + value + ");";
    }

    static void write_helpers(indented_lines& out, const statements<Language>& s) {
        const std::string type(Language::type);
        out.text += "#include <cuda_runtime.h>\n\n#include <math.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <string.h>\n";
        out.text += base::sizes;
        out.text += "\n__global__ void fill(" + type + " *to, size_t size, " + type + R"( value) {
    for (size_t i = blockIdx.x * (size_t)blockDim.x + threadIdx.x; i < size; i += (size_t)gridDim.x * blockDim.x) to[i] = value;
}
)";
        if (s.has(op::random)) ((out.text += c_random_key) += c_make_random_key) += c_random_number("static inline __device__", type);
        if (base::joins_sums(s)) (out.text += "\n/* A sum of the tensors, pairwise. */\n") += c_tree;
        if (s.has(op::reduce_max)) out.text += c_larger("static inline __host__ __device__");
        out.text += base::reduction_functions(s);
        out.text += base::host_reduction_functions(s, "const double *results, cudaStream_t stream",
                                                   "    cudaMemcpyAsync(part, results, sizeof part, cudaMemcpyDeviceToHost, stream);\n"
                                                   "    cudaStreamSynchronize(stream);\n");
    }

    static void write_kernels(indented_lines& out, const std::string& name, const std::vector<cuda_loops>& passes) {
        for (std::size_t pass = 0; pass < passes.size(); ++pass)
            for (const auto& k : passes[pass].kernels_of(pass)) {
                std::string head = "\n__global__ void " + name + "_" + k.name + "(struct " + name + "_tensor given, double *results";
                for (const auto& x : k.numbers) head += ", " + x.type("double") + " " + x.name;
                out.text += head + ") {\n    struct " + name + "_tensor *tensor = &given;\n    (void)results;\n" + k.body + "}\n";
            }
    }

    void write(indented_lines& out, const std::string& name, std::size_t pass) const {
        this->write_tensor_lines(out);
        for (const auto& k : this->kernels_of(pass)) {
            std::string numbers;
            for (const auto& x : k.numbers) numbers += ", " + x.name;
            out.line(name + "_" + k.name + "<<<blocks, threads, 0, stream>>>(*tensor, scratch" + numbers + ");", 2);
        }
    }

    std::string result(const reduced_value& r) const {
        return this->result_of_blocks(r, "scratch + " + this->number_of(r) + " * blocks, stream");
    }
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
    return detail::source_text<Rule, detail::c_file<detail::c_language<T>, detail::cuda_loops>, T>();
}

}  // namespace furl
