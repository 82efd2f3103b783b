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
/// Errors:  E53 if the rule has a function of matrices.
template <class Rule, class Writer>
std::string source_text() {
    if constexpr (!well_formed<Rule>) {
        [[maybe_unused]] constexpr diagnose<Rule> report{};
        return {};
    } else {
        static_assert(!has_matrix_function<Rule>,
                      "furl[E53]: the rule has a function of matrices, such as orthogonalize, which runs in an engine or is compiled from C++, "
                      "so other languages cannot have it; print the rule of the other tensors, and write this one by hand. "
                      "See docs/errors.md#E53");
        if constexpr (has_matrix_function<Rule>) return {};
        else return Writer::write(type_name<Rule>(), *as_run(stages<Rule>::written));
    }
}

}  // namespace furl::detail
