#pragma once

#include <furl/base/error.hpp>
#include <furl/base/finite.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/named.hpp>
#include <furl/memory/state_memory.hpp>
#include <furl/optimizer/hyperparameters.hpp>
#include <furl/optimizer/plan_info.hpp>
#include <furl/optimizer/row_indices.hpp>
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

/// The data of an optimizer (hyperparameters, states, step count), and access to it by symbols of the rule and by names of run time.
///
/// @tparam Plan    the stored plan.
/// @tparam Engine  the engine that runs its steps.
template <class Plan, class Engine>
class optimizer_data {
  protected:
    using T = typename Plan::value_type;
    using table = plan_info<Plan>;

    explicit optimizer_data(std::vector<furl::shape> shapes)
        : shapes_(with_whole_blocks(std::move(shapes))), states_(sizes_of(shapes_)), arguments_(sizes_of(shapes_)), engine_(arguments_.sizes(), shapes_) {}

    // Makes the data of a share of tensors. The shapes are those of its own parts.
    template <class Share>
    explicit optimizer_data(const Share& share, std::vector<furl::shape> shapes)
        : shapes_(std::move(shapes)), states_(sizes_of(shapes_)), arguments_(sizes_of(shapes_)), engine_(arguments_.sizes(), shapes_, share) {}

  public:
    /// A hyperparameter by its symbol: `opt[my_rule::lr] = 3e-4`. It is read at the start of each step.
    template <class Name>
    double& operator[](const hyperparameter<Name>&) {
        return hypers_[hyper_index<Name>()];
    }
    template <class Name>
    double operator[](const hyperparameter<Name>&) const {
        return hypers_[hyper_index<Name>()];
    }
    /// The values of a hyperparameter that has one for each tensor, by its symbol: `opt[my_rule::decay][tensor] = 0`.
    template <class Name>
    std::span<double> operator[](const tensor_hyperparameter<Name>&) {
        constexpr auto i = state_index<Name>;
        constexpr bool known = i < Plan::program.states.size() && Plan::program.states[i].role == state_role::hyperparameter;
        static_assert(known, "furl[E17]: the rule's update uses no hyperparameter of this name. See docs/errors.md#E17");
        if constexpr (known) return engine_.states().of_tensors(i);
        else return {};
    }

    /// Error E17.
    template <class Symbol>
    double& operator[](const Symbol&) {
        static_assert(was_refused<Symbol>,
                      "furl[E17]: this is no hyperparameter; write opt[my_rule::lr], or opt.set(\"lr\", value) for a name "
                      "of run time. See docs/errors.md#E17");
        return hypers_[0];
    }

    /// The elements of each tensor as a whole, of which a share may have fewer.
    std::span<const std::size_t> whole_sizes() const { return engine_.sizes(); }

    /// A state by its symbol. If it has one value per parameter, row or column, this is a span of its values in a tensor. If it has
    /// one value per tensor or per step, this is a span of that one double.
    ///
    /// Errors:  std::invalid_argument if there are several tensors and none is named, or if there is no such tensor.
    template <StateSymbol S>
    auto state(const S&) {
        return state_of<typename S::name>(arguments_.require_one_tensor() ? 0 : no_tensor);
    }
    template <StateSymbol S>
    auto state(const S&, std::size_t tensor) {
        return state_of<typename S::name>(tensor);
    }

    /// Error E18.
    template <class Symbol>
        requires(!StateSymbol<Symbol> && !std::convertible_to<const Symbol&, std::string_view>)
    std::span<T> state(const Symbol&, std::size_t = 0) {
        static_assert(was_refused<Symbol>, "furl[E18]: this is no state; write opt.state(my_rule::m), or its name: "
                                           "opt.state(\"m\"). See docs/errors.md#E18");
        return {};
    }

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

