#pragma once

#include <furl/furl.hpp>

#include <array>

namespace examples {

/// The schedules that a program chooses from at run time.
enum class schedule { constant, linear, cosine, staircase, one_cycle };

/// furl's schedules, chosen at run time, for optimizers whose rule is not known before: a rule that changes nothing but
/// a state of one value per step. Where the rule is known, the schedule belongs in the rule: see language_model.
///
/// @param lr      the learning rate at its highest; `steps` is where the schedule ends; warm-up comes on top.
class learning_rate {
  public:
    learning_rate(schedule kind, double lr, double steps, double warmup, std::int64_t done = 0) {
        opt_[rule::kind] = static_cast<double>(kind);
        opt_[rule::lr] = lr;
        opt_[rule::steps] = steps;
        opt_[rule::warmup] = warmup;
        opt_.set_step_count(done);
    }

    /// The learning rate of the next step.
    double next() {
        std::array<double, 1> nothing{}, gradient{};
        opt_.step(nothing, gradient);
        return opt_.scalar_state("rate", 0);
    }

  private:
    struct rule {
        static constexpr auto kind = furl::hyper<"schedule">(0);
        static constexpr auto lr = furl::hyper<"lr">(1e-3);
        static constexpr auto steps = furl::hyper<"steps">(1000);
        static constexpr auto warmup = furl::hyper<"warmup">(0);

        static constexpr auto is = [](schedule s) { return kind == static_cast<int>(s); };
        static constexpr auto scheduled =
            select(is(schedule::linear), furl::schedules::linear(lr, 0.0, steps),
                   select(is(schedule::cosine), furl::schedules::cosine(lr, 0.0, steps),
                          select(is(schedule::staircase), furl::schedules::staircase(lr, 0.1, steps / 3),
                                 select(is(schedule::one_cycle), furl::schedules::one_cycle(lr, steps), lr))));
        static constexpr auto rate =
            furl::state<"rate">(0.0, [](auto) { return min(1, furl::step / max(warmup, 1)) * scheduled; });

        static constexpr auto update = furl::with(furl::param, rate);
    };
    furl::optimizer<rule, double> opt_{1};
};

}  // namespace examples
