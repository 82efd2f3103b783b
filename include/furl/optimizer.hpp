#pragma once

#include <furl/base/error.hpp>
#include <furl/base/policy.hpp>
#include <furl/execute/executors.hpp>
#include <furl/execute/step.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/named.hpp>
#include <furl/program/check.hpp>
#include <furl/storage/arena.hpp>
#include <furl/storage/hyperparameters.hpp>
#include <furl/storage/plan_info.hpp>
#include <furl/storage/refused.hpp>
#include <furl/storage/step_arguments.hpp>
#include <furl/storage/tensor_turns.hpp>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace furl {

template <class Rule, class T, class... Policies>
class optimizer;

namespace detail {

template <class X>
inline constexpr bool is_optimizer = false;
template <class Rule, class T, class... Policies>
inline constexpr bool is_optimizer<optimizer<Rule, T, Policies...>> = true;

}  // namespace detail

/// A rule at work: owns the states of a list of tensors, and steps them.
///
/// `furl::optimizer<my_rule> opt(n);  opt.step(parameters, gradients);`
///
/// A step is one fused pass over memory (two where the rule has a reduction), in place, and allocates nothing.
///
/// @tparam Rule      a struct with a `static constexpr auto update`.
/// @tparam T         the element type: float or double. Per-step values are computed in double and rounded once.
/// @tparam Policies  furl::strict (as written, no contraction), furl::keep_denormals, or an execution policy.
/// Errors:  E01 to E14 if the rule is wrong, at compile time. std::invalid_argument if a call is, before anything is
///          written.
template <class Rule, class T = float, class... Policies>
class optimizer {
    using execution = policy_or_t<policy_kind::execution, fused, Policies...>;
    using numerics = policy_or_t<policy_kind::numerics, typename execution::numerics, Policies...>;
    using denormals = policy_or_t<policy_kind::denormals, typename execution::denormals, Policies...>;
    using plan = furl::plan<Rule, numerics>;
    using executor = typename execution::template executor<T>::template bound<plan>;
    using engine = step_runner<plan, T, executor, denormals>;

    using table = plan_info<plan, T, numerics>;

    static constexpr const auto& streams = plan::streams;
    using gradient = std::conditional_t<(plan::program.gradient >= 0), T, const T>;
    static constexpr std::size_t state_streams = streams.size() - plan::first_state;

  public:
    using rule = Rule;     ///< what it runs
    using value_type = T;  ///< of parameters and gradients

    /// For one tensor of n elements.
    explicit optimizer(std::size_t n) : optimizer(std::span<const std::size_t>(&n, 1)) {}

    /// For a list of tensors of these sizes.
    explicit optimizer(std::initializer_list<std::size_t> sizes)
        : optimizer(std::span<const std::size_t>(sizes.begin(), sizes.size())) {}

    /// For a list of tensors of these sizes, from any range of integers.
    template <std::ranges::input_range Sizes>
        requires std::integral<std::ranges::range_value_t<Sizes>>
    explicit optimizer(const Sizes& sizes)
        : arguments_({std::ranges::begin(sizes), std::ranges::end(sizes)}),
          states_(state_streams, arguments_.sizes(), 2 + plan::inputs),
          engine_(arguments_.sizes()) {
        reset();
    }

    /// For these tensors: one, or a list. Takes their sizes only.
    template <class Tensors>
        requires std::floating_point<typename detail::element_of<const Tensors>::type>
    explicit optimizer(const Tensors& tensors) : optimizer(detail::sizes_of(tensors)) {}

    /// One step: t becomes t + 1, parameters and states are updated in place.
    ///
    /// @param parameters  one tensor or a list of tensors, as the optimizer was built for: anything contiguous.
    /// @param gradients   the same, read only (but written by a rule with zero_grad).
    /// @param inputs      `furl::input<"name"> = data` for each further input of the rule.
    /// @returns  whether the step was done: false where the rule skipped it (skip_unless), which changed nothing.
    /// Errors:  std::invalid_argument, before anything is written, if a number or size of tensors differs from that of
    ///          construction, an input is missing or unknown, or memory that is written overlaps other memory.
    template <class Parameters, class Gradients, class... Names, class... Data>
    bool step(Parameters&& parameters, Gradients&& gradients, const input_binding<Names, Data>&... inputs) {
        return step(serial{}, std::forward<Parameters>(parameters), std::forward<Gradients>(gradients), inputs...);
    }