    /// The state of a tensor by its name at run time, for states of one value per parameter, row or column that are stored as T.
    std::span<T> state(std::string_view name, std::size_t tensor) {
        const auto i = find_state(name, tensor);
        if (i == no_tensor) return {};
        if (table::info.states[i].type != element_type_of<T>)
            return detail::refuse("furl: the state '" + std::string(name) + "' is stored in another type; take "
                                  "state(my_rule::" + std::string(name) + "), or its values by read_state", std::span<T>{});
        const auto bytes = state_bytes(i, tensor);
        return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
    }
    std::span<T> state(std::string_view name) { return state(name, arguments_.require_one_tensor() ? 0 : no_tensor); }

    /// Returns a copy of the values of a state of one value per parameter, row or column, whatever its format.
    std::vector<T> read_state(std::string_view name, std::size_t tensor = 0) const {
        const auto i = find_state(name, tensor);
        if (i == no_tensor) return {};
        if constexpr (Plan::has_lines)
            if (is_of_lines(table::info.states[i].where)) {
                const auto values = engine_.line_states().state(i, tensor);
                return {values.begin(), values.end()};
            }
        std::vector<T> values(size(tensor));
        states_.read(table::buffer_of_state(i), tensor, values);
        return values;
    }

    /// The names of the states of one value per parameter, row or column.
    static constexpr auto states() { return names_of([](const state_entry& s) { return is_list(s.where); }); }

    /// A state of one value per tensor or per step, by its name at run time. One of one value per step is the same for any
    /// tensor.
    double& scalar_state(std::string_view name, std::size_t tensor) {
        nowhere_ = detail::not_a_number<double>;
        if (!has_tensor(tensor)) return nowhere_;
        for (std::size_t i = 0; i < Plan::program.states.size(); ++i)
            if (const auto& s = Plan::program.states[i]; s.name == name && !is_list(s.where))
                return engine_.states().at(i, tensor);
        detail::refuse(detail::no_such("state of one value per tensor or step", name, "the rule", scalar_states()));
        return nowhere_;
    }

    /// The names of the states of one value per tensor or per step.
    static constexpr auto scalar_states() {
        return names_of([](const state_entry& s) { return !is_list(s.where) && s.role != state_role::hyperparameter; });
    }

    /// The names of the hyperparameters that have a value for each tensor.
    static constexpr std::span<const std::string_view> tensor_hyperparameters() { return detail::tensor_hyperparameter_names<detail::plan_of<Plan>>; }

    /// A per-step value that the rule names by let, as the last step computed it, whether it was done or skipped: a norm, the
    /// factor of a clipping, a scheduled rate. It is NaN before the first step.
    ///
    /// Errors:  std::invalid_argument if there is no such name; it lists the names.
    double value(std::string_view name) const {
        constexpr const auto& names = detail::step_value_names<detail::plan_of<Plan>>;
        for (std::size_t i = 0; i < names.size(); ++i)
            if (names[i] == name) return engine_.values()[i];
        return detail::refuse(detail::no_such("value of one per step", name, "the rule", names),
                              detail::not_a_number<double>);
    }

    /// All such values, in the order of info().values.
    std::span<const double> value_span() const { return engine_.values(); }

    /// Describes what the rule has by name, without its type.
    static constexpr const rule_info& info() { return table::info; }

