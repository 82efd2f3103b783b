#pragma once

#include <furl/print/kernels.hpp>
#include <furl/print/lines.hpp>
#include <furl/print/words.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

// The C that a text for OpenCL has around its kernels.
namespace FURL_NAMESPACE::detail {

/// The names that a variable of a kernel, or of the host, cannot have besides those of C.
inline constexpr auto opencl_reserved = std::to_array<std::string_view>(
    {"barrier", "begin", "check", "complex", "constant", "device", "event_t", "generic", "get_global_id", "get_global_size",
     "get_group_id", "get_local_id", "get_local_size", "get_num_groups", "give", "global", "half", "imaginary", "kernel", "launch", "local",
     "part", "pipe", "place", "quad", "read_only", "read_write", "sampler_t", "size_t", "sum_add", "sum_end", "uchar", "uint", "ulong", "uniform",
     "ushort", "write_only"});

template <std::size_t A, std::size_t B>
constexpr std::array<std::string_view, A + B> joined(const std::array<std::string_view, A>& a, const std::array<std::string_view, B>& b) {
    std::array<std::string_view, A + B> all{};
    for (std::size_t i = 0; i < A; ++i) all[i] = a[i];
    for (std::size_t i = 0; i < B; ++i) all[A + i] = b[i];
    return all;
}

/// A number as a literal of float, in the fewest digits that read back as the float next to it.
inline std::string float_literal(double value) {
    char buffer[32];
    std::string text(buffer, std::to_chars(buffer, buffer + sizeof buffer, static_cast<float>(value)).ptr);
    if (text.find_first_of(".e") == text.npos) text += ".0";
    return text + "f";
}

/// The headers that the text includes.
inline constexpr std::string_view opencl_headers = R"(#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120
#endif
#include <CL/cl.h>

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
)";

/// Writes the source of the kernels as an array of strings, and the functions of the host that compile and launch them.
struct opencl_host {
    std::string name, type, number_type;
    std::vector<std::string> kernels{};
    std::size_t results = 0;             ///< how many a block has, in the pass that has most of them
    std::vector<kernel_number> given{};  ///< all that kernels are given
    bool fills = false;                  ///< whether a state is an array

    /// The end of the name of the function that gives a number to a kernel.
    static std::string kind_of(const kernel_number& x) {
        switch (x.is) {
            case kernel_number::kind::condition: return "condition";
            case kernel_number::kind::key: return "key";
            default: return "number";
        }
    }

    void write(indented_lines& out, const std::string& source) const {
        write_source(out, source);
        write_device(out);
        write_open(out);
        write_close(out);
        write_launch(out);
    }

  private:
    std::string device() const { return "struct " + name + "_device *device"; }

    void write_source(indented_lines& out, const std::string& source) const {
        std::string text = "#pragma OPENCL FP_CONTRACT OFF\n";
        if (mentions(source, "double")) text += "#pragma OPENCL EXTENSION cl_khr_fp64 : enable\n";
        text += source;
        out.text += "\n/* The kernels. */\nstatic const char *" + name + "_source[] = {\n";
        for (std::size_t at = 0; at < text.size();) {
            const auto end = text.find('\n', at) + 1;
            out.line(quoted(std::string_view(text).substr(at, end - at)) + ",", 1);
            at = end;
        }
        out.line("};", 0);
    }

