// A learning rate for each schedule, in a plain gradient descent.
#include "block_pages.hpp"
#include "facts_of.hpp"

#include <furl/furl.hpp>
#include <furl/zoo/sgd.hpp>

// The regions are shown as they stand.
// clang-format off
namespace docs::example {

using namespace furl;

// [constant]
struct constant { static constexpr auto lr = schedules::constant(hyper<"lr">(0.1)); };
// [constant]

// [linear]
struct linear { static constexpr auto lr = schedules::linear(hyper<"lr">(0.1), 0.01, 80); };
// [linear]

// [polynomial]
struct polynomial { static constexpr auto lr = schedules::polynomial(hyper<"lr">(0.1), 0.0, 100, 2); };
// [polynomial]

// [exponential]
struct exponential { static constexpr auto lr = schedules::exponential(hyper<"lr">(0.1), 0.97); };
// [exponential]

// [staircase]
struct staircase { static constexpr auto lr = schedules::staircase(hyper<"lr">(0.1), 0.5, 25); };
// [staircase]

// [cosine]
struct cosine { static constexpr auto lr = schedules::cosine(hyper<"lr">(0.1), 0.001, 90); };
// [cosine]

// [cosine_wave]
struct cosine_wave { static constexpr auto lr = schedules::cosine_wave(hyper<"lr">(0.1), 0.001, 30); };
// [cosine_wave]

// [inverse_sqrt]
struct inverse_sqrt { static constexpr auto lr = schedules::inverse_sqrt(hyper<"lr">(0.1), 15); };
// [inverse_sqrt]

// [one_cycle]
struct one_cycle { static constexpr auto lr = schedules::one_cycle(hyper<"lr">(0.1), 100); };
// [one_cycle]

// [one_cycle_linear]
struct one_cycle_linear { static constexpr auto lr = schedules::one_cycle_linear(hyper<"lr">(0.1), 100); };
// [one_cycle_linear]

// [one_cycle_three_phase]
struct one_cycle_three_phase { static constexpr auto lr = schedules::one_cycle_three_phase(hyper<"lr">(0.1), 100); };
// [one_cycle_three_phase]

// [one_cycle_three_phase_linear]
struct one_cycle_three_phase_linear {
    static constexpr auto lr = schedules::one_cycle_three_phase_linear(hyper<"lr">(0.1), 100);
};
// [one_cycle_three_phase_linear]

// [one_cycle_momentum]
// In the place of a learning rate, to be drawn as the others are.
struct one_cycle_momentum { static constexpr auto lr = schedules::one_cycle_momentum(100); };
// [one_cycle_momentum]

// [one_cycle_three_phase_momentum]
struct one_cycle_three_phase_momentum { static constexpr auto lr = schedules::one_cycle_three_phase_momentum(100); };
// [one_cycle_three_phase_momentum]

// [triangular]
struct triangular { static constexpr auto lr = schedules::triangular(0.01, hyper<"lr">(0.1), 10, 25); };
// [triangular]

// [triangular2]
struct triangular2 { static constexpr auto lr = schedules::triangular2(0.01, hyper<"lr">(0.1), 15); };
// [triangular2]

// [exp_range]
struct exp_range { static constexpr auto lr = schedules::exp_range(0.01, hyper<"lr">(0.1), 0.98, 15); };
// [exp_range]

// [cosine_restarts]
struct cosine_restarts { static constexpr auto lr = schedules::cosine_restarts(hyper<"lr">(0.1), 0.0, 14, 2); };
// [cosine_restarts]

// [join]
struct join { static constexpr auto lr = schedules::join(0.02, 20, schedules::cosine(hyper<"lr">(0.1), 0.0, 80)); };
// [join]

// [linear_warmup]
struct linear_warmup {
    static constexpr auto peak = hyper<"lr">(0.1);
    static constexpr auto lr = schedules::linear_warmup(peak, 20, schedules::cosine(peak, 0.0, 80));
};
// [linear_warmup]

// [piecewise_constant]
struct piecewise_constant { static constexpr auto lr = schedules::piecewise_constant(0.1, 40, 0.03, 80, 0.01); };
// [piecewise_constant]

// [piecewise_interpolated]
struct piecewise_interpolated {
    static constexpr auto lr = schedules::piecewise_interpolated(0.0, 20, 0.1, 60, 0.04, 100, 0.0);
};
// [piecewise_interpolated]

// [piecewise_cosine]
struct piecewise_cosine { static constexpr auto lr = schedules::piecewise_cosine(0.0, 20, 0.1, 60, 0.04, 100, 0.0); };
// [piecewise_cosine]

// [warmup_stable_decay]
struct warmup_stable_decay { static constexpr auto lr = schedules::warmup_stable_decay(hyper<"lr">(0.1), 15, 55, 30); };
// [warmup_stable_decay]

// [swa_annealing]
struct swa_annealing {
    static constexpr auto lr = schedules::swa_annealing(schedules::exponential(hyper<"lr">(0.1), 0.98), 50, 0.06, 20);
};
// [swa_annealing]

// [swa_annealing_linear]
struct swa_annealing_linear {
    static constexpr auto lr = schedules::swa_annealing_linear(schedules::exponential(hyper<"lr">(0.1), 0.98), 50, 0.06, 20);
};
// [swa_annealing_linear]

template <class Schedule>
struct descent {
    static constexpr auto update = param - Schedule::lr * grad;
};

}  // namespace docs::example
// clang-format on

