#pragma once

#include <furl/checkpoint/checkpoint.hpp>
#include <furl/furl.hpp>

#include <support/compare.hpp>
#include <support/scratch.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace furl::tests {

/// States of each domain.
struct saved_rule {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto limit = hyper<"limit">(1.0);
    static constexpr auto m = ema<"m">(grad, 0.9);
    static constexpr auto v = running_max<"v">(square(grad));
    static constexpr auto size = ema<"size">(norm(grad), 0.9);
    static constexpr auto ticks = accumulate<"ticks">(furl::step);
    static constexpr auto update = with(param - lr * clamp(m, -limit, limit) / (size + sqrt(v)), ticks);
};

/// An optimizer of three tensors in the middle of a run.
struct running {
    std::vector<std::vector<float>> w{normal_values<float>(20, 1), {}, normal_values<float>(7, 2)};
    optimizer<saved_rule> opt{20, 0, 7};

    void step() {
        const auto t = static_cast<unsigned>(opt.step_count());
        const std::vector<std::vector<float>> g{normal_values<float>(20, 3 + t), {}, normal_values<float>(7, 4 + t)};
        opt.step(w, g);
    }

    explicit running(int steps = 0) {
        for (int t = 0; t < steps; ++t) step();
    }

    /// All that a load may change, as bytes.
    std::string everything() {
        std::string all;
        const auto keep = [&](auto bytes) { all.append(reinterpret_cast<const char*>(bytes.data()), bytes.size()); };
        for (auto& x : w) keep(std::as_bytes(std::span(x)));
        for (std::size_t s = 0; s < opt.info().states.size(); ++s)
            for (std::size_t i = 0; i < opt.tensors(); ++i) keep(opt.state_bytes(s, i));
        keep(std::as_bytes(opt.hyperparameter_span()));
        return all + std::to_string(opt.step_count());
    }
};

inline std::string read(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline void write(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

/// A file with the checksum that belongs to it, where it has a place for one and can be read.
inline std::string with_checksum(std::string bytes) {
    const auto all = std::as_bytes(std::span(bytes));
    std::size_t length = 0;
    detail::safetensors file;
    if (!detail::header_length(all, length).empty() || length > bytes.size() - 8) return bytes;
    if (!detail::read_header(std::string_view(bytes).substr(8, length), file).empty()) return bytes;
    if (!detail::find_data(file, all.subspan(8 + length)).empty()) return bytes;
    const auto old = file.says("checksum");
    const auto place = bytes.find('"' + old + '"', 8);
    if (old.size() != 8 || place == bytes.npos) return bytes;
    return bytes.replace(place + 1, 8, detail::written_file(file).checksum);
}

}  // namespace furl::tests
