#include "zoo/golden.hpp"
#include "zoo/traffic.hpp"

#include <furl/zoo/schedule_free.hpp>

using namespace furl;
using namespace furl::tests;

static_assert(traffic_of<zoo::schedule_free_sgd> == traffic{.passes = 1, .loads = 3, .stores = 2, .states = 1});
static_assert(traffic_of<zoo::schedule_free_adamw> == traffic{.passes = 1, .loads = 4, .stores = 3, .states = 2});
static_assert(traffic_of<zoo::schedule_free_radam> == traffic{.passes = 1, .loads = 4, .stores = 3, .states = 2});

namespace {

/// The rule, and its average as an output of each step.
template <class Rule>
struct averaged : Rule {
    static constexpr auto x = state<"x">(0.0, [](auto) { return Rule::average; });
    static constexpr auto update = with(Rule::update, x);
};

template <class Rule>
void average_follows(const std::string& name) {
    CAPTURE(name);
    const auto& all = golden("paper.txt");
    const auto& run = all.runs.at(name);
    const auto& path = run.tracks.at("x");
    optimizer<averaged<Rule>, double> opt(all.start.size());
    for (const auto& [key, value] : run.hyperparameters) opt.set(key, value);
    std::vector<double> largest(all.start.size());
    for (const auto& row : path)
        for (std::size_t i = 0; i < row.size(); ++i) largest[i] = std::max(largest[i], std::fabs(row[i]));
    auto parameters = all.start;
    double worst = 0;
    for (std::size_t t = 0; t < path.size(); ++t) {
        opt.step(parameters, all.streams.at("grad")[t]);
        const auto x = opt.state(averaged<Rule>::x);
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double error = std::fabs(x[i] - path[t][i]);
            if (error > 0) worst = std::max(worst, error / largest[i]);
        }
    }
    CHECK(worst <= 1e-12);
}

}  // namespace

TEST_CASE("schedule-free methods follow their authors") {
    follows<zoo::schedule_free_sgd>("paper.txt", "schedule_free_sgd");
    follows<zoo::schedule_free_sgd>("paper.txt", "schedule_free_sgd_other");
    follows<zoo::schedule_free_sgd>("paper.txt", "schedule_free_sgd_warmup");
    follows<zoo::schedule_free_adamw>("paper.txt", "schedule_free_adamw");
    follows<zoo::schedule_free_adamw>("paper.txt", "schedule_free_adamw_other");
    follows<zoo::schedule_free_adamw>("paper.txt", "schedule_free_adamw_warmup");
    follows<zoo::schedule_free_radam>("paper.txt", "schedule_free_radam");
    follows<zoo::schedule_free_radam>("paper.txt", "schedule_free_radam_other");
    follows<zoo::schedule_free_radam>("paper.txt", "schedule_free_radam_late");
}

TEST_CASE("so does what schedule-free methods evaluate") {
    average_follows<zoo::schedule_free_sgd>("schedule_free_sgd");
    average_follows<zoo::schedule_free_sgd>("schedule_free_sgd_other");
    average_follows<zoo::schedule_free_sgd>("schedule_free_sgd_warmup");
    average_follows<zoo::schedule_free_adamw>("schedule_free_adamw");
    average_follows<zoo::schedule_free_radam>("schedule_free_radam");
    average_follows<zoo::schedule_free_radam>("schedule_free_radam_other");
    average_follows<zoo::schedule_free_adamw>("schedule_free_adamw_other");
    average_follows<zoo::schedule_free_adamw>("schedule_free_adamw_warmup");
}

TEST_CASE("a schedule-free step with a learning rate of 0 changes nothing") {
    optimizer<zoo::schedule_free_sgd, double> opt(3);
    opt[zoo::schedule_free_sgd::lr] = 0;
    std::vector<double> parameters{1, -2, 0.5};
    const auto before = parameters;
    for (int t = 0; t < 3; ++t) opt.step(parameters, std::vector<double>{1, 2, 3});
    CHECK(parameters == before);
}