    /// The memory of a state by its place in info().states. That of a state of one value per step is the same for any tensor.
    std::span<std::byte> state_bytes(std::size_t state, std::size_t tensor) {
        if constexpr (Plan::has_lines)
            if (is_of_lines(table::info.states[state].where)) return std::as_writable_bytes(engine_.line_states().state(state, tensor));
        if (!is_list(table::info.states[state].where)) return std::as_writable_bytes(std::span(&engine_.states().at(state, tensor), 1));
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

    /// The shapes of the tensors. A tensor that was given by its size is one row.
    std::span<const furl::shape> shapes() const { return shapes_; }

  protected:
    // A step over the arguments of the last one reads little, and this lies together: the end of arguments_ to the beginning of engine_.
    std::vector<furl::shape> shapes_;
    state_memory<Plan> states_;
    step_arguments<Plan> arguments_;
    hyperparameter_values<Plan> hypers_;
    std::int64_t steps_ = 0;
    Engine engine_;

    // Stands for a tensor or state that does not exist, or that was refused already.
    static constexpr auto no_tensor = std::numeric_limits<std::size_t>::max();
    bool has_tensor(std::size_t tensor) const { return tensor != no_tensor && arguments_.require_tensor(tensor); }

  private:
    template <class Name>
    static constexpr std::size_t hyper_index() {
        constexpr auto i = hyperparameter_values<Plan>::find(name_text<Name>);
        static_assert(i < Plan::program.hypers.size(),
                      "furl[E17]: the rule's update uses no hyperparameter of this name. See docs/errors.md#E17");
        return i < Plan::program.hypers.size() ? i : 0;
    }

    // The place of a name in the table of states, or the size of the table if the name is not there.
    template <class Name>
    static constexpr std::size_t state_index = [] {
        std::size_t k = 0;
        while (k < Plan::program.states.size() && Plan::program.states[k].name != name_text<Name>) ++k;
        return k;
    }();

    template <class Name>
    auto state_of(std::size_t tensor) {
        constexpr auto i = state_index<Name>;
        static_assert(i < Plan::program.states.size(),
                      "furl[E18]: the rule's update uses no state of this name. See docs/errors.md#E18");
        const bool there = has_tensor(tensor);
        if constexpr (i >= Plan::program.states.size()) return std::span<T>{};
        else if constexpr (is_of_lines(Plan::program.states[i].where)) return there ? engine_.line_states().state(i, tensor) : std::span<T>{};
        else if constexpr (Plan::program.states[i].where == domain::element) {
            constexpr auto place = table::buffer_of_state(i);
            using element = typename Plan::template format<place>::element;
            return there ? std::span<element>(reinterpret_cast<element*>(states_.at(place, tensor, size(tensor)).data()), size(tensor))
                         : std::span<element>{};
        } else return there ? std::span<double>(&engine_.states().at(i, tensor), 1) : std::span<double>{};
    }

    // The names of the states for which a condition holds.
    template <class Holds>
    static constexpr auto names_of(Holds holds) {
        std::array<std::string_view, static_cast<std::size_t>(std::ranges::count_if(Plan::program.states, Holds{}))> names{};
        std::size_t i = 0;
        for (const auto& s : Plan::program.states)
            if (holds(s)) names[i++] = s.name;
        return names;
    }

    // Returns the shapes, or none where rows are no whole blocks of a format: a pass over a row must not begin inside a block.
    static std::vector<furl::shape> with_whole_blocks(std::vector<furl::shape> shapes) {
        if constexpr (Plan::has_lines && Plan::block > 1)
            for (const auto& s : shapes)
                if (s.rows > 1 && !require_block_rows<Plan>(s.columns)) return {};
        return shapes;
    }

    static std::vector<std::size_t> sizes_of(std::span<const furl::shape> shapes) {
        std::vector<std::size_t> sizes(shapes.size());
        for (std::size_t i = 0; i < sizes.size(); ++i) sizes[i] = shapes[i].size();
        return sizes;
    }

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

    // Returns the place of a state of one value per parameter, row or column by its name; no_tensor if the call is refused.
    std::size_t find_state(std::string_view name, std::size_t tensor) const {
        if (!has_tensor(tensor)) return no_tensor;
        for (std::size_t i = 0; i < Plan::program.states.size(); ++i)
            if (const auto& s = Plan::program.states[i]; s.name == name && is_list(s.where)) return i;
        return detail::refuse(detail::no_such("state of one value per parameter", name, "the rule", states()), no_tensor);
    }
};

}  // namespace furl::detail
