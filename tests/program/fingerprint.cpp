#include <furl/blocks/lookahead.hpp>
#include <furl/furl.hpp>
#include <furl/zoo/dowg.hpp>
#include <furl/zoo/sgd.hpp>
#include <furl/zoo/sgd_momentum.hpp>

#include <doctest/doctest.h>

using namespace furl;

namespace {

struct rule {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto m = ema<"m">(grad, 0.9);
    static constexpr auto update = param - let<"step">(lr * m);
};

struct other_name_and_default {
    static constexpr auto update = param - let<"move">(hyper<"lr">(0.5) * ema<"m">(grad, 0.9));
};

struct other_constant {
    static constexpr auto update = param - rule::lr * ema<"m">(grad, 0.99);
};

struct other_state_name {
    static constexpr auto update = param - rule::lr * ema<"n">(grad, 0.9);
};

struct other_hyperparameter {
    static constexpr auto update = param - hyper<"rate">(0.1) * rule::m;
};

struct one_more_state {
    static constexpr auto update = with(rule::update, accumulate<"sum">(grad));
};

struct guarded {
    static constexpr auto update = skip_nonfinite(rule::update);
};

struct ahead {
    static constexpr auto update = lookahead(zoo::sgd::update, 5, 0.5);
};

struct turned {
    static constexpr auto update = rule::lr * rule::m - param;
};

}  // namespace

TEST_CASE("a fingerprint is that of what a rule computes, not of its name, lets and defaults") {
    static_assert(fingerprint<rule> == fingerprint<other_name_and_default>);
    static_assert(fingerprint<rule> != fingerprint<other_constant>);
    static_assert(fingerprint<rule> != fingerprint<other_state_name>);
    static_assert(fingerprint<rule> != fingerprint<other_hyperparameter>);
    static_assert(fingerprint<rule> != fingerprint<one_more_state>);
    static_assert(fingerprint<rule> != fingerprint<guarded>);
    static_assert(fingerprint<rule> != fingerprint<turned>);
}

TEST_CASE("a fingerprint stays: checkpoints are told by it") {
    CHECK(fingerprint<rule> == 5743343630265541702);
    // These said `step == 1` where they say first_step now.
    CHECK(fingerprint<ahead> == 1242431351961316470);
    CHECK(fingerprint<zoo::sgd_momentum> == 10203509146474118175u);
    CHECK(fingerprint<zoo::dowg> == 6777359048870618832);  // a state of the step that starts from a hyperparameter, and one made of it
}