    void write_device(indented_lines& out) const {
        out.text += "\n/* A queue, and the kernels for its device. */\nstruct " + name + "_device {\n";
        out.text += R"(    cl_command_queue queue;
    cl_int error;  /* the first one of all calls, or CL_SUCCESS */
    cl_program program;
)";
        for (const auto& k : kernels) out.line("cl_kernel " + k + ";", 1);
        if (results > 0) out.line("cl_mem scratch;", 1);
        out.text += R"(    cl_kernel given_to;  /* the kernel that is given its arguments, and how many it has */
    cl_uint given;
};
static void check()" +
                    device() + R"(, cl_int error) {
    if (device->error == CL_SUCCESS) device->error = error;
}
)";
    }

    void write_open(indented_lines& out) const {
        out.text +=
            "\n/* Compiles the kernels for the device of a queue, which must do its commands in order. Returns CL_SUCCESS or an error. */\n";
        out.text += "cl_int " + name + "_open(" + device() + ", cl_command_queue queue) {\n    const struct " + name + "_device none = {0};\n";
        out.text += R"(    cl_context context = NULL;
    cl_device_id id = NULL;
    cl_int error = CL_SUCCESS;
    *device = none;
    device->queue = queue;
    check(device, clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof context, &context, NULL));
    check(device, clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof id, &id, NULL));
)";
        const auto made = [&](const std::string& what, const std::string& call) {
            out.line("device->" + what + " = " + call + ", &error);", 1);
            out.line("check(device, error);", 1);
        };
        const auto source = name + "_source";
        made("program", "clCreateProgramWithSource(context, sizeof " + source + " / sizeof *" + source + ", " + source + ", NULL");
        if (type == "float")
            out.text += R"(    /* Without this option, which not all devices have, / and sqrt of floats may be off by 3 ULP. */
    cl_device_fp_config has = 0;
    check(device, clGetDeviceInfo(id, CL_DEVICE_SINGLE_FP_CONFIG, sizeof has, &has, NULL));
    const char *options = has & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT ? "-cl-fp32-correctly-rounded-divide-sqrt" : "";
)";
        const std::string options = type == "float" ? "options" : "NULL";
        out.line("check(device, clBuildProgram(device->program, 1, &id, " + options + ", NULL, NULL));", 1);
        for (const auto& k : kernels) made(k, "clCreateKernel(device->program, \"" + name + "_" + k + "\"");
        if (results > 0)
            made("scratch", "clCreateBuffer(context, CL_MEM_READ_WRITE, " + std::to_string(results) + " * blocks * sizeof(cl_double), NULL");
        out.line("return device->error;", 1), out.line("}", 0);
    }

    void write_close(indented_lines& out) const {
        out.text += "\n/* Releases what was made for a device. The queue is the caller's. */\nvoid " + name + "_close(" + device() + ") {\n";
        const auto release = [&](const std::string& kind, const std::string& what) {
            out.line("if (device->" + what + ") clRelease" + kind + "(device->" + what + ");", 1);
        };
        if (results > 0) release("MemObject", "scratch");
        for (const auto& k : kernels) release("Kernel", k);
        release("Program", "program");
        out.line("}", 0);
    }

    void write_launch(indented_lines& out) const {
        out.text += "\n/* A kernel is given its arguments one by one, then launched. */\n";
        out.text += "static void begin(" + device() + R"(, cl_kernel kernel) {
    device->given_to = kernel;
    device->given = 0;
}
static void give()" +
                    device() + R"(, size_t bytes, const void *value) {
    check(device, clSetKernelArg(device->given_to, device->given++, bytes, value));
}
)";
        write_give(out, "size", "size_t", "cl_ulong");
        write_give(out, "array", "cl_mem", "cl_mem");
        using enum kernel_number::kind;
        if (gives(number)) write_give(out, "number", "double", "cl_" + number_type);
        if (gives(condition)) write_give(out, "condition", "int", "cl_int");
        if (gives(key)) write_give(out, "key", "struct random_key", "struct random_key");
        out.text += "static void launch(" + device() + R"() {
    const size_t all = (size_t)blocks * threads, block = threads;
    check(device, clEnqueueNDRangeKernel(device->queue, device->given_to, 1, NULL, &all, &block, 0, NULL, NULL));
}
)";
        if (!fills) return;
        out.text += "static void fill(" + device() + ", cl_mem array, size_t size, cl_" + type + R"( value) {
    if (size == 0) return;
    check(device, clEnqueueFillBuffer(device->queue, array, &value, sizeof value, 0, size * sizeof value, 0, NULL, NULL));
}
)";
    }

    bool gives(enum kernel_number::kind is) const { return std::ranges::find(given, is, &kernel_number::is) != given.end(); }

    void write_give(indented_lines& out, const std::string& kind, const std::string& from, const std::string& to) const {
        out.text += "static void give_" + kind + "(" + device() + ", " + from + " value) {\n";
        if (from == to) out.line("give(device, sizeof value, &value);", 1);
        else {
            out.line("const " + to + " given = (" + to + ")value;", 1);
            out.line("give(device, sizeof given, &given);", 1);
        }
        out.line("}", 0);
    }
};

}  // namespace furl::detail
