#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <span>
#include <vector>

namespace examples {

/// Checks every gradient of a model against the central difference of its loss.
///
/// @param parameters  of the model, which the loss reads; they are as before at the end.
/// @param tolerance   relative, or of 0.01 where the gradient is smaller.
template <class Loss>
void check_gradients(const std::vector<std::span<double>>& parameters,
                     const std::vector<std::span<const double>>& gradients, Loss loss, double tolerance) {
    REQUIRE(parameters.size() == gradients.size());
    for (std::size_t t = 0; t < parameters.size(); ++t) {
        CAPTURE(t);
        REQUIRE(parameters[t].size() == gradients[t].size());
        for (std::size_t i = 0; i < parameters[t].size(); ++i) {
            constexpr double h = 1e-5;
            double& p = parameters[t][i];
            const double before = p;
            p = before + h;
            const double above = loss();
            p = before - h;
            const double below = loss();
            p = before;
            CHECK(gradients[t][i] == doctest::Approx((above - below) / (2 * h)).epsilon(tolerance).scale(0.01));
        }
    }
}

}  // namespace examples