    /// The same step, whose chunks a runner does, on several threads: `opt.step(pool, parameters, gradients)`.
    ///
    /// @param runner      furl::thread_pool, furl::openmp, furl::tbb, or anything that takes runner(chunks, body) and
    ///                    calls body(i) for each i below chunks. It is asked once a pass, over all tensors; not at all
    ///                    where there is too little to do.
    /// @param parameters  as above.
    /// @param gradients   as above.
    /// @param inputs      as above.
    /// The bits are those of any other runner, and of none.
    template <class Runner, class Parameters, class Gradients, class... Names, class... Data>
        requires ChunkRunner<std::remove_reference_t<Runner>>
    bool step(Runner&& runner, Parameters&& parameters, Gradients&& gradients,
              const input_binding<Names, Data>&... inputs) {
        if (!turns_.require_none() || !arguments_.take(states_.memory(), std::forward<Parameters>(parameters),
                                                        std::forward<Gradients>(gradients), inputs...))
            return false;
        place_states(arguments_.moved());
        if (!engine_.run(arguments_.tensors(), hypers_.values(), steps_ + 1, runner)) return false;
        ++steps_;
        return true;
    }

    /// A step of one tensor of the list, as soon as its gradient is there, inside the backward pass; so no more than one
    /// gradient is in memory:
    ///
    ///     for (std::size_t i = layers; i-- > 0;) {
    ///         std::vector<float> gradient = layer[i].backward();   // of its weights
    ///         opt.step_tensor(i, layer[i].weights, gradient);
    ///     }                                                        // each gradient is freed here
    ///
    /// All tensors, each once and in any order, make one step: the bits are those of step(), and the step counts when the
    /// last is done, or finish_step() ends it without the others.
    ///
    /// @returns  whether it was done: false where the rule skipped it, which changed nothing.
    /// Errors:  E40 if the rule has a reduction over all tensors: it cannot know it before all gradients are there.
    ///          std::invalid_argument, before anything is written, as step(), or if the tensor had its part of this step.
    /// Limits:  on the calling thread. One call at a time.
    template <class Parameters, class Gradients, class... Names, class... Data>
    bool step_tensor(std::size_t tensor, Parameters&& parameters, Gradients&& gradients,
                     const input_binding<Names, Data>&... inputs) {
        constexpr bool alone = !table::reduces_all;
        static_assert(alone, "furl[E40]: the rule has a reduction over all tensors, so one tensor cannot step before the "
                             "gradients of all are there; use step. See docs/errors.md#E40");
        if constexpr (alone) {
            return arguments_.require_tensor(tensor) && turns_.require(tensor, tensors()) &&
                   arguments_.take_one(tensor, states_.memory(), std::forward<Parameters>(parameters),
                                       std::forward<Gradients>(gradients), inputs...) &&
                   run_tensor(tensor);
        } else return false;
    }

    /// Ends a step of which some tensors had no part: they stay as they are.
    void finish_step() {
        if (!turns_.open()) return;
        engine_.keep_noted_states(turns_.had_part());
        turns_.end();
        ++steps_;
    }

    /// The same, for tensors and inputs that are named at run time.
    bool step_tensor_named(std::size_t tensor, std::span<T> parameters, std::span<const T> gradients,
                           std::span<const named_data<T>> inputs = {}) {
        if constexpr (table::reduces_all)
            return detail::refuse("furl: the rule has a reduction over all tensors, so one tensor cannot step before the "
                                  "gradients of all are there; use step");
        else
            return arguments_.require_tensor(tensor) && turns_.require(tensor, tensors()) &&
                   arguments_.take_one_named(tensor, states_.memory(), parameters, gradients, inputs) && run_tensor(tensor);
    }

