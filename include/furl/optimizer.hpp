#pragma once

#include <furl/base/error.hpp>
#include <furl/base/policy.hpp>
#include <furl/execute/executors.hpp>
#include <furl/execute/step.hpp>
#include <furl/formats/storage.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/named.hpp>
#include <furl/optimizer/optimizer_data.hpp>
#include <furl/optimizer/refused.hpp>
#include <furl/optimizer/row_steps.hpp>
#include <furl/optimizer/step_session.hpp>
#include <furl/optimizer/tensor_steps.hpp>
#include <furl/program/check.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>

namespace FURL_NAMESPACE {

template <class Rule, class T, class... Policies>
class optimizer;

namespace detail {

template <class X>
inline constexpr bool is_optimizer = false;
template <class Rule, class T, class... Policies>
inline constexpr bool is_optimizer<optimizer<Rule, T, Policies...>> = true;

template <class Rule, class T, class... Policies>
struct optimizer_parts {
    using policies = policies_of<Rule, T, Policies...>;
    using plan = stored_plan<furl::plan<Rule, typename policies::numerics>, T, typename policies::formats, typename policies::engine>;
    using parameter = typename plan::template format<0>::element;
    using executor = typename policies::execution::template executor<T>::template bound<plan>;
    using share = typename policies::share;
    using engine = step_runner<plan, T, executor, typename policies::denormals, share>;
    using type = optimizer_data<plan, engine>;
};

}  // namespace detail

/// Runs a rule: owns the states of a list of tensors, and steps them.
///
/// `furl::optimizer<my_rule> opt(n);  opt.step(parameters, gradients);`
///
/// A step is one fused pass over memory (more where the rule has reductions), in place, and allocates nothing.
///
/// @tparam Rule      a struct with a `static constexpr auto update`.
/// @tparam T         the element type: float or double. Per-step values are computed in double and rounded once.
/// @tparam Policies  furl::strict (as written, no contraction), furl::keep_denormals, furl::storage (the formats of the
///                   streams in memory), a matrix engine (furl/matrix/), or an execution policy.
/// Errors:  at compile time if the rule is wrong (docs/errors.md). std::invalid_argument if a call is, before anything is
///          written.
template <class Rule, class T = float, class... Policies>
class optimizer : public detail::optimizer_parts<Rule, T, Policies...>::type,
                  public detail::tensor_steps<optimizer<Rule, T, Policies...>, T, typename detail::optimizer_parts<Rule, T, Policies...>::parameter>,
                  public detail::row_steps<optimizer<Rule, T, Policies...>> {
    using plan = typename detail::optimizer_parts<Rule, T, Policies...>::plan;
    using engine = typename detail::optimizer_parts<Rule, T, Policies...>::engine;
    using share = typename detail::optimizer_parts<Rule, T, Policies...>::share;
    using base = detail::optimizer_data<plan, engine>;
    using typename base::table;
    using base::arguments_, base::states_, base::engine_, base::hypers_, base::steps_;
    using tensor_steps = detail::tensor_steps<optimizer, T, typename detail::optimizer_parts<Rule, T, Policies...>::parameter>;
    using tensor_steps::partial_;

    using read_gradient = const typename plan::template format<1>::element;
    using gradient = std::conditional_t<(plan::program.gradient >= 0), std::remove_const_t<read_gradient>, read_gradient>;

  public:
    using rule = Rule;     ///< the rule that it runs
    using stored = plan;   ///< its plan
    using value_type = T;  ///< the type that it computes in
    using parameter_type = typename plan::template format<0>::element;  ///< the element type of the parameters

    /// Makes an optimizer for one tensor of n elements.
    explicit optimizer(std::size_t n) : optimizer(furl::shape{1, n}) {}

    /// Makes an optimizer for one tensor of this shape.
    explicit optimizer(furl::shape shape) : base({shape}) { reset(); }

    /// Makes an optimizer for a list of tensors of these sizes or shapes: `opt({furl::shape{500, 784}, {1, 500}})`. A size is the
    /// shape of one row.
    explicit optimizer(std::initializer_list<std::size_t> sizes) : base(detail::list_of_shapes(sizes)) { reset(); }
    explicit optimizer(std::initializer_list<furl::shape> shapes) : base(detail::list_of_shapes(shapes)) { reset(); }

    /// Makes an optimizer for a list of tensors, from any range of sizes or shapes.
    template <detail::ExtentList Extents>
    explicit optimizer(const Extents& extents) : base(detail::list_of_shapes(extents)) {
        reset();
    }

    /// Makes an optimizer for these tensors, one or a list. It reads only their sizes, and shapes of matrices that lie row by row.
    ///
    /// Errors:  std::invalid_argument if the rule depends on shapes and a matrix lies column by column.
    template <class Tensors>
        requires(!std::is_void_v<typename detail::element_of<const Tensors>::type> && !detail::ExtentList<Tensors>)
    explicit optimizer(const Tensors& tensors) : base(require_by_rows(tensors) ? detail::list_of_shapes(tensors) : std::vector<furl::shape>()) {
        reset();
    }

    /// Makes an optimizer for a share of tensors, whose states alone it has: see furl::sharded_optimizer.
    explicit optimizer(const share& which)
        requires(!share::is_whole)
        : base(which, which.shapes_here(plan::has_lines || plan::has_matrices)) {
        reset();
    }

    /// Does one step: t becomes t + 1, and parameters and states are updated in place.
    ///
    /// @param parameters  one tensor or a list of tensors, as the optimizer was built for: anything contiguous.
    /// @param gradients   the same, read only (but written by a rule with zero_grad). An empty one says that its tensor has
    ///                    none this time: the tensor and its states stay as they are, and reductions over all tensors
    ///                    leave it out.
    /// @param inputs      `furl::input<"name"> = data` for each further input of the rule, and `furl::step_input<"name"> = number` for
    ///                    each number of the step, such as the loss.
    /// @returns  whether the step was done: false where the rule skipped it (skip_unless) or no tensor has a gradient. Then
    ///           nothing was changed.
    /// Errors:  std::invalid_argument, before anything is written, if a number or size of tensors differs from that of
    ///          construction, an input is missing or unknown, or memory that is written overlaps other memory.
    template <class Parameters, class Gradients, detail::InputBinding... Inputs>
    bool step(Parameters&& parameters, Gradients&& gradients, const Inputs&... inputs) {
        return step(serial{}, std::forward<Parameters>(parameters), std::forward<Gradients>(gradients), inputs...);
    }

    /// Does the same step on several threads, with a runner for its chunks: `opt.step(pool, parameters, gradients)`.
    ///
    /// @param runner      furl::thread_pool, furl::openmp, furl::tbb, or anything that takes runner(chunks, body) and
    ///                    calls body(i) for each i below chunks. It is called once a pass, for all tensors, and not at
    ///                    all where there is too little to do.
    /// @param parameters  as above.
    /// @param gradients   as above.
    /// @param inputs      as above.
    /// The bits are the same with any runner, and without one.
    template <class Runner, class Parameters, class Gradients, detail::InputBinding... Inputs>
        requires ChunkRunner<std::remove_reference_t<Runner>>
    bool step(Runner&& runner, Parameters&& parameters, Gradients&& gradients,
              const Inputs&... inputs) {
        if (!take(std::forward<Parameters>(parameters), std::forward<Gradients>(gradients), inputs...)) return false;
        if (!engine_.run(arguments_.tensors(), hypers_.values(), steps_ + 1, runner)) return false;
        count_step();
        return true;
    }

    /// True if the rule has a reduction over all tensors. Then step_tensor writes no tensor before its last call of a step, which
    /// writes all of them.
    static constexpr bool writes_at_end = detail::reduces_all<detail::plan_of<plan>>;

    /// A step walk by walk: see detail::step_session.
    using session = detail::step_session<optimizer>;

    /// Begins a step walk by walk: takes its arguments, which are lists of tensors and inputs that are named at run time, and
    /// writes nothing to them. Returns whether they fit.
    ///
    /// @param begun       the new session.
    /// @param parameters  as for step().
    /// @param gradients   as for step().
    /// @param inputs      the inputs, by name.
    /// @param numbers     the numbers of the tensors in the list of all, for random numbers; 0, 1, ... if this is empty.
    /// @param total       the elements of all tensors; 0 means those of this optimizer.
    /// @param may_write_gradients  whether the gradients are not const. A rule with zero_grad writes them, so it needs that.
    /// @param some_rows   the tensors whose gradients and inputs have only some rows. The list must exist during the step.
    /// Errors:  as for step().
    bool begin_named(std::optional<session>& begun, std::span<const std::span<parameter_type>> parameters,
                     std::span<const std::span<const parameter_type>> gradients, std::span<const named_data<T>> inputs, std::span<const std::size_t> numbers = {}, std::size_t total = 0, bool may_write_gradients = false,
                     std::span<const detail::named_rows> some_rows = {}) {
        if (!require_writable(may_write_gradients) || !partial_.require_none() || !require_rows_of(some_rows) ||
            !arguments_.take_named(states_.memory(), parameters, gradients, inputs, some_rows))
            return false;
        place_states(arguments_.moved());
        begun.emplace(*this, numbers, total);
        return true;
    }
    /// Begins a step of tensors in their formats, with inputs as for step(); or with the numbers of the tensors, as above.
    template <class Parameters, class Gradients, detail::InputBinding... Inputs>
    bool begin(std::optional<session>& begun, Parameters&& parameters, Gradients&& gradients, const Inputs&... inputs) {
        return take(parameters, gradients, inputs...) && (begun.emplace(*this, std::span<const std::size_t>(), 0), true);
    }
    template <class Parameters, class Gradients>
    bool begin(std::optional<session>& begun, Parameters&& parameters, Gradients&& gradients, std::span<const std::size_t> numbers, std::size_t total) {
        return take(parameters, gradients) && (begun.emplace(*this, numbers, total), true);
    }
    /// Does the same with the arguments of the last step over all tensors, whose memory must still exist. Returns false if a tensor
    /// had no gradient in that step, or if there was none.
    bool begin_again(std::optional<session>& begun, std::span<const std::size_t> numbers = {}, std::size_t total = 0) {
        if (!arguments_.has_all() || partial_.open()) return false;
        place_states(false);
        begun.emplace(*this, numbers, total);
        return true;
    }

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

    /// Does one step over a braced list of tensors: `opt.step({w, b}, {grad_w, grad_b})`.
    template <detail::InputBinding... Inputs>
    bool step(std::initializer_list<std::span<parameter_type>> parameters, std::initializer_list<std::span<gradient>> gradients,
              const Inputs&... inputs) {
        return step(serial{}, parameters, gradients, inputs...);
    }
    template <class Runner, detail::InputBinding... Inputs>
        requires ChunkRunner<std::remove_reference_t<Runner>>
    bool step(Runner&& runner, std::initializer_list<std::span<parameter_type>> parameters,
              std::initializer_list<std::span<gradient>> gradients, const Inputs&... inputs) {
        return step(runner, std::span(parameters.begin(), parameters.size()),
                    std::span(gradients.begin(), gradients.size()), inputs...);
    }

    /// Sets states and step count as after construction; hyperparameters stay.
    void reset() {
        steps_ = 0;
        partial_.end();
        engine_.reset_states();
        states_.reset(this->sizes());
    }

  private:
    friend session;
    friend detail::row_steps<optimizer>;
    friend tensor_steps;

    // Whether matrices have the shapes of the tensors, where the rule depends on them.
    template <class Parameters, class Gradients, detail::InputBinding... Inputs>
    static bool require_rows([[maybe_unused]] std::size_t first, [[maybe_unused]] std::span<const furl::shape> shapes,
                             [[maybe_unused]] Parameters& parameters, [[maybe_unused]] Gradients& gradients,
                             const Inputs&... inputs) {
        if constexpr (plan::has_shape)
            return detail::require_rows("parameters", first, shapes, parameters) && detail::require_rows("gradients", first, shapes, gradients) &&
                   detail::for_each_data([&](std::string_view name, auto& data) { return detail::require_rows(name, first, shapes, data); }, inputs...);
        else return (static_cast<void>(inputs), ..., true);
    }

    // Takes the arguments of a step of all tensors.
    template <class Parameters, class Gradients, detail::InputBinding... Inputs>
    bool take(Parameters&& parameters, Gradients&& gradients, const Inputs&... inputs) {
        if (!require_rows(0, this->shapes(), parameters, gradients, inputs...) || !partial_.require_none() ||
            !arguments_.take(states_.memory(), std::forward<Parameters>(parameters), std::forward<Gradients>(gradients), inputs...))
            return false;
        place_states(arguments_.moved());
        return true;
    }

    // These are for row_steps, once it knows that the rows exist. takes_rows says whether the data of a step of some rows fits.
    template <class Parameters, class Gradients, detail::InputBinding... Inputs>
    bool takes_rows(const detail::named_rows& named, Parameters& parameters, Gradients& gradients, const Inputs&... inputs) {
        const furl::shape some{named.rows.size(), named.length};
        const std::span<const furl::shape> given(&some, 1);
        return partial_.require(named.tensor, this->tensors()) &&
               detail::require_rows("parameters", 0, this->shapes().subspan(named.tensor), parameters) &&
               detail::require_rows("gradients", 0, given, gradients) && detail::for_each_data([&](std::string_view name, auto& data) { return detail::require_rows(name, 0, given, data); }, inputs...) &&
               arguments_.take_rows(named, partial_.open(), states_.memory(), parameters, gradients, inputs...);
    }
    template <class Runner, class Parameters, class Gradients, detail::InputBinding... Inputs>
    bool run_rows(const detail::named_rows& named, Runner& runner, Parameters&& parameters, Gradients&& gradients, const Inputs&... inputs) {
        return takes_rows(named, parameters, gradients, inputs...) &&
               this->run_part(named.tensor, runner, [&](auto& now) { return engine_.run_rows(now, named, runner); });
    }

    // Returns whether the rows of these tensors are whole blocks of the formats; refuses them if not.
    static bool require_rows_of(std::span<const detail::named_rows> some) {
        for (const auto& named : some)
            if (!detail::require_block_rows<plan>(named.length)) return false;
        return true;
    }

    template <class Tensors>
    static bool require_by_rows(const Tensors& tensors) {
        return !plan::has_shape || !detail::lies_by_columns(tensors) ||
               detail::refuse("furl: a matrix lies column by column; the rule has values of rows or columns, so give shapes of the "
                              "memory, which is row by row: furl::shape{rows, columns}");
    }

    static bool require_writable(bool may_write_gradients) {
        if constexpr (std::is_const_v<gradient>) return true;
        else return may_write_gradients || detail::refuse(std::string(detail::const_gradients));
    }

    // To be called before a step; moved says whether any of the data is at another address than in the last one.
    void place_states(bool moved) {
        auto& tensors = arguments_.tensors();
        if (moved) {
            for (std::size_t i = 0; i < tensors.buffers.size(); ++i) states_.place(tensors.buffers[i], i);
            tensors.find_neighbours(arguments_.sizes());
        }
        if constexpr (plan::begins)
            for (std::size_t i = 0; i < tensors.buffers.size(); ++i)
                if (tensors.has_gradient(i)) states_.begin(tensors.buffers[i], i, this->size(i));
    }

    void count_step() {
        if constexpr (plan::begins)
            for (std::size_t i = 0; i < this->tensors(); ++i)
                if (arguments_.tensors().has_gradient(i)) states_.keep(i);
        ++steps_;
    }
};

// This is the optimizer of a rule that is not well formed, or of policies that do not fit.
template <class Rule, class T, class... Policies>
    requires(!detail::can_be_optimizer<Rule, T, Policies...>())
class optimizer<Rule, T, Policies...> : public refused_optimizer<Rule, T, Policies...> {
  public:
    using refused_optimizer<Rule, T, Policies...>::refused_optimizer;
};

/// Without a rule in angle brackets: error E36.
template <class... Anything>
    requires(sizeof...(Anything) != 1 || !(detail::is_optimizer<std::remove_cvref_t<Anything>> || ...))
optimizer(Anything&&...) -> optimizer<detail::no_rule>;

/// Runs the same rule as one loop over memory per operation, as eager tensor libraries do.
template <class Rule, class T = float, class... Policies>
using naive = optimizer<Rule, T, one_loop_per_operation, Policies...>;

/// Runs the same rule as written, one element at a time, in double: the oracle of the tests.
template <class Rule, class T = double, class... Policies>
using reference = optimizer<Rule, T, one_element_at_a_time, Policies...>;

}  // namespace furl
