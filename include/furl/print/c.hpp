#pragma once

#include <furl/print/c_file.hpp>
#include <furl/print/printable.hpp>

#include <string>

namespace FURL_NAMESPACE {

/// A rule as plain loops of C99, one for each pass: a file that compiles as it is, of a function that sets the states and one that does a
/// step. It computes the rule as written.
///
/// @tparam T  the element type: float or double. Values of a step, tensor, row or column are double.
///
/// In rules with + - * / and sqrt alone the bits are those of furl::strict. Reductions over tensors add up in furl's order; those over
/// columns, and those of tensors in rules with rows or columns, do not, and no sum is computed again where products leave the range of
/// float. Denormals are flushed only if the caller does it.
///
/// Errors:  those of a rule that is not well formed; E53 if it has a function of matrices.
template <class Rule, class T = float>
std::string c() {
    return detail::source_text<Rule, detail::c_file<detail::c_language<T>, detail::c_loops>, T>();
}

}  // namespace furl