    /// A step in stages, for an optimizer of several rules, in which all wait for what is known only together.
    using stage = typename engine::stage;

    /// Takes the arguments of a step, of lists of tensors and inputs that are named at run time, and writes nothing.
    ///
    /// @param parameters  as of step().
    /// @param gradients   as of step().
    /// @param inputs      by name.
    /// @param numbers     of the tensors in the list of all, for random numbers; empty: 0, 1, ...
    /// @param total       elements of all tensors; 0: those of this optimizer.
    /// Errors:  as step().
    std::optional<stage> begin_named(std::span<const std::span<T>> parameters, std::span<const std::span<const T>> gradients,
                                     std::span<const named_data<T>> inputs, std::span<const std::size_t> numbers = {},
                                     std::size_t total = 0) {
        static_assert(std::is_const_v<gradient>,
                      "furl[E39]: the gradients are const, and the rule writes them: zero_grad(update). "
                      "See docs/errors.md#E39");
        if (!turns_.require_none() || !arguments_.take_named(states_.memory(), parameters, gradients, inputs)) return {};
        place_states(arguments_.moved());
        return stage{engine_, arguments_.tensors(), hypers_.values(), steps_ + 1, numbers, total};
    }
    /// Whether the step goes on into this pass.
    bool prepare(stage& now, std::size_t pass) { return engine_.prepare(now, pass); }
    template <class Runner>
    void execute(stage& now, std::size_t pass, Runner& runner) {
        engine_.execute(now, pass, runner);
    }
    void finish(const stage& now) {
        engine_.finish(now);
        ++steps_;
    }
    /// The reductions of info().reductions: over all tensors (to be changed between the passes), and by tensor.
    std::span<double> global_reductions() { return engine_.global_reductions(); }
    std::span<const double> tensor_reductions() const { return engine_.tensor_reductions(); }

    /// Error E30.
    template <class... Anything>
        requires(!detail::are_step_arguments<Anything...>)
    bool step(Anything&&...) {
        static_assert(detail::are_step_arguments<Anything...>,
                      "furl[E30]: a step takes parameters, gradients, and further inputs by name: opt.step(w, g, "
                      "furl::input<\"name\"> = data); a hyperparameter is set by opt[my_rule::lr] = value. "
                      "See docs/errors.md#E30");
        return false;
    }

    /// One step over a braced list of tensors: `opt.step({w, b}, {grad_w, grad_b})`.
    template <class... Names, class... Data>
    bool step(std::initializer_list<std::span<T>> parameters, std::initializer_list<std::span<gradient>> gradients,
              const input_binding<Names, Data>&... inputs) {
        return step(serial{}, parameters, gradients, inputs...);
    }
    template <class Runner, class... Names, class... Data>
        requires ChunkRunner<std::remove_reference_t<Runner>>
    bool step(Runner&& runner, std::initializer_list<std::span<T>> parameters,
              std::initializer_list<std::span<gradient>> gradients, const input_binding<Names, Data>&... inputs) {
        return step(runner, std::span(parameters.begin(), parameters.size()),
                    std::span(gradients.begin(), gradients.size()), inputs...);
    }

    /// A hyperparameter by its symbol: `opt[my_rule::lr] = 3e-4`. It is read at the start of each step.
    template <class Name>
    double& operator[](const hyperparameter<Name>&) {
        return hypers_[hyper_index<Name>()];
    }
    template <class Name>
    double operator[](const hyperparameter<Name>&) const {
        return hypers_[hyper_index<Name>()];
    }
    /// Error E17.
    template <class Symbol>
    double& operator[](const Symbol&) {
        static_assert(was_refused<Symbol>,
                      "furl[E17]: this is no hyperparameter; write opt[my_rule::lr], or opt.set(\"lr\", value) for a name "
                      "of run time. See docs/errors.md#E17");
        return hypers_[0];
    }

    /// A hyperparameter by its name at run time. Errors: std::invalid_argument that lists the names there are.
    void set(std::string_view name, double value) { hypers_.at(name) = value; }
    double get(std::string_view name) const { return hypers_.at(name); }

