#pragma once

#include <furl/print/statements.hpp>
#include <furl/print/type_name.hpp>
#include <furl/program/check.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace FURL_NAMESPACE::detail {

template <class Rule>
inline constexpr bool has_matrix_function =
    std::ranges::any_of(stages<Rule>::written.code, [](const instruction& x) { return x.code == op::matrix; });

/// The text of a rule in another language.
///
/// @tparam Writer  write(name of the rule, program that runs) returns the text.
/// @tparam T       the element type, where the text has one.
/// Errors:  those of a rule that is not well formed; E53 if it has a function of matrices.
template <class Rule, class Writer, class T = float>
std::string source_text() {
    if constexpr (!well_formed<Rule, T>) {
        [[maybe_unused]] constexpr diagnose<Rule, T> report{};
        return {};
    } else {
        static_assert(!has_matrix_function<Rule>,
                      "furl[E53]: the rule has a function of matrices, such as orthogonalize; it runs in an engine or is C++, so it cannot be "
                      "printed in another language. See docs/errors.md#E53");
        if constexpr (has_matrix_function<Rule>) return {};
        else return Writer::write(type_name<Rule>(), *as_run(stages<Rule>::written));
    }
}

}  // namespace furl::detail
