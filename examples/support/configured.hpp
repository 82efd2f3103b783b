#pragma once

#include <furl/furl.hpp>

#include <limits>

namespace examples {

/// The schedules that a program chooses from at run time.
enum class schedule { constant, linear, cosine, staircase, one_cycle };

/// Any rule, with what a training asks of it: weight decay, clipping by global norm, warm-up and a schedule, as one
/// rule. All of it is a matter of hyperparameters, and so of run time; the defaults change nothing.
///
/// A rule with a weight decay of its own keeps that one. The schedules end at `steps`; warm-up comes on top.
template <class Rule>
struct configured : Rule {
    static constexpr auto kind = furl::hyper<"schedule">(0);
    static constexpr auto steps = furl::hyper<"steps">(1000);
    static constexpr auto warmup = furl::hyper<"warmup">(0);
    static constexpr auto clip = furl::hyper<"clip">(std::numeric_limits<double>::infinity());

    static constexpr auto is(schedule s) { return kind == static_cast<int>(s); }

    static constexpr auto rate = [] {
        namespace schedules = furl::schedules;
        constexpr auto lr = Rule::lr;
        return furl::let<"scheduled_lr">(
            min(1, furl::step / max(warmup, 1)) *
            select(is(schedule::linear), schedules::linear(lr, 0.0, steps),
                   select(is(schedule::cosine), schedules::cosine(lr, 0.0, steps),
                          select(is(schedule::staircase), schedules::staircase(lr, 0.1, steps / 3),
                                 select(is(schedule::one_cycle), schedules::one_cycle(lr, steps), lr)))));
    }();

    static constexpr auto decayed = [] {
        if constexpr (requires { Rule::weight_decay; }) return Rule::update;
        else return furl::decoupled_weight_decay(Rule::update, Rule::lr, furl::hyper<"weight_decay">(0));
    }();

    static constexpr auto update =
        furl::replace(furl::replace(decayed, furl::grad, furl::clip_by_global_norm(furl::grad, clip)), Rule::lr, rate);
};

}  // namespace examples