    /// The names of the hyperparameters.
    static constexpr std::span<const std::string_view> hyperparameters() { return hyperparameter_values<plan>::names; }

    /// Their values, in the order of the names.
    std::span<double> hyperparameter_span() { return hypers_.values(); }
    std::span<const double> hyperparameter_span() const { return hypers_.values(); }

    /// A state by its symbol. Of one value per parameter: a span over the state of a tensor; of one value per tensor or
    /// per step: a span over those values, in double.
    ///
    /// Errors:  std::invalid_argument if there are several tensors and none is named, or no such tensor.
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

    /// The state of a tensor by its name at run time, for states of one value per parameter.
    std::span<T> state(std::string_view name, std::size_t tensor) {
        if (!has_tensor(tensor)) return {};
        for (std::size_t s = 0; s < state_streams; ++s)
            if (streams[plan::first_state + s].name == name) return {states_.at(s, tensor), size(tensor)};
        return detail::refuse(detail::no_such("state of one value per parameter", name, "the rule", states()), std::span<T>{});
    }
    std::span<T> state(std::string_view name) { return state(name, arguments_.require_one_tensor() ? 0 : no_tensor); }

    /// The names of the states of one value per parameter.
    static constexpr std::array<std::string_view, state_streams> states() {
        std::array<std::string_view, state_streams> names{};
        for (std::size_t s = 0; s < state_streams; ++s) names[s] = streams[plan::first_state + s].name;
        return names;
    }

    /// A state of one value per tensor or per step, by its name at run time; of one per step for any tensor.
    double& scalar_state(std::string_view name, std::size_t tensor) {
        nowhere_ = std::numeric_limits<double>::quiet_NaN();
        if (!has_tensor(tensor)) return nowhere_;
        for (std::size_t i = 0; i < plan::program.states.size(); ++i)
            if (const auto& s = plan::program.states[i]; s.name == name && s.when != rate::per_element)
                return engine_.scalar_state(i, tensor);
        detail::refuse(detail::no_such("state of one value per tensor or step", name, "the rule", scalar_states()));
        return nowhere_;
    }

    /// The names of the states of one value per tensor or per step.
    static constexpr auto scalar_states() {
        std::array<std::string_view, plan::program.states.size() - state_streams> names{};
        std::size_t i = 0;
        for (const auto& s : plan::program.states)
            if (s.when != rate::per_element) names[i++] = s.name;
        return names;
    }

    /// A value of one per step that the rule names by let, as the last step computed it, done or skipped: a norm, the
    /// factor of a clipping, a scheduled rate. NaN before the first.
    ///
    /// Errors:  std::invalid_argument, with the names there are, if there is none.
    double value(std::string_view name) const {
        for (std::size_t i = 0; i < table::values.size(); ++i)
            if (table::values[i] == name) return engine_.values()[i];
        return detail::refuse(detail::no_such("value of one per step", name, "the rule", table::values),
                              std::numeric_limits<double>::quiet_NaN());
    }

    /// All of them, in the order of info().values.
    std::span<const double> value_span() const { return engine_.values(); }

    /// What the rule has, by name, without its type.
    static constexpr const rule_info& info() { return table::info; }

    /// The memory of a state by its place in info().states: of one value per step the same for any tensor.
    std::span<std::byte> state_bytes(std::size_t state, std::size_t tensor) {
        const auto& s = plan::program.states[state];
        if (s.when != rate::per_element) return std::as_writable_bytes(std::span(&engine_.scalar_state(state, tensor), 1));
        return std::as_writable_bytes(std::span(states_.at(table::stream_of_state(state), tensor), size(tensor)));
    }

    /// The number of steps done; set it when states are restored.
    std::int64_t step_count() const { return steps_; }
    void set_step_count(std::int64_t steps) { steps_ = steps; }

    /// States and step count as after construction; hyperparameters stay.
    void reset() {
        steps_ = 0;
        turns_.end();
        engine_.reset();
        std::size_t stream = 0;
        for (const auto& s : plan::program.states)
            if (s.when == rate::per_element)
                std::ranges::fill(states_.stream(stream++), static_cast<T>(engine::initial_value(s)));
    }

