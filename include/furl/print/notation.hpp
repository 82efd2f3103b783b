#pragma once

#include <furl/language/op.hpp>
#include <furl/print/equations.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// How other languages write the operations of a program that runs: one row per operation, one column per language.
namespace FURL_NAMESPACE::detail {

/// How a language writes an operation. $0, $1 and $2 are its operands. An operator that stands between its operands binds as
/// tightly as `holds` says; a call or a bracket is an atom, and its operands need no brackets of their own.
struct wording {
    std::string_view text;
    tightness holds = tightness::atom;

    /// How often an operand occurs. One that occurs twice must be a variable, because it should not be computed twice.
    constexpr std::size_t uses(std::size_t operand) const {
        std::size_t n = 0;
        for (std::size_t i = 0; i + 1 < text.size(); ++i) n += text[i] == '$' && text[i + 1] == static_cast<char>('0' + operand);
        return n;
    }
};

/// The row of an operation. The functions of the column `c` are those of C's tgmath.h, of CUDA and of OpenCL, which have one name
/// for float and double.
struct notation {
    op code;
    wording c, numpy, torch;

    /// Makes the row of an operation that all languages write alike.
    static constexpr notation common(op code, std::string_view text, tightness holds) {
        return {code, {text, holds}, {text, holds}, {text, holds}};
    }
};

// min, max, clamp and sign treat NaN as the evaluator does: see execute/evaluate.hpp. Python's & and | bind more tightly than
// comparisons, and powers of negative numbers are complex there, so these are calls.
inline constexpr std::array notations{
    notation::common(op::add, "$0 + $1", tightness::sum),
    notation::common(op::subtract, "$0 - $1", tightness::sum),
    notation::common(op::multiply, "$0 * $1", tightness::product),
    notation::common(op::divide, "$0 / $1", tightness::product),
    notation::common(op::negate, "-$0", tightness::sign),
    notation{op::sqrt, {"sqrt($0)"}, {"np.sqrt($0)"}, {"torch.sqrt($0)"}},
    notation{op::cbrt, {"cbrt($0)"}, {"np.cbrt($0)"}, {"torch.copysign(torch.pow(torch.abs($0), 1 / 3), $0)"}},
    notation{op::abs, {"fabs($0)"}, {"np.abs($0)"}, {"torch.abs($0)"}},
    notation{op::sign, {"(0 < $0 ? 1 : $0 < 0 ? -1 : $0)"}, {"np.sign($0)"}, {"torch.where($0 == $0, torch.sign($0), $0)"}},
    notation{op::floor, {"floor($0)"}, {"np.floor($0)"}, {"torch.floor($0)"}},
    notation{op::exp, {"exp($0)"}, {"np.exp($0)"}, {"torch.exp($0)"}},
    notation{op::expm1, {"expm1($0)"}, {"np.expm1($0)"}, {"torch.expm1($0)"}},
    notation{op::log, {"log($0)"}, {"np.log($0)"}, {"torch.log($0)"}},
    notation{op::log1p, {"log1p($0)"}, {"np.log1p($0)"}, {"torch.log1p($0)"}},
    notation{op::tanh, {"tanh($0)"}, {"np.tanh($0)"}, {"torch.tanh($0)"}},
    notation{op::sin, {"sin($0)"}, {"np.sin($0)"}, {"torch.sin($0)"}},
    notation{op::cos, {"cos($0)"}, {"np.cos($0)"}, {"torch.cos($0)"}},
    notation{op::random, {"random_number($0, i)"}, {"random_numbers($0, param)"}, {"random_numbers($0, param)"}},
    notation{op::copysign, {"copysign($0, $1)"}, {"np.copysign($0, $1)"}, {"torch.copysign($0, $1)"}},
    notation{op::minimum, {"($0 < $1 || $0 != $0 ? $0 : $1)"}, {"np.minimum($0, $1)"}, {"torch.minimum($0, $1)"}},
    notation{op::maximum, {"($1 < $0 || $0 != $0 ? $0 : $1)"}, {"np.maximum($0, $1)"}, {"torch.maximum($0, $1)"}},
    notation{op::pow, {"pow($0, $1)"}, {"np.power($0, $1)"}, {"torch.pow($0, $1)"}},
    notation{op::atan2, {"atan2($0, $1)"}, {"np.arctan2($0, $1)"}, {"torch.atan2($0, $1)"}},
    notation{op::clamp,
             {"($0 < $1 ? $1 : $2 < $0 ? $2 : $0)"},
             {"np.where($0 < $1, $1, np.where($2 < $0, $2, $0))"},
             {"torch.where($0 < $1, $1, torch.where($2 < $0, $2, $0))"}},
    notation::common(op::less, "$0 < $1", tightness::comparison),
    notation::common(op::less_equal, "$0 <= $1", tightness::comparison),
    notation::common(op::greater, "$0 > $1", tightness::comparison),
    notation::common(op::greater_equal, "$0 >= $1", tightness::comparison),
    notation::common(op::equal, "$0 == $1", tightness::comparison),
    notation::common(op::not_equal, "$0 != $1", tightness::comparison),
    notation{op::logical_and, {"($0 && $1)"}, {"np.logical_and($0, $1)"}, {"torch.logical_and($0, $1)"}},
    notation{op::logical_or, {"($0 || $1)"}, {"np.logical_or($0, $1)"}, {"torch.logical_or($0, $1)"}},
    notation{op::logical_not, {"!$0", tightness::sign}, {"np.logical_not($0)"}, {"torch.logical_not($0)"}},
    notation{op::select, {"($0 ? $1 : $2)"}, {"np.where($0, $1, $2)"}, {"torch.where($0, $1, $2)"}},
};

/// Returns the row of an operation; null if it has none.
constexpr const notation* notation_of(op code) {
    const auto found = std::ranges::find(notations, code, &notation::code);
    return found == notations.end() ? nullptr : &*found;
}

/// Whether an operation may be in a program that runs, and is neither a leaf, a reduction nor a function of matrices, which the
/// texts treat apart. Program passes make fma and its like only for furl::contracted.
constexpr bool is_written_by_notation(op code) {
    const auto kind = info(code).kind;
    return info(code).cost != op_cost::none && (kind == op_kind::arithmetic || kind == op_kind::function || kind == op_kind::condition);
}

static_assert(
    [] {
        for (std::size_t i = 0; i < op_table.size(); ++i)
            if (is_written_by_notation(static_cast<op>(i)) != (notation_of(static_cast<op>(i)) != nullptr)) return false;
        return true;
    }(),
    "each operation of a program that runs has a row in notations");

/// Words that mean something in a language or in its texts, and identifiers that are taken.
class identifiers {
  public:
    explicit identifiers(std::span<const std::string_view> reserved, std::span<const std::string_view> more = {}) : taken_(reserved.begin(), reserved.end()) {
        taken_.insert(taken_.end(), more.begin(), more.end());
    }

    /// Returns a new identifier: the name, with _ for what an identifier cannot have, and a number behind it if it is taken.
    std::string add(std::string_view name) {
        std::string base;
        for (char c : name) {
            const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'), digit = c >= '0' && c <= '9';
            if (base.empty() && digit) base = "_";
            base += letter || digit ? c : '_';
        }
        auto result = base;
        for (int i = 2; std::ranges::find(taken_, result) != taken_.end(); ++i) result = base + "_" + std::to_string(i);
        taken_.push_back(result);
        return result;
    }

  private:
    std::vector<std::string> taken_;
};

}  // namespace furl::detail
