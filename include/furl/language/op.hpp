#pragma once

#include <furl/base/build.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace FURL_NAMESPACE {

/// The operations that a rule can hold, and the machine operations that program passes introduce. Each has a row:
/// row(its name, its kind, the number of its operands, whether it is a condition, what it costs, its text).
///
/// The enumeration, the table, the evaluator and the counting of operations are made from these rows. The evaluator calls the
/// member of arithmetic<V> that has the name of the row.
#define FURL_OPERATIONS(row)                                                                                \
    /* leaves; refused takes the place of an operand whose error was reported */                            \
    row(constant, leaf, 0, false, none, "constant")                                                         \
    row(refused, leaf, 0, false, none, "refused")                                                           \
    row(hyper, leaf, 0, false, none, "hyper")                                                               \
    row(tensor_hyper, leaf, 0, false, none, "tensor_hyper")                                                 \
    row(step_input, leaf, 0, false, none, "step_input")                                                     \
    row(step, leaf, 0, false, none, "step")                                                                 \
    row(first_step, leaf, 0, true, none, "first_step")  /* perhaps the condition of the steps that count */ \
    row(count, leaf, 0, false, none, "count")                                                               \
    row(param, leaf, 0, false, none, "param")                                                               \
    row(grad, leaf, 0, false, none, "grad")                                                                 \
    row(updated, leaf, 0, false, none, "updated")                                                           \
    row(input, leaf, 0, false, none, "input")                                                               \
    row(previous, leaf, 0, false, none, "previous")                                                         \
    /* names: the value of the operand, under a name */                                                     \
    row(let, naming, 1, false, none, "let")                                                                 \
    row(corrected, naming, 1, false, none, "bias_corrected")                                                \
    row(state, naming, 3, false, none, "state")  /* next, initial, decay (of an ema) */                     \
    row(starts, naming, 2, false, none, "starts")  /* the initial value of a state, first_step */           \
    row(with, naming, 2, false, none, "with")                                                               \
    row(guard, naming, 2, false, none, "guard")  /* value, condition of the step */                         \
    row(zero_grad, naming, 1, false, none, "zero_grad")                                                     \
    /* arithmetic */                                                                                        \
    row(add, arithmetic, 2, false, addition, "add")                                                         \
    row(subtract, arithmetic, 2, false, addition, "subtract")                                               \
    row(multiply, arithmetic, 2, false, multiplication, "multiply")                                         \
    row(divide, arithmetic, 2, false, division, "divide")                                                   \
    row(negate, arithmetic, 1, false, other, "negate")                                                      \
    /* functions */                                                                                         \
    row(square, function, 1, false, none, "square")                                                         \
    row(cube, function, 1, false, none, "cube")                                                             \
    row(sqrt, function, 1, false, square_root, "sqrt")                                                      \
    row(rsqrt, function, 1, false, none, "rsqrt")                                                           \
    row(cbrt, function, 1, false, function, "cbrt")                                                         \
    row(abs, function, 1, false, other, "abs")                                                              \
    row(sign, function, 1, false, other, "sign")                                                            \
    row(floor, function, 1, false, other, "floor")                                                          \
    row(exp, function, 1, false, function, "exp")                                                           \
    row(expm1, function, 1, false, function, "expm1")                                                       \
    row(log, function, 1, false, function, "log")                                                           \
    row(log1p, function, 1, false, function, "log1p")                                                       \
    row(tanh, function, 1, false, function, "tanh")                                                         \
    row(sigmoid, function, 1, false, none, "sigmoid")                                                       \
    row(sin, function, 1, false, function, "sin")                                                           \
    row(cos, function, 1, false, function, "cos")                                                           \
    row(random, function, 2, false, function, "random")  /* seed, stream */                                 \
    row(copysign, function, 2, false, other, "copysign")                                                    \
    row(minimum, function, 2, false, other, "min")                                                          \
    row(maximum, function, 2, false, other, "max")                                                          \
    row(pow, function, 2, false, function, "pow")                                                           \
    row(atan2, function, 2, false, function, "atan2")                                                       \
    row(clamp, function, 3, false, other, "clamp")                                                          \
    row(lerp, function, 3, false, none, "lerp")                                                             \
    /* conditions */                                                                                        \
    row(less, condition, 2, true, other, "less")                                                            \
    row(less_equal, condition, 2, true, other, "less_equal")                                                \
    row(greater, condition, 2, true, other, "greater")                                                      \
    row(greater_equal, condition, 2, true, other, "greater_equal")                                          \
    row(equal, condition, 2, true, other, "equal")                                                          \
    row(not_equal, condition, 2, true, other, "not_equal")                                                  \
    row(logical_and, condition, 2, true, other, "and")                                                      \
    row(logical_or, condition, 2, true, other, "or")                                                        \
    row(logical_not, condition, 1, true, other, "not")                                                      \
    row(select, condition, 3, false, other, "select")                                                       \
    /* reductions; node::over says over what */                                                             \
    row(sum, reduction, 1, false, none, "sum")                                                              \
    row(mean, reduction, 1, false, none, "mean")                                                            \
    row(dot, reduction, 2, false, none, "dot")                                                              \
    row(norm, reduction, 1, false, none, "norm")                                                            \
    row(norm1, reduction, 1, false, none, "norm1")                                                          \
    row(max_abs, reduction, 1, false, none, "max_abs")                                                      \
    row(all_finite, reduction, 1, true, none, "all_finite")                                                 \
    /* functions of whole matrices; node::function says which */                                           \
    row(matrix, matrix, 1, false, none, "matrix")                                                          \
    /* machine operations, which program passes introduce */                                                \
    row(fma, machine, 3, false, fused, "fma")                                                               \
    row(fms, machine, 3, false, fused, "fms")                                                               \
    row(fnma, machine, 3, false, fused, "fnma")                                                             \
    row(reduce_sum, machine, 1, false, reduction, "reduce_sum")                                             \
    row(reduce_max, machine, 1, false, reduction, "reduce_max")

