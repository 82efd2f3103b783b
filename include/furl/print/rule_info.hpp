#pragma once

#include <furl/base/element_type.hpp>
#include <furl/program/cost.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace FURL_NAMESPACE {

/// A state of a rule: how many values it has, and how they are stored.
struct state_info {
    std::string_view name;                           ///< as the rule gives it
    domain where = domain::element;                  ///< how many values it has
    element_type type = element_type::float32;       ///< how they are stored
    state_role role = state_role::of_rule;           ///< who changes them
    std::optional<double> if_missing{};  ///< its value if a file of an older furl with steps done lacks it
    int companion_of = no_companion;  ///< for a companion: the number of its state, or `parameters`

    static constexpr int no_companion = -2;  ///< it is a state of the rule
    static constexpr int parameters = -1;    ///< it is the companion of the parameters
};

/// A reduction of a rule, in the order of its plan.
struct reduction_info {
    std::uint64_t key = 0;   ///< equal keys mean the same reduction, in different rules too
    std::size_t pass = 0;    ///< the number of the walk in which it becomes known
    bool is_global = false;  ///< whether it is over all tensors
    bool is_sum = true;      ///< whether it is a sum; else it is a maximum
};

/// A walk over memory: the names of what it reads and writes: param, grad, inputs, states, and operands and results of functions of
/// matrices.
struct pass_info {
    std::span<const std::string_view> reads{};   ///< streams in their order, then functions of matrices
    std::span<const std::string_view> writes{};  ///< streams in the last walk, operands of functions of matrices in others
    bool row_by_row = false;                     ///< whether it reduces each row, and uses the result while the row is in cache
};

/// The facts of a rule, without its type. furl::describe returns them; info() of an optimizer adds how its states are stored.
struct rule_info {
    std::string_view rule;          ///< the name of its type, as the compiler prints it
    std::uint64_t fingerprint = 0;  ///< equal for rules that compute the same; see furl::fingerprint
    std::span<const std::string_view> hyperparameters{};         ///< those with one value
    std::span<const double> defaults{};                          ///< their values until they are set, in the order of the names
    std::span<const std::string_view> tensor_hyperparameters{};  ///< those with a value for each tensor, made by per_tensor
    std::span<const std::string_view> inputs{};                  ///< the data that a step takes besides parameters and gradients
    std::span<const std::string_view> step_inputs{};             ///< the numbers that each step is given, by step_input
    std::span<const state_info> states{};                        ///< what is kept from step to step
    std::span<const std::string_view> values{};  ///< the per-step values that let names; a step reports them
    std::span<const reduction_info> reductions{};  ///< over rows, columns, tensors and all tensors
    bool counts_all = false;            ///< whether it reads the number of elements of all tensors
    bool may_skip = false;              ///< whether it has a guard: skip_unless
    bool writes_gradients = false;      ///< whether it sets them to 0: zero_grad
    bool reduces_all = false;           ///< whether it has a reduction over all tensors
    std::string_view joins_rows{};      ///< what keeps rows from stepping alone (step_rows): "a reduction over columns"; empty if nothing
    bool has_shape = false;             ///< whether it has values of rows or columns, or functions of matrices: the shapes of tensors matter
    bool draws_random_numbers = false;  ///< whether it has random or random_normal
    std::size_t passes = 1;             ///< the walks of a step, including those that compute only values of rows and columns
    std::size_t bytes_per_parameter = 0;    ///< the bytes that a step reads and writes
    std::span<const pass_info> traffic{};   ///< what each walk over memory reads and writes
    cost_table cost{};                      ///< what a step costs for each parameter
    std::size_t values_as_written = 0;  ///< the number of values of the program as written, each distinct one once
    std::size_t values_as_run = 0;      ///< the number of values of the program that runs
};

}  // namespace furl