    /// The number of tensors, and the number of elements of one.
    std::size_t tensors() const { return arguments_.sizes().size(); }
    std::span<const std::size_t> sizes() const { return arguments_.sizes(); }
    std::size_t size(std::size_t tensor) const { return arguments_.sizes().at(tensor); }

  private:
    step_arguments<plan, T> arguments_;
    arena<T> states_;
    engine engine_;
    hyperparameter_values<plan> hypers_;
    std::int64_t steps_ = 0;
    tensor_turns turns_;
    double nowhere_ = 0;  // what a refused call returns, without exceptions

    // Of a call that was refused for its number of tensors already.
    static constexpr auto no_tensor = std::numeric_limits<std::size_t>::max();
    bool has_tensor(std::size_t tensor) const { return tensor != no_tensor && arguments_.require_tensor(tensor); }

    // moved: whether any of the data lies elsewhere than in the last step.
    void place_states(bool moved) {
        if (!moved) return;
        auto& tensors = arguments_.tensors();
        for (std::size_t i = 0; i < tensors.streams.size(); ++i) place_states_of(i);
        tensors.find_neighbours(arguments_.sizes());
    }
    void place_states_of(std::size_t i) {
        for (std::size_t s = 0; s < state_streams; ++s)
            arguments_.tensors().streams[i][plan::first_state + s] = states_.at(s, i);
    }

    bool run_tensor(std::size_t tensor) {
        place_states_of(tensor);
        stage now{engine_, arguments_.tensors(), hypers_.values(), steps_ + 1};
        if (!engine_.run_tensor(now, tensor)) return false;
        engine_.note_step_states(now);
        if (turns_.take(tensor)) finish_step();
        return true;
    }

    template <class Name>
    static constexpr std::size_t hyper_index() {
        constexpr auto i = hyperparameter_values<plan>::find(name_text<Name>);
        static_assert(i < plan::program.hypers.size(),
                      "furl[E17]: the rule's update uses no hyperparameter of this name. See docs/errors.md#E17");
        return i < plan::program.hypers.size() ? i : 0;
    }

    template <class Name>
    auto state_of(std::size_t tensor) {
        constexpr auto i = [] {
            std::size_t k = 0;
            while (k < plan::program.states.size() && plan::program.states[k].name != name_text<Name>) ++k;
            return k;
        }();
        static_assert(i < plan::program.states.size(),
                      "furl[E18]: the rule's update uses no state of this name. See docs/errors.md#E18");
        const bool there = has_tensor(tensor);
        if constexpr (i >= plan::program.states.size()) return std::span<T>{};
        else if constexpr (plan::program.states[i].when == rate::per_element) return there ? state(name_text<Name>, tensor) : std::span<T>{};
        else return there ? std::span<double>(&engine_.scalar_state(i, tensor), 1) : std::span<double>{};
    }
};

// A rule that is not well formed, or policies that do not fit.
template <class Rule, class T, class... Policies>
    requires(!well_formed<Rule, T> || !detail::policies_fit<Policies...>())
class optimizer<Rule, T, Policies...> : public refused_optimizer<Rule, T, Policies...> {
  public:
    using refused_optimizer<Rule, T, Policies...>::refused_optimizer;
};

/// Without a rule in angle brackets: error E36.
template <class... Anything>
    requires(sizeof...(Anything) != 1 || !(detail::is_optimizer<std::remove_cvref_t<Anything>> || ...))
optimizer(Anything&&...) -> optimizer<detail::no_rule>;

/// The same rule as one loop over memory per operation: what eager tensor libraries do.
template <class Rule, class T = float, class... Policies>
using naive = optimizer<Rule, T, one_loop_per_operation, Policies...>;

/// The same rule one element at a time, in double, as written: the oracle.
template <class Rule, class T = double, class... Policies>
using reference = optimizer<Rule, T, one_element_at_a_time, Policies...>;

}  // namespace furl