/// An operation: a row of FURL_OPERATIONS.
enum class op : std::uint8_t {
#define FURL_ROW(name, kind, arity, is_condition, cost, text) name,
    FURL_OPERATIONS(FURL_ROW)
#undef FURL_ROW
};

/// The kinds of operations.
enum class op_kind : std::uint8_t { leaf, naming, arithmetic, function, condition, reduction, matrix, machine };

/// What the cost table counts an operation as.
enum class op_cost : std::uint8_t {
    none,  ///< nothing: it is a leaf, or a program pass replaces it before the program runs
    addition, multiplication, fused, division, square_root,
    function,  ///< exp, log, tanh, pow, ...
    other,     ///< one or two machine instructions
    reduction,
};

/// The row of an operation, as data.
struct op_info {
    op_kind kind;
    std::uint8_t arity;
    bool is_condition;  ///< its value is true or false, not a number
    op_cost cost;
    std::string_view text;
};

inline constexpr std::array op_table{
#define FURL_ROW(name, kind, arity, is_condition, cost, text) op_info{op_kind::kind, arity, is_condition, op_cost::cost, text},
    FURL_OPERATIONS(FURL_ROW)
#undef FURL_ROW
};

/// Returns the row of an operation.
constexpr const op_info& info(op code) { return op_table[static_cast<std::size_t>(code)]; }

/// Whether an operation calls a mathematical library, which takes as long as dozens of additions. `random` has the cost of such a
/// function but calls none.
constexpr bool is_library_call(op code) { return info(code).cost == op_cost::function && code != op::random; }

/// Whether a machine operation reduces many values to one.
constexpr bool is_reduction(op code) { return code == op::reduce_sum || code == op::reduce_max; }

}  // namespace furl
