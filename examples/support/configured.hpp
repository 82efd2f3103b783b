#pragma once

#include <furl/furl.hpp>

#include <limits>

namespace examples {

/// The schedules that a program chooses from at run time.
enum class schedule { constant, linear, cosine, staircase, one_cycle };

/// Any rule with what a training may want around it, in the same rule: clipping by the global norm, warm-up, a schedule
/// and weight decay. Each is a hyperparameter, and off by default: it then changes no bit. Where a program knows what
/// it wants, it writes only that: see language_model.
///
/// Cost:  over the rule's own, one pass that reads the gradient, and a multiplication or two per parameter.
template <class Rule>
struct configured : Rule {
    static constexpr auto clip = furl::hyper<"clip">(std::numeric_limits<double>::infinity());
    static constexpr auto kind = furl::hyper<"schedule">(0);   ///< a schedule, as a number
    static constexpr auto steps = furl::hyper<"steps">(1000);  ///< where it ends
    static constexpr auto warmup = furl::hyper<"warmup">(0);   ///< steps, on top of the schedule
    static constexpr auto decay = furl::hyper<"weight_decay">(0.0);

    static constexpr auto is = [](schedule s) { return kind == static_cast<int>(s); };
    static constexpr auto rate = furl::let<"rate_now">(
        min(1, furl::step / max(warmup, 1)) *
        select(is(schedule::linear), furl::schedules::linear(Rule::lr, 0.0, steps),
               select(is(schedule::cosine), furl::schedules::cosine(Rule::lr, 0.0, steps),
                      select(is(schedule::staircase), furl::schedules::staircase(Rule::lr, 0.1, steps / 3),
                             select(is(schedule::one_cycle), furl::schedules::one_cycle(Rule::lr, steps), Rule::lr)))));

    static constexpr auto decayed = [](auto update) {
        if constexpr (requires { Rule::weight_decay; }) return update;
        else return furl::decoupled_weight_decay(update, Rule::lr, decay);
    };
    static constexpr auto update = furl::replace(
        furl::replace(decayed(Rule::update), furl::grad, furl::clip_by_global_norm(furl::grad, clip)), Rule::lr, rate);
};

}  // namespace examples
