#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>
#include <furl/optimizer.hpp>
#include <furl/print/describe.hpp>
#include <furl/print/text.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/sophia.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace rules {

using namespace furl;

// It has one of each fact.
struct of_everything {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto n = let<"n">(global(norm(grad)));
    static constexpr auto first = state<"first">(param, [](auto old) { return 1.0 * old; });
    static constexpr auto scale = ema<"scale">(norm(grad), 0.9);
    static constexpr auto decay = per_tensor<"decay">(0.01);
    static constexpr auto update = zero_grad(skip_unless(
        n < 1e6, param - lr * (grad / scale + decay * (param - first) + input<"noise"> * random(1.0, 0) / global(count))));
};

}  // namespace rules

namespace {

bool are(std::span<const std::string_view> names, std::initializer_list<std::string_view> wanted) {
    return std::ranges::equal(names, wanted);
}

template <class Rule>
std::vector<std::string_view> state_names() {
    std::vector<std::string_view> names;
    for (const auto& s : furl::describe<Rule>().states) names.push_back(s.name);
    return names;
}

}  // namespace

TEST_CASE("describe tells each fact of a rule") {
    constexpr const auto& d = furl::describe<rules::of_everything>();
    CHECK(d.rule == "rules::of_everything");
    CHECK(d.fingerprint == furl::fingerprint<rules::of_everything>);
    CHECK(are(d.hyperparameters, {"lr"}));
    CHECK(std::ranges::equal(d.defaults, std::initializer_list<double>{0.1}));
    CHECK(are(d.tensor_hyperparameters, {"decay"}));
    CHECK(are(d.inputs, {"noise"}));
    CHECK(are(d.values, {"n"}));
    static_assert(d.may_skip && d.writes_gradients && d.reduces_all && d.counts_all && d.draws_random_numbers);
    static_assert(d.joins_rows == "a reduction over the tensor" && furl::describe<furl::zoo::adamw>().joins_rows.empty());
    static_assert(d.passes == 2 && d.traffic.size() == 2 && d.cost == furl::cost<rules::of_everything>);
    CHECK(are(d.traffic[0].reads, {"grad"}));
    CHECK(d.traffic[0].writes.empty());
    CHECK(are(d.traffic[1].writes, {"param", "grad", "first"}));
    CHECK(furl::guard_text<rules::of_everything>() == "n < 1e+06");
}

TEST_CASE("describe has few facts of a plain rule") {
    constexpr const auto& d = furl::describe<furl::zoo::adamw, double>();
    static_assert(!d.may_skip && !d.writes_gradients && !d.reduces_all && !d.counts_all && !d.draws_random_numbers);
    static_assert(d.passes == 1 && d.reductions.empty() && d.values.empty() && d.inputs.empty());
    static_assert(d.bytes_per_parameter == 56 && d.states[0].type == furl::element_type::float64);
    CHECK(furl::guard_text<furl::zoo::adamw>() == "");
}

TEST_CASE("describe lists the states that the rule names in the order of explain, and then the one that furl adds") {
    const auto names = state_names<rules::of_everything>();
    REQUIRE(names.size() == 4);
    CHECK(names.back() == "furl.started");
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto& s = furl::describe<rules::of_everything>().states[i];
        if (s.name == "first") CHECK((s.where == furl::domain::element && furl::initial_text<rules::of_everything>(i) == "param"));
        if (s.name == "scale") CHECK((s.where == furl::domain::tensor && furl::initial_text<rules::of_everything>(i) == "0"));
        if (s.name == "decay") CHECK((s.role == furl::state_role::hyperparameter && furl::initial_text<rules::of_everything>(i) == "0.01"));
    }
}

TEST_CASE("an optimizer's info is what describe says, and how its states are stored") {
    using halves = furl::optimizer<furl::zoo::adamw, float, furl::storage<furl::state_as<"v", furl::bfloat16>>>;
    const auto &said = furl::describe<furl::zoo::adamw>(), &kept = halves::info();
    CHECK(kept.fingerprint == said.fingerprint);
    CHECK(kept.hyperparameters.data() == said.hyperparameters.data());
    CHECK(kept.cost.loads == said.cost.loads);
    CHECK(said.states[1].type == furl::element_type::float32);
    CHECK(kept.states[1].type == furl::element_type::bfloat16);
    CHECK(kept.bytes_per_parameter == said.bytes_per_parameter - 4);
}
