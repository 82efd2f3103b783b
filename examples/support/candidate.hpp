#pragma once

#include <furl/furl.hpp>
#include <furl/runtime/any_optimizer.hpp>

#include <span>
#include <string>
#include <vector>

namespace examples {

/// A rule with a hyperparameter lr that was compiled into a library of its own.
struct candidate {
    std::string (*text)();
    std::string (*latex)();
    furl::any_optimizer<float> (*make)(const std::vector<std::span<float>>& parameters);
};

template <class Rule>
candidate candidate_of() {
    return {[] { return furl::text<Rule>(); }, [] { return furl::latex<Rule>(); },
            [](const std::vector<std::span<float>>& parameters) -> furl::any_optimizer<float> {
                return furl::optimizer<Rule>(parameters);
            }};
}

}  // namespace examples