namespace docs {

// The values of a schedule: what a plain descent moves by on a slope of -1.
template <class Schedule>
std::vector<double> curve_of(int steps) {
    furl::reference<example::descent<Schedule>> descent(1);
    std::vector<double> values, parameter{0}, gradient{-1};
    for (int t = 0; t < steps; ++t) {
        const double before = parameter[0];
        descent.step(parameter, gradient);
        values.push_back(parameter[0] - before);
    }
    return values;
}

void append_schedule_examples(std::vector<block_example>& list) {
    const auto append = [&]<class Schedule>(const std::string& name) {
        list.push_back({"schedules::" + name, name, facts_of<example::descent<Schedule>>(), facts_of<furl::zoo::sgd>(),
                        curve_of<Schedule>(110)});
    };
#define FURL_DOCS_SCHEDULE(name) append.template operator()<example::name>(#name)
    FURL_DOCS_SCHEDULE(constant);
    FURL_DOCS_SCHEDULE(linear);
    FURL_DOCS_SCHEDULE(polynomial);
    FURL_DOCS_SCHEDULE(exponential);
    FURL_DOCS_SCHEDULE(staircase);
    FURL_DOCS_SCHEDULE(cosine);
    FURL_DOCS_SCHEDULE(cosine_wave);
    FURL_DOCS_SCHEDULE(inverse_sqrt);
    FURL_DOCS_SCHEDULE(one_cycle);
    FURL_DOCS_SCHEDULE(one_cycle_linear);
    FURL_DOCS_SCHEDULE(one_cycle_three_phase);
    FURL_DOCS_SCHEDULE(one_cycle_three_phase_linear);
    FURL_DOCS_SCHEDULE(one_cycle_momentum);
    FURL_DOCS_SCHEDULE(one_cycle_three_phase_momentum);
    FURL_DOCS_SCHEDULE(triangular);
    FURL_DOCS_SCHEDULE(triangular2);
    FURL_DOCS_SCHEDULE(exp_range);
    FURL_DOCS_SCHEDULE(cosine_restarts);
    FURL_DOCS_SCHEDULE(join);
    FURL_DOCS_SCHEDULE(linear_warmup);
    FURL_DOCS_SCHEDULE(piecewise_constant);
    FURL_DOCS_SCHEDULE(piecewise_interpolated);
    FURL_DOCS_SCHEDULE(piecewise_cosine);
    FURL_DOCS_SCHEDULE(warmup_stable_decay);
    FURL_DOCS_SCHEDULE(swa_annealing);
    FURL_DOCS_SCHEDULE(swa_annealing_linear);
#undef FURL_DOCS_SCHEDULE
}

}  // namespace docs
