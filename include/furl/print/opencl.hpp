#pragma once

#include <furl/print/c_file.hpp>
#include <furl/print/kernels.hpp>
#include <furl/print/opencl_host.hpp>
#include <furl/print/printable.hpp>

#include <algorithm>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace FURL_NAMESPACE {

namespace detail {

/// OpenCL's words for kernels.
struct opencl_words {
    static constexpr std::string_view thread = "get_local_id(0)";
    static constexpr std::string_view threads = "get_local_size(0)";
    static constexpr std::string_view block = "get_group_id(0)";
    static constexpr std::string_view blocks = "get_num_groups(0)";
    static constexpr std::string_view thread_of_all = "get_global_id(0)";
    static constexpr std::string_view all_threads = "get_global_size(0)";
    static constexpr std::string_view barrier = "barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);";
    static constexpr std::string_view block_memory = "__local ";
    static constexpr std::string_view block_pointer = "__local ";
    static constexpr std::string_view function = "static";
};

/// C's words, on the host and in kernels, which cannot be given structs that have pointers: there each array has a variable of its own.
template <class T>
struct opencl_language : c_language<T> {
    using base = c_language<T>;
    static constexpr std::string_view array = "tensor_";
    static constexpr auto all_reserved = joined(c_words, opencl_reserved);
    static constexpr std::span<const std::string_view> reserved = all_reserved;

    /// A number of an element is a literal of its type, so that a device without double can compile it.
    static phrase constant(double value, bool of_elements, bool needs_type) {
        constexpr double largest = std::numeric_limits<float>::max();
        if (!of_elements || !base::is_float || value < -largest || value > largest) return base::constant(value, of_elements, needs_type);
        return {float_literal(value), value < 0 ? tightness::sign : tightness::atom};
    }
};

/// A pass as kernels of OpenCL, whose source is an array of strings in a file of C.
template <class Language>
class opencl_loops : public kernel_loops<Language, opencl_words> {
    using base = kernel_loops<Language, opencl_words>;

  public:
    using base::base;

    static constexpr std::string_view language_name = "C99 and OpenCL C";
    static constexpr std::string_view advice =
        "Link it with -lOpenCL. A cl_mem is a buffer of values of the element type, or of doubles if its name ends in _kept.";
    static constexpr std::string_view device = "device";
    static std::string start_parameters(const std::string& name) { return ", struct " + name + "_device *device"; }
    static std::string step_parameters(const std::string& name) { return start_parameters(name); }
    static std::string array_type(std::string_view, bool = false) { return "cl_mem "; }

    static std::string fill(const std::string& array, const std::string& size, const std::string& value) {
        return "fill(device, " + array + ", " + size + ", " + value + ");";
    }

    static void write_helpers(indented_lines& out, const statements<Language>& s) {
        out.text += opencl_headers;
        if (s.has(op::random)) (out.text += c_random_key) += c_make_random_key;
        if (s.has(op::reduce_max)) out.text += c_larger("static inline");
        if (base::joins_sums(s)) (out.text += "\n/* A sum of the tensors, pairwise. */\n") += c_tree;
        out.text += base::sizes;
    }

    static void write_kernels(indented_lines& out, const std::string& name, const std::vector<opencl_loops>& passes) {
        const auto& s = passes.front().s_;
        opencl_host host{name, std::string(Language::type), number_type(passes.front().has_shape_)};
        std::string source;
        for (std::size_t pass = 0; pass < passes.size(); ++pass) {
            host.results = std::max(host.results, passes[pass].results());
            for (const auto& k : passes[pass].kernels_of(pass)) {
                host.kernels.push_back(k.name);
                host.given.insert(host.given.end(), k.numbers.begin(), k.numbers.end());
                source += passes[pass].head(name, k) + k.body + "}\n";
            }
        }
        for (const auto& state : s.program().states) host.fills |= is_list(state.where);
        host.write(out, device_functions(s) + source);
        out.text += base::host_reduction_functions(s, "struct " + name + "_device *device, size_t place", R"(    const size_t bytes = sizeof part;
    check(device, clEnqueueReadBuffer(device->queue, device->scratch, CL_TRUE, place * bytes, bytes, part, 0, NULL, NULL));
)");
    }

