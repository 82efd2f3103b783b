#pragma once

#include <furl/adapt/c.h>
#include <furl/base/narrow_float.hpp>

#include <support/compare.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

// Tensors, and optimizers of the C interface, for its tests.
namespace furl::tests {

struct destroy {
    void operator()(furl_optimizer* opt) const { furl_destroy(opt); }
};
using handle = std::unique_ptr<furl_optimizer, destroy>;

template <class T>
constexpr furl_dtype dtype_of = std::is_same_v<T, float>      ? FURL_FLOAT
                                : std::is_same_v<T, double>   ? FURL_DOUBLE
                                : std::is_same_v<T, bfloat16> ? FURL_BFLOAT16
                                                              : FURL_FLOAT16;

/// Tensors of these sizes, and the arrays by which C names them.
template <class T>
struct model {
    using computed = std::conditional_t<std::is_same_v<T, double>, double, float>;
    std::vector<std::size_t> sizes;
    std::vector<std::vector<T>> weights, gradients;
    std::vector<void*> w{}, g{};

    explicit model(std::vector<std::size_t> of) : sizes(std::move(of)) {
        for (unsigned i = 0; i < sizes.size(); ++i) {
            const auto w_of_i = normal_values<computed>(sizes[i], i + 1), g_of_i = normal_values<computed>(sizes[i], i + 100);
            weights.emplace_back(w_of_i.begin(), w_of_i.end());
            gradients.emplace_back(g_of_i.begin(), g_of_i.end());
        }
        for (auto& x : weights) w.push_back(x.data());
        for (auto& x : gradients) g.push_back(x.data());
    }

    int step(furl_optimizer* opt) { return furl_step(opt, dtype_of<T>, sizes.size(), w.data(), g.data(), sizes.data()); }
};

inline handle make(const char* rule, furl_dtype dtype, const std::vector<std::size_t>& sizes, const std::vector<furl_setting>& settings = {}) {
    handle opt(furl_create(rule, dtype, sizes.size(), sizes.data(), settings.size(), settings.data()));
    INFO(furl_error(nullptr));
    REQUIRE(opt != nullptr);
    return opt;
}

inline std::string error_of(const handle& opt) { return furl_error(opt.get()); }

inline bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

template <class T>
std::vector<T> state_of(const handle& opt, const char* name, std::size_t tensor) {
    std::size_t size = 0;
    REQUIRE(furl_state_size(opt.get(), name, tensor, &size) == FURL_OK);
    std::vector<T> values(size);
    REQUIRE(furl_read_state(opt.get(), name, tensor, dtype_of<T>, values.data(), size) == FURL_OK);
    return values;
}

}  // namespace furl::tests
