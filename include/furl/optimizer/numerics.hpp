#pragma once

#include <furl/formats/format_facts.hpp>
#include <furl/optimizer/refused.hpp>
#include <furl/print/numerics.hpp>

#include <type_traits>
#include <utility>

namespace FURL_NAMESPACE {

template <class Rule, class T, class... Policies>
class optimizer;

namespace detail {

/// The formats of an optimizer, as numbers.
template <class Rule, class T, class... Policies>
constexpr kept_formats formats_of() {
    using policies = policies_of<Rule, T, Policies...>;
    using stored = stored_plan<plan<Rule, typename policies::numerics>, T, typename policies::formats>;
    constexpr bool flushes = std::is_same_v<typename policies::denormals, flush_denormals>;
    auto formats = kept_as_computed<T>(flushes);
    [&]<std::size_t... K>(std::index_sequence<K...>) {
        const number_facts streams[]{format_facts<typename stored::template format<K>>::of(flushes)...};
        formats.param = streams[0];
        std::size_t stream = stored::first_state;
        for (std::size_t i = 0; i < stored::program.states.size(); ++i)
            if (stored::program.states[i].where == domain::element) formats.states[i] = streams[stream++];
    }(std::make_index_sequence<stored::stream_count>{});
    return formats;
}

template <class Rule, class T, class... Policies>
constexpr bool has_numerics() {
    if constexpr (!well_formed<Rule, T> || !policies_fit<Policies...>()) return false;
    else return policies_of<Rule, T, Policies...>::fault == storage_fault::none;
}

template <class Rule, class T, class... Policies>
constexpr numerics_report numerics_of_rule(const expected_run& run) {
    if constexpr (has_numerics<Rule, T, Policies...>()) {
        return numerics_of(stages<Rule>::written, formats_of<Rule, T, Policies...>(), run);
    } else {
        [[maybe_unused]] constexpr typename decltype(diagnosis_of<Rule, T, Policies...>())::type report{};
        return numerics_report{};
    }
}

// Whether the element type comes first; else it is float.
template <class... TAndPolicies>
inline constexpr bool begins_with_type = false;
template <class T, class... Policies>
    requires(!Policy<T>)
inline constexpr bool begins_with_type<T, Policies...> = true;

template <class Rule, class T, class... Policies>
numerics_report numerics_of_optimizer(const optimizer<Rule, T, Policies...>& opt, const expected_run& run) {
    if constexpr (has_numerics<Rule, T, Policies...>())
        return numerics_of(stages<Rule>::written, opt.hyperparameter_span(), formats_of<Rule, T, Policies...>(), run);
    else return numerics_report{};  // the optimizer reports what is wrong
}

}  // namespace detail

/// What the formats of numbers do to a rule: which averages no longer decay, which squares underflow or overflow, which constants and
/// steps are lost. The answer is from the rule's program and the values of hyperparameters, so rules of your own get it as well.
///
/// `furl::numerics<my_rule, furl::storage<furl::states_as<furl::bfloat16>>>()`
///
/// @tparam Rule          the rule.
/// @tparam TAndPolicies  what stands behind the rule in furl::optimizer; the element type may be left out if it is float.
/// @param  run           the sizes of gradients that states must be right for, and the step at which schedules are taken: at the
///                       end of a schedule, a step of almost 0 counts as lost. A step is judged for the gradient in the middle of
///                       that range (the root of the product of its ends).
/// @returns  the report for hyperparameters with their defaults; a constant, if it is asked for in a constant expression. For the
///           largest rules that is more work than compilers allow.
///
/// It estimates sizes, for gradients of one size, and sees no cancellation: a difference counts as a sum. A parameter and an input count
/// as 1, a reduction is over one value, and the result of a function of matrices is 1; a step whose length depends on an input or such
/// a function is not judged. Nor is the decay of a state whose recurrence is not linear in its old value, such as a maximum, nor what
/// the caller keeps: gradients and inputs. Values of tensors and of the step are kept in double, so there are no warnings about them.
template <class Rule, class... TAndPolicies>
constexpr numerics_report numerics(const expected_run& run = {}) {
    if constexpr (detail::begins_with_type<TAndPolicies...>) return detail::numerics_of_rule<Rule, TAndPolicies...>(run);
    else return detail::numerics_of_rule<Rule, float, TAndPolicies...>(run);
}

/// The same for an optimizer, with its policies and the present values of its hyperparameters: `furl::numerics(opt)`. Of a
/// hyperparameter of each tensor it takes the default. It is no member, so that who includes only furl/optimizer.hpp need not compile it.
template <class Optimizer>
    requires requires(const Optimizer& opt, const expected_run& run) { detail::numerics_of_optimizer(opt, run); }
numerics_report numerics(const Optimizer& opt, const expected_run& run = {}) {
    return detail::numerics_of_optimizer(opt, run);
}

}  // namespace furl
