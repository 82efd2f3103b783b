#pragma once

#include <furl/base/error.hpp>
#include <furl/base/finite.hpp>
#include <furl/memory/state_memory.hpp>
#include <furl/optimizer/hyperparameters.hpp>
#include <furl/optimizer/plan_info.hpp>
#include <furl/optimizer/step_arguments.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// This folder holds the parts of furl::optimizer: its data, the arguments of a step and their checks, and tables that describe
/// what it keeps without its type.
namespace FURL_NAMESPACE::detail {

/// Whether a step count can be set; refuses it if not.
inline bool require_step_count(std::int64_t steps) {
    return (steps >= 0 && steps <= std::int64_t{1} << 53) ||
           refuse("furl: the step count is " + std::to_string(steps) + "; it must be at least 0 and at most 2^53");
}

/// The data of an optimizer (hyperparameters, states, step count), and access to it by names that are known at run time.
///
/// @tparam Plan    the stored plan.
/// @tparam Engine  the engine that runs its steps.
template <class Plan, class Engine>
class optimizer_data {
  protected:
    using T = typename Plan::value_type;
    using table = plan_info<Plan>;
    static constexpr const auto& streams = Plan::streams;
    static constexpr std::size_t state_streams = streams.size() - Plan::first_state;

    explicit optimizer_data(std::vector<std::size_t> sizes)
        : arguments_(std::move(sizes)), states_(arguments_.sizes()), engine_(arguments_.sizes()) {}

  public:
    /// A hyperparameter by its name at run time. If it has a value for each tensor, set sets it for all tensors.
    ///
    /// @returns  whether it was set.
    /// Errors:   std::invalid_argument if there is no such name (it lists the names), or if the value is NaN.
    bool set(std::string_view name, double value) {
        const auto of_tensors = tensor_state(name);
        const auto i = hyperparameter_values<Plan>::find(name);
        if (of_tensors == no_tensor && i == hyperparameters().size())
            return detail::refuse(detail::no_hyperparameter(name, "the rule", hyperparameters(), tensor_hyperparameters()));
        if (!detail::require_number(name, value)) return false;
        if (of_tensors != no_tensor) std::ranges::fill(engine_.states().of_tensors(of_tensors), value);
        else hypers_[i] = value;
        return true;
    }
    double get(std::string_view name) const {
        const auto i = hyperparameter_values<Plan>::find(name);
        return i < hyperparameters().size()
                   ? hypers_[i]
                   : detail::refuse(detail::no_single_value(name, "the rule", hyperparameters(), tensor_hyperparameters()),
                                    detail::not_a_number<double>);
    }

    /// A hyperparameter that has a value for each tensor, by its name at run time.
    bool set(std::string_view name, std::size_t tensor, double value) {
        if (!require_tensor_value(name, tensor) || !detail::require_number(name, value)) return false;
        engine_.states().at(tensor_state(name), tensor) = value;
        return true;
    }
    double get(std::string_view name, std::size_t tensor) {
        return require_tensor_value(name, tensor) ? engine_.states().at(tensor_state(name), tensor) : detail::not_a_number<double>;
    }

    /// The names of the hyperparameters.
    static constexpr std::span<const std::string_view> hyperparameters() { return hyperparameter_values<Plan>::names; }

    /// Their values, in the order of the names.
    std::span<double> hyperparameter_span() { return hypers_.values(); }
    std::span<const double> hyperparameter_span() const { return hypers_.values(); }

    /// The state of a tensor by its name at run time, for states of one value per parameter that are stored as T.
    std::span<T> state(std::string_view name, std::size_t tensor) {
        const auto stream = find_state(name, tensor);
        if (stream == no_tensor) return {};
        if (table::type_of(stream) != element_type_of<T>)
            return detail::refuse("furl: the state '" + std::string(name) + "' is stored in another type; take "
                                  "state(my_rule::" + std::string(name) + "), or its values by read_state", std::span<T>{});
        return {reinterpret_cast<T*>(states_.at(stream, tensor, size(tensor)).data()), size(tensor)};
    }
    std::span<T> state(std::string_view name) { return state(name, arguments_.require_one_tensor() ? 0 : no_tensor); }

    /// Returns a copy of the values of a state of one value per parameter, in whatever format it is stored.
    std::vector<T> read_state(std::string_view name, std::size_t tensor = 0) const {
        const auto stream = find_state(name, tensor);
        if (stream == no_tensor) return {};
        std::vector<T> values(size(tensor));
        states_.read(stream, tensor, values);
        return values;
    }

    /// The names of the states of one value per parameter.
    static constexpr std::array<std::string_view, state_streams> states() {
        std::array<std::string_view, state_streams> names{};
        for (std::size_t s = 0; s < state_streams; ++s) names[s] = streams[Plan::first_state + s].name;
        return names;
    }

