#pragma once

#include <furl/program/program.hpp>

#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace docs {

/// The program of a rule as it is written, without its type.
struct rule_program {
    std::span<const furl::instruction> code{};
    std::span<const furl::state_entry> states{};
    std::span<const furl::hyper_entry> hypers{};
    std::int16_t update = -1;

    template <std::size_t Capacity>
    static rule_program of(const furl::program<Capacity>& p) {
        return {{p.code.begin(), p.code.size()}, {p.states.begin(), p.states.size()}, {p.hypers.begin(), p.hypers.size()}, p.update};
    }
};

/// Where a rule is stable on a quadratic \f$ h x^2 / 2 \f$, whose gradient is \f$ h x \f$.
///
/// Near the minimum a step multiplies the parameter and the states by a matrix. It converges if all eigenvalues of that are smaller
/// than 1, and in most rules they depend on the learning rate and the curvature h by their product alone. A state that is not
/// linear near the minimum, such as an average of squared gradients, counts as a constant. The limits are those for 1; for other
/// values they are multiplied by powers of them. For Adam that is the square root of v: its h is the curvature divided by that.
struct stability {
    std::string_view reason{};  ///< why there is no limit; empty if there is one
    double limit = 0;           ///< the largest stable lr * h, for the default hyperparameters
    std::vector<std::pair<std::string_view, double>> held{};  ///< the states that count as constants, and the powers
    std::string_view momentum{};  ///< the hyperparameter that says how fast earlier steps fade; empty if there is none
    double momentum_default = 0;
    std::vector<std::pair<double, double>> limits{};  ///< by the momentum, in ascending order
};

stability stability_of(const rule_program& rule);

}  // namespace docs