    void write(indented_lines& out, const std::string&, std::size_t pass) const {
        this->write_tensor_lines(out);
        for (const auto& k : this->kernels_of(pass)) {
            out.line("begin(device, device->" + k.name + ");", 2);
            for (const auto& x : sizes_in(k.body)) out.line("give_size(device, tensor->" + x + ");", 2);
            for (const auto& x : arrays_in(k.body)) out.line("give_array(device, tensor->" + x.name + ");", 2);
            if (mentions(k.body, "results")) out.line("give_array(device, device->scratch);", 2);
            for (const auto& x : k.numbers) out.line("give_" + opencl_host::kind_of(x) + "(device, " + x.name + ");", 2);
            out.line("launch(device);", 2);
        }
    }

    std::string result(const reduced_value& r) const { return this->result_of_blocks(r, "device, " + this->number_of(r)); }

  private:
    // What is computed for elements alone is computed in their type, so numbers are given in it.
    static std::string number_type(bool has_shape) { return has_shape ? "double" : std::string(Language::type); }

    struct array_of_tensor {
        std::string type, name;
    };

    static std::vector<std::string> sizes_in(const std::string& body) {
        std::vector<std::string> list;
        for (const auto* size : {"size", "rows", "columns"})
            if (mentions(body, base::array(size))) list.push_back(size);
        return list;
    }

    std::vector<array_of_tensor> arrays_in(const std::string& body) const {
        const std::string type(Language::type);
        std::vector<array_of_tensor> list{{type, "param"}, {type, "grad"}};
        for (const auto& input : this->s_.inputs) list.push_back({type, input});
        for (std::size_t i = 0; i < this->s_.states.size(); ++i) list.push_back({type, this->s_.states[i]});
        for (const auto& r : this->s_.reductions()) list.push_back({"double", base::kept(r)});
        std::erase_if(list, [&](const auto& x) { return !mentions(body, base::array(x.name)); });
        return list;
    }

    std::string head(const std::string& name, const kernel_text& k) const {
        std::string list;
        for (const auto& x : sizes_in(k.body)) add_to_list(list, "ulong " + base::array(x));
        for (const auto& x : arrays_in(k.body)) add_to_list(list, "__global " + x.type + " *" + base::array(x.name));
        if (mentions(k.body, "results")) add_to_list(list, "__global double *results");
        for (const auto& x : k.numbers) add_to_list(list, x.type(number_type(this->has_shape_)) + " " + x.name);
        return "\n__kernel void " + name + "_" + k.name + "(" + list + ") {\n";
    }

    static std::string device_functions(const statements<Language>& s) {
        std::string text(base::sizes);
        if (s.has(op::random)) {
            text += "\ntypedef uint uint32_t;\n";
            text += c_random_key;
            text += c_random_number("static", std::string(Language::type));
        }
        if (s.has(op::reduce_max)) text += c_larger("static");
        return text + base::reduction_functions(s);
    }
};

}  // namespace detail

/// A rule as a file of C with kernels of OpenCL C 1.2: a kernel for each pass, a function that compiles them for the device of a queue, one
/// that sets the states, and one that does a step of a list of tensors. It computes the rule as written.
///
/// Values of step and tensor are computed on the host, in double; a rule with reductions waits for the device once for each of them. The
/// buffers of a tensor are those of furl's states, so a state can be copied from one to the other.
///
/// @tparam T  the element type: float or double. Values of rows and columns, and sums, are double; a text in float that has none of these
///            runs on devices without double.
///
/// Errors:  those of a rule that is not well formed; E53 if it has a function of matrices.
template <class Rule, class T = float>
std::string opencl() {
    return detail::source_text<Rule, detail::c_file<detail::opencl_language<T>, detail::opencl_loops>, T>();
}

}  // namespace furl