    /// A state of one value per tensor or per step, by its name at run time. One of one value per step is the same for any
    /// tensor.
    double& scalar_state(std::string_view name, std::size_t tensor) {
        nowhere_ = detail::not_a_number<double>;
        if (!has_tensor(tensor)) return nowhere_;
        for (std::size_t i = 0; i < Plan::program.states.size(); ++i)
            if (const auto& s = Plan::program.states[i]; s.name == name && s.where != domain::element)
                return engine_.states().at(i, tensor);
        detail::refuse(detail::no_such("state of one value per tensor or step", name, "the rule", scalar_states()));
        return nowhere_;
    }

    /// The names of the states of one value per tensor or per step.
    static constexpr auto scalar_states() {
        constexpr auto is_one = [](const state_entry& s) { return s.where != domain::element && s.role != state_role::hyperparameter; };
        std::array<std::string_view, static_cast<std::size_t>(std::ranges::count_if(Plan::program.states, is_one))> names{};
        std::size_t i = 0;
        for (const auto& s : Plan::program.states)
            if (is_one(s)) names[i++] = s.name;
        return names;
    }

    /// The names of the hyperparameters that have a value for each tensor.
    static constexpr std::span<const std::string_view> tensor_hyperparameters() { return table::tensor_hyperparameters; }

    /// A per-step value that the rule names by let, as the last step computed it, whether it was done or skipped: a norm, the
    /// factor of a clipping, a scheduled rate. It is NaN before the first step.
    ///
    /// Errors:  std::invalid_argument if there is no such name; it lists the names.
    double value(std::string_view name) const {
        for (std::size_t i = 0; i < table::values.size(); ++i)
            if (table::values[i] == name) return engine_.values()[i];
        return detail::refuse(detail::no_such("value of one per step", name, "the rule", table::values),
                              detail::not_a_number<double>);
    }

    /// All such values, in the order of info().values.
    std::span<const double> value_span() const { return engine_.values(); }

    /// Describes what the rule has by name, without its type.
    static constexpr const rule_info& info() { return table::info; }

    /// The memory of a state by its place in info().states. That of a state of one value per step is the same for any tensor.
    std::span<std::byte> state_bytes(std::size_t state, std::size_t tensor) {
        if (table::info.states[state].where != domain::element) return std::as_writable_bytes(std::span(&engine_.states().at(state, tensor), 1));
        return states_.at(table::buffer_of_state(state), tensor, size(tensor));
    }

    /// The number of steps done. To restore an optimizer by hand, set it and copy all states, also those of scalar_states():
    /// among these furl.started says whether a tensor had its first step.
    ///
    /// Errors:  std::invalid_argument if it is below 0 or above 2^53, where a rule could not tell it from the next.
    std::int64_t step_count() const { return steps_; }
    void set_step_count(std::int64_t steps) {
        if (detail::require_step_count(steps)) steps_ = steps;
    }

    /// The number of tensors, and the number of elements of one.
    std::size_t tensors() const { return arguments_.sizes().size(); }
    std::span<const std::size_t> sizes() const { return arguments_.sizes(); }
    std::size_t size(std::size_t tensor) const { return arguments_.require_tensor(tensor) ? arguments_.sizes()[tensor] : 0; }

  protected:
    step_arguments<Plan> arguments_;
    state_memory<Plan> states_;
    Engine engine_;
    hyperparameter_values<Plan> hypers_;
    std::int64_t steps_ = 0;

    // Stands for a tensor or state that does not exist, or that was refused already.
    static constexpr auto no_tensor = std::numeric_limits<std::size_t>::max();
    bool has_tensor(std::size_t tensor) const { return tensor != no_tensor && arguments_.require_tensor(tensor); }

  private:
    // Returns the place, among the states, of a hyperparameter with a value for each tensor; no_tensor if there is no such name.
    static std::size_t tensor_state(std::string_view name) {
        for (std::size_t i = 0; i < Plan::program.states.size(); ++i)
            if (const auto& s = Plan::program.states[i]; s.role == state_role::hyperparameter && s.name == name) return i;
        return no_tensor;
    }

    bool require_tensor_value(std::string_view name, std::size_t tensor) const {
        if (!arguments_.require_tensor(tensor)) return false;
        return tensor_state(name) != no_tensor ||
               detail::refuse(detail::no_such("hyperparameter of each tensor", name, "the rule", tensor_hyperparameters()));
    }

    double nowhere_ = 0;  // what a refused call returns, without exceptions

    // Returns the stream of a state by its name; no_tensor where it was refused.
    std::size_t find_state(std::string_view name, std::size_t tensor) const {
        if (!has_tensor(tensor)) return no_tensor;
        for (std::size_t s = Plan::first_state; s < streams.size(); ++s)
            if (streams[s].name == name) return s;
        return detail::refuse(detail::no_such("state of one value per parameter", name, "the rule", states()), no_tensor);
    }
};

}  // namespace furl::detail
