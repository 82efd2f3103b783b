#pragma once

#include <furl/base/build.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace FURL_NAMESPACE {

/// All operations that a rule can hold, and the machine operations that program passes introduce.
enum class op : std::uint8_t {
    // leaves; refused takes the place of an operand whose error was reported
    constant, refused, hyper, tensor_hyper, step, first_step, count, param, grad, updated, input, previous,
    // names: the value of the operand, under a name
    let, corrected, state, starts, with, guard, zero_grad,
    // arithmetic
    add, subtract, multiply, divide, negate,
    // functions
    square, cube, sqrt, rsqrt, cbrt, abs, sign, floor, exp, expm1, log, log1p, tanh, sigmoid, sin, cos,
    random, copysign, minimum, maximum, pow, atan2, clamp, lerp,
    // conditions
    less, less_equal, greater, greater_equal, equal, not_equal, logical_and, logical_or, logical_not, select,
    // reductions; node::over says over what
    sum, mean, dot, norm, norm1, max_abs, all_finite,
    // functions of whole matrices; node::function says which
    matrix,
    // machine operations
    fma, fms, fnma, reduce_sum, reduce_max,
};

enum class op_kind : std::uint8_t { leaf, naming, arithmetic, function, condition, reduction, matrix, machine };

struct op_info {
    op code;
    op_kind kind;
    std::uint8_t arity;
    bool is_condition;  ///< its value is true or false, not a number
    std::string_view text;
};

// One row per op, in the order of the enumeration.
inline constexpr std::array op_table{
    op_info{op::constant, op_kind::leaf, 0, false, "constant"},
    op_info{op::refused, op_kind::leaf, 0, false, "refused"},
    op_info{op::hyper, op_kind::leaf, 0, false, "hyper"},
    op_info{op::tensor_hyper, op_kind::leaf, 0, false, "tensor_hyper"},
    op_info{op::step, op_kind::leaf, 0, false, "step"},
    // The optional first operand is the condition of the steps that count.
    op_info{op::first_step, op_kind::leaf, 0, true, "first_step"},
    op_info{op::count, op_kind::leaf, 0, false, "count"},
    op_info{op::param, op_kind::leaf, 0, false, "param"},
    op_info{op::grad, op_kind::leaf, 0, false, "grad"},
    op_info{op::updated, op_kind::leaf, 0, false, "updated"},
    op_info{op::input, op_kind::leaf, 0, false, "input"},
    op_info{op::previous, op_kind::leaf, 0, false, "previous"},
    op_info{op::let, op_kind::naming, 1, false, "let"},
    op_info{op::corrected, op_kind::naming, 1, false, "bias_corrected"},
    op_info{op::state, op_kind::naming, 3, false, "state"},  // next, initial, decay (of an ema)
    op_info{op::starts, op_kind::naming, 2, false, "starts"},  // the initial value of a state, first_step
    op_info{op::with, op_kind::naming, 2, false, "with"},
    op_info{op::guard, op_kind::naming, 2, false, "guard"},  // value, condition of the step
    op_info{op::zero_grad, op_kind::naming, 1, false, "zero_grad"},
    op_info{op::add, op_kind::arithmetic, 2, false, "add"},
    op_info{op::subtract, op_kind::arithmetic, 2, false, "subtract"},
    op_info{op::multiply, op_kind::arithmetic, 2, false, "multiply"},
    op_info{op::divide, op_kind::arithmetic, 2, false, "divide"},
    op_info{op::negate, op_kind::arithmetic, 1, false, "negate"},
    op_info{op::square, op_kind::function, 1, false, "square"},
    op_info{op::cube, op_kind::function, 1, false, "cube"},
    op_info{op::sqrt, op_kind::function, 1, false, "sqrt"},
    op_info{op::rsqrt, op_kind::function, 1, false, "rsqrt"},
    op_info{op::cbrt, op_kind::function, 1, false, "cbrt"},
    op_info{op::abs, op_kind::function, 1, false, "abs"},
    op_info{op::sign, op_kind::function, 1, false, "sign"},
    op_info{op::floor, op_kind::function, 1, false, "floor"},
    op_info{op::exp, op_kind::function, 1, false, "exp"},
    op_info{op::expm1, op_kind::function, 1, false, "expm1"},
    op_info{op::log, op_kind::function, 1, false, "log"},
    op_info{op::log1p, op_kind::function, 1, false, "log1p"},
    op_info{op::tanh, op_kind::function, 1, false, "tanh"},
    op_info{op::sigmoid, op_kind::function, 1, false, "sigmoid"},
    op_info{op::sin, op_kind::function, 1, false, "sin"},
    op_info{op::cos, op_kind::function, 1, false, "cos"},
    op_info{op::random, op_kind::function, 2, false, "random"},  // seed, stream
    op_info{op::copysign, op_kind::function, 2, false, "copysign"},
    op_info{op::minimum, op_kind::function, 2, false, "min"},
    op_info{op::maximum, op_kind::function, 2, false, "max"},
    op_info{op::pow, op_kind::function, 2, false, "pow"},
    op_info{op::atan2, op_kind::function, 2, false, "atan2"},
    op_info{op::clamp, op_kind::function, 3, false, "clamp"},
    op_info{op::lerp, op_kind::function, 3, false, "lerp"},
    op_info{op::less, op_kind::condition, 2, true, "less"},
    op_info{op::less_equal, op_kind::condition, 2, true, "less_equal"},
    op_info{op::greater, op_kind::condition, 2, true, "greater"},
    op_info{op::greater_equal, op_kind::condition, 2, true, "greater_equal"},
    op_info{op::equal, op_kind::condition, 2, true, "equal"},
    op_info{op::not_equal, op_kind::condition, 2, true, "not_equal"},
    op_info{op::logical_and, op_kind::condition, 2, true, "and"},
    op_info{op::logical_or, op_kind::condition, 2, true, "or"},
    op_info{op::logical_not, op_kind::condition, 1, true, "not"},
    op_info{op::select, op_kind::condition, 3, false, "select"},
    op_info{op::sum, op_kind::reduction, 1, false, "sum"},
    op_info{op::mean, op_kind::reduction, 1, false, "mean"},
    op_info{op::dot, op_kind::reduction, 2, false, "dot"},
    op_info{op::norm, op_kind::reduction, 1, false, "norm"},
    op_info{op::norm1, op_kind::reduction, 1, false, "norm1"},
    op_info{op::max_abs, op_kind::reduction, 1, false, "max_abs"},
    op_info{op::all_finite, op_kind::reduction, 1, true, "all_finite"},
    op_info{op::matrix, op_kind::matrix, 1, false, "matrix"},
    op_info{op::fma, op_kind::machine, 3, false, "fma"},
    op_info{op::fms, op_kind::machine, 3, false, "fms"},
    op_info{op::fnma, op_kind::machine, 3, false, "fnma"},
    op_info{op::reduce_sum, op_kind::machine, 1, false, "reduce_sum"},
    op_info{op::reduce_max, op_kind::machine, 1, false, "reduce_max"},
};

constexpr const op_info& info(op code) { return op_table[static_cast<std::size_t>(code)]; }

static_assert([] {
    for (std::size_t i = 0; i < op_table.size(); ++i)
        if (static_cast<std::size_t>(op_table[i].code) != i) return false;
    return op_table.back().code == op::reduce_max;
}());

/// Whether a machine operation reduces many values to one.
constexpr bool is_reduction(op code) { return code == op::reduce_sum || code == op::reduce_max; }

}  // namespace furl
