#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>
#include <furl/program/cost.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/lamb.hpp>
#include <furl/zoo/schedule_free.hpp>
#include <furl/zoo/sgd_momentum.hpp>

#include <support/messages.hpp>
#include <support/paths.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <vector>

// Rules whose step goes to the caller, who adds it to the parameters.
using namespace furl;
using namespace furl::tests;

namespace {

template <auto Make>
struct modified {
    static constexpr auto update = Make();
};

template <class Rule>
struct stepping {
    static constexpr auto update = as_step(Rule::update);
};

// The parameters of a caller, and an optimizer that gives steps.
template <class Rule, class T = double, class... Policies>
struct caller {
    tensors<T> parameters = two_tensors<T>(99), change = two_tensors<T>(7);
    optimizer<stepping<Rule>, T, Policies...> opt{std::vector<std::size_t>{21, 3}};

    // The gradients are const, but for a rule that zeroes them.
    bool ask(auto& gradients) { return opt.step(change, gradients, input<"param"> = std::as_const(parameters)); }

    void add() {
        for (std::size_t i = 0; i < parameters.size(); ++i)
            for (std::size_t j = 0; j < parameters[i].size(); ++j) parameters[i][j] += change[i][j];
    }
};

template <class T>
double farthest(const tensors<T>& a, const tensors<T>& b) {
    double result = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t j = 0; j < a[i].size(); ++j)
            result = std::max(result, std::fabs(static_cast<double>(a[i][j] - b[i][j])) / (1 + std::fabs(static_cast<double>(b[i][j]))));
    return result;
}

// The direction of adam, kept.
struct adam_kept : zoo::adam {
    static constexpr auto update = with(zoo::adam::update, state<"d">(0.0, [](auto) { return direction; }));
};

using averaged = modified<[] { return weight_ema(zoo::adamw::update, 0.9); }>;
using accumulated = modified<[] { return decoupled_weight_decay(accumulate_gradients(zoo::sgd_momentum::update, 3), 0.1, 0.5); }>;
using guarded = modified<[] { return skip_nonfinite(zero_grad(zoo::adam::update)); }>;
using ahead = modified<[] { return lookahead(zoo::adam::update, 3, 0.5); }>;
using cautiously = modified<[] { return cautious_weight_decay(let<"u">(0.1 * grad * -1 + param), 0.1, 0.5); }>;
using proximal = modified<[] { return proximal_weight_decay(weight_ema(zoo::sgd_momentum::update, 0.9), 0.1, 0.5); }>;

// Where the step does not need the parameter, none is loaded.
static_assert(cost<stepping<zoo::adam>>.bytes_per_parameter == cost<zoo::adam>.bytes_per_parameter - 4);
static_assert(cost<stepping<zoo::adamw>>.bytes_per_parameter == cost<zoo::adamw>.bytes_per_parameter);
static_assert(cost<stepping<zoo::adamw>>.stores == cost<zoo::adamw>.stores);

template <class Rule>
double distance_of_paths() {
    run_of<Rule, double> whole;
    caller<Rule> parts;
    double result = 0;
    for (const auto& gradients : gradient_history<double>(12)) {
        whole.step(gradients);
        const auto before = parts.parameters;
        CHECK(parts.ask(gradients));
        CHECK(parts.parameters == before);
        parts.add();
        result = std::max(result, farthest(parts.parameters, whole.parameters));
        for (const auto name : decltype(whole.opt)::states())
            for (std::size_t i = 0; i < 2; ++i) {
                const auto a = parts.opt.read_state(name, i), b = whole.opt.read_state(name, i);
                result = std::max(result, farthest<double>({a}, {b}));
            }
    }
    return result;
}

}  // namespace

TEST_CASE("parameters plus steps are the parameters of the rule, and its states are the same") {
    constexpr double rounding = 1e-14;
    CHECK(distance_of_paths<zoo::adam>() < rounding);
    CHECK(distance_of_paths<zoo::adamw>() < rounding);
    CHECK(distance_of_paths<zoo::sgd_momentum>() < rounding);
    CHECK(distance_of_paths<zoo::lamb>() < rounding);
    CHECK(distance_of_paths<zoo::schedule_free_sgd>() < rounding);
    CHECK(distance_of_paths<averaged>() < rounding);
    CHECK(distance_of_paths<accumulated>() < rounding);
    CHECK(distance_of_paths<ahead>() < rounding);
    CHECK(distance_of_paths<cautiously>() < rounding);
    CHECK(distance_of_paths<proximal>() < rounding);
}

TEST_CASE("a step is not rounded to the unit of the parameter") {
    caller<adam_kept, float> kept;
    caller<zoo::adamw, float> decayed;
    kept.opt.set("lr", 1e-4);
    decayed.opt.set("lr", 1e-4);
    for (auto& x : kept.parameters[0]) x = 16384;
    for (auto& x : decayed.parameters[0]) x = 16384;
    for (const auto& gradients : gradient_history<float>(3)) {
        CHECK(kept.ask(gradients));
        CHECK(decayed.ask(gradients));
        const auto d = kept.opt.state("d", 0);
        for (std::size_t j = 0; j < d.size(); ++j) {
            CHECK(kept.change[0][j] == -(1e-4F * d[j]));
            // Decay is 1e-4 * 0.01 * 2^14; the unit of the parameter is 2^-9.
            const double expected = -1e-6 * 16384 - 1e-4 * static_cast<double>(d[j]);
            CHECK(std::fabs(static_cast<double>(decayed.change[0][j]) - expected) < 1e-6 * std::fabs(expected));
        }
    }
}

TEST_CASE("while gradients are accumulated the step is 0") {
    caller<modified<[] { return accumulate_gradients(zoo::sgd_momentum::update, 3); }>, float> run;
    int t = 0;
    for (const auto& gradients : gradient_history<float>(7)) {
        run.ask(gradients);
        for (const auto& tensor : run.change)
            for (const float x : tensor) CHECK((x == 0) == (++t, run.opt.step_count() % 3 != 0));
    }
    CHECK(t == 7 * 24);
}

TEST_CASE("a step that is skipped leaves the last one where it was") {
    caller<guarded> run;
    auto gradients = two_tensors<double>(3);
    CHECK(run.ask(gradients));
    CHECK(gradients[1] == std::vector<double>(3));
    const auto change = run.change;
    gradients[1][2] = std::numeric_limits<double>::infinity();
    CHECK_FALSE(run.ask(gradients));
    CHECK(run.change == change);
    CHECK(run.opt.step_count() == 1);
}

TEST_CASE("the parameters of a step are an input like others") {
    caller<zoo::adam> run;
    const auto gradients = two_tensors<double>(3);
    const auto change = run.change;
    CHECK(message_of([&] { run.opt.step(run.change, gradients); }).find("input 'param' is missing") != std::string::npos);
    CHECK(message_of([&] { run.opt.step(run.change, gradients, input<"param"> = run.change); }).find("overlap") != std::string::npos);
    CHECK(run.change == change);
}
