#pragma once

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

// Files of runs, which sources.py reads: lines of a name, numbers that say which, and values.
namespace furl::tests {

/// A file of lines of numbers.
class number_file {
  public:
    explicit number_file(const std::filesystem::path& path) : file_(std::fopen(path.string().c_str(), "w")) {}
    number_file(const number_file&) = delete;
    number_file& operator=(const number_file&) = delete;
    ~number_file() {
        if (file_) std::fclose(file_);
    }

    /// Writes a line: `m 0 1.5 2.5` for the values of m of tensor 0.
    template <class T>
    void line(std::string_view name, std::size_t which, std::span<const T> values) {
        std::fprintf(file_, "%.*s %zu", static_cast<int>(name.size()), name.data(), which);
        for (auto x : values) std::fprintf(file_, " %.17g", static_cast<double>(x));
        std::fprintf(file_, "\n");
    }

  private:
    std::FILE* file_;
};

/// Writes the data of a run: of each tensor its shape and parameters, and of each step t the loss, and the gradient and the Hessian of all
/// tensors, one behind the other.
template <class T>
class data_file {
  public:
    explicit data_file(const std::filesystem::path& folder) : file_(folder / (sizeof(T) == 4 ? "data.float" : "data.double")) {}

    template <class Shapes, class Tensors>
    void start(const Shapes& shapes, const Tensors& parameters) {
        for (std::size_t k = 0; k < shapes.size(); ++k) {
            const std::size_t shape[]{shapes[k].rows, shapes[k].columns};
            file_.line("shape", k, std::span<const std::size_t>(shape));
            file_.line("param", k, std::span<const T>(parameters[k]));
        }
    }
    template <class Tensors>
    void step(std::size_t t, double loss, const Tensors& gradients, const Tensors& hessians) {
        file_.line("loss", t, std::span<const double>(&loss, 1));
        for (const auto& x : gradients) file_.line("grad", t, std::span<const T>(x));
        for (const auto& x : hessians) file_.line("hessian", t, std::span<const T>(x));
    }

  private:
    number_file file_;
};

}  // namespace furl::tests
