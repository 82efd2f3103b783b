#pragma once

#include <furl/base/narrow_float.hpp>
#include <furl/program/program.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

// This header describes what an optimizer keeps without its type, for savers, loggers and others that go through all states.
namespace FURL_NAMESPACE {

/// How numbers are stored.
enum class element_type : std::uint8_t { float32, float64, bfloat16, float16, uint16, uint8 };

constexpr std::size_t size_of(element_type type) {
    switch (type) {
        case element_type::float64: return 8;
        case element_type::float32: return 4;
        case element_type::uint8: return 1;
        default: return 2;
    }
}

template <class E>
inline constexpr element_type element_type_of = element_type::float32;
template <>
inline constexpr element_type element_type_of<double> = element_type::float64;
template <>
inline constexpr element_type element_type_of<bfloat16> = element_type::bfloat16;
template <>
inline constexpr element_type element_type_of<float16> = element_type::float16;
template <>
inline constexpr element_type element_type_of<std::uint16_t> = element_type::uint16;
template <>
inline constexpr element_type element_type_of<std::uint8_t> = element_type::uint8;

/// A state of a rule: how many values it has, and how they are stored.
struct state_info {
    std::string_view name;
    domain where = domain::element;
    element_type type = element_type::float32;
    state_role role = state_role::of_rule;
    std::optional<double> if_missing{};  ///< what to assume where a file of an older furl, with steps done, lacks this state
    int companion_of = no_companion;  ///< for a companion: the number of its state, or parameters

    static constexpr int no_companion = -2, parameters = -1;
};

/// A hyperparameter and its value.
struct setting {
    std::string_view name;
    double value;
};

/// A reduction of a rule, in the order of its plan.
struct reduction_info {
    std::uint64_t key = 0;  ///< equal keys mean the same reduction, in different rules too
    std::size_t pass = 0;   ///< the pass at whose end it is known
    bool is_global = false;
    bool is_sum = true;  ///< it is a sum; else a maximum
};

/// This describes what a rule has, by name.
struct rule_info {
    std::string_view rule;  ///< the name of its type, as the compiler prints it
    std::uint64_t fingerprint = 0;
    std::span<const std::string_view> hyperparameters{};
    std::span<const std::string_view> tensor_hyperparameters{};  ///< those with a value for each tensor: per_tensor
    std::span<const std::string_view> inputs{};
    std::span<const state_info> states{};
    std::span<const std::string_view> values{};  ///< the per-step values that let names and a step reports
    std::span<const reduction_info> reductions{};
    bool counts_all = false;  ///< whether it reads the number of elements of all tensors
    bool may_skip = false;          ///< whether it has a guard: skip_unless
    bool writes_gradients = false;  ///< whether it sets them to 0: zero_grad
    std::size_t passes = 1;
    std::size_t bytes_per_parameter = 0;  ///< the bytes that a step reads and writes
};

/// An input of a step that is named at run time, with a tensor for each tensor of the optimizer.
template <class T>
struct named_data {
    std::string_view name;
    std::span<const std::span<const T>> tensors;
};

}  // namespace furl
