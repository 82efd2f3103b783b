#pragma once

#include <furl/optimizer.hpp>

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE {

/// Turns any rule into an update policy of ensmallen, for ens::SGD.
///
///     ens::SGD<furl::ensmallen_update<furl::zoo::adamw>> sgd(1e-3, 32, 100'000, 1e-5, true, {{"weight_decay", 0.1}});
///     sgd.Optimize(f, coordinates);
///
/// A step of the rule runs over the whole matrix. ensmallen's step size, which since ensmallen 3 is divided by the batch size,
/// becomes the rule's "lr" in each step. If ensmallen's decay policy is not NoDecay, the step size follows it.
///
/// @tparam Rule      a struct with a `static constexpr auto update` and a hyperparameter "lr".
/// @tparam Policies  as in furl::optimizer.
/// Errors:  std::invalid_argument, before anything is written, if the rule lacks a hyperparameter that is set or "lr", or if
///          it needs an input besides the gradient.
/// Limits:  dense matrices of float or double in memory: arma::mat, arma::fmat, vectors; not arma::sp_mat, nor those of a GPU.
/// Source:  ensmallen 3, include/ensmallen_bits/sgd/update_policies/vanilla_update.hpp, which defines what a policy is.
template <class Rule, class... Policies>
class ensmallen_update {
  public:
    /// Uses the rule's defaults.
    ensmallen_update() = default;

    /// Sets these hyperparameters by name.
    ensmallen_update(std::initializer_list<std::pair<std::string_view, double>> settings) {
        for (const auto& [name, value] : settings) settings_.emplace_back(name, value);
    }

    /// The policy for one matrix. ens::SGD makes it at the start of Optimize, and keeps it for the next Optimize if its
    /// ResetPolicy() is false.
    template <class MatType, class GradType>
    class Policy {
        static_assert(
            requires(MatType& parameters, const GradType& gradient) {
                std::span(parameters.memptr(), parameters.n_elem);
                std::span(gradient.memptr(), gradient.n_elem);
            },
            "furl::ensmallen_update steps dense matrices in memory, such as arma::mat; neither sparse ones nor those of a GPU");

      public:
        using element = typename MatType::elem_type;  ///< the element type of the matrix: float or double

        /// Makes the optimizer for a matrix of this size, as ens::SGD asks.
        Policy(const ensmallen_update& parent, std::size_t height, std::size_t width) : optimizer_(height * width) {
            for (const auto& [name, value] : parent.settings_) optimizer_.set(name, value);
        }

        /// Does one step.
        void Update(MatType& parameters, double step_size, const GradType& gradient) {
            optimizer_.set("lr", step_size);
            optimizer_.step(std::span(parameters.memptr(), parameters.n_elem), std::span(gradient.memptr(), gradient.n_elem));
        }

        /// The optimizer that runs the rule. It has the states, the step count and the reported values.
        auto& optimizer() { return optimizer_; }

      private:
        furl::optimizer<Rule, element, Policies...> optimizer_;
    };

  private:
    std::vector<std::pair<std::string, double>> settings_;
};

}  // namespace furl
