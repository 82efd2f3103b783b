#pragma once

#include "activation.hpp"
#include "configured.hpp"
#include "initialization.hpp"
#include "losses.hpp"
#include "run_example.hpp"

#include <string>
#include <utility>
#include <vector>

namespace examples {

template <class T>
using names_of = std::vector<std::pair<std::string, T>>;

inline const names_of<activation> activations{
    {"relu", activation::relu}, {"sigmoid", activation::sigmoid}, {"tanh", activation::tanh}};
inline const names_of<initialization> initializations{{"zero", initialization::zero},
                                                      {"uniform", initialization::uniform},
                                                      {"normal", initialization::normal},
                                                      {"xavier", initialization::xavier},
                                                      {"he", initialization::he}};
inline const names_of<classification_loss> losses{{"cross_entropy", classification_loss::cross_entropy},
                                                  {"mse", classification_loss::mse}};
inline const names_of<schedule> schedules{{"constant", schedule::constant},
                                          {"linear", schedule::linear},
                                          {"cosine", schedule::cosine},
                                          {"staircase", schedule::staircase},
                                          {"one_cycle", schedule::one_cycle}};

/// An option whose value is one of a few names.
///
/// @param value  is set; a T, or an optional T that has no default.
template <class T, class Value>
void choice(CLI::App& app, const std::string& option, Value& value, const std::string& what, const names_of<T>& names) {
    std::string listed, now;
    for (const auto& [name, named] : names) {
        listed += (listed.empty() ? "" : "|") + name;
        if (value == named) now = name;
    }
    const auto set = [=, &value](const std::string& given) {
        for (const auto& known : names) {
            if (known.first != given) continue;
            value = known.second;
            return;
        }
        throw CLI::ValidationError(option, given + " is none of " + listed);
    };
    app.add_option_function<std::string>(option, set, what)->type_name(listed)->default_str(now);
}

}  // namespace examples
