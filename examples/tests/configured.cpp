#include "support/configured.hpp"

#include <furl/zoo/adam.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/nesterov.hpp>

#include <doctest/doctest.h>

#include <vector>

namespace {

using examples::configured;
using furl::zoo::adam;

/// The parameters after some steps, of gradients that are the same for all.
template <class Rule>
std::vector<float> path(auto... settings) {
    furl::optimizer<Rule> opt(3);
    (opt.set(settings.first, settings.second), ...);
    std::vector<float> w{1, -2, 3};
    for (int t = 1; t <= 20; ++t) opt.step(w, std::vector<float>{0.1F * static_cast<float>(t), -1, 2});
    return w;
}

struct cosine_adam : adam {
    static constexpr auto update = furl::param - furl::schedules::cosine(lr, 0.0, 15) * direction;
};

struct clipped_nesterov : furl::zoo::nesterov {
    static constexpr auto update =
        furl::replace(furl::zoo::nesterov::update, furl::grad, furl::clip_by_global_norm(furl::grad, 0.5));
};

using setting = std::pair<const char*, double>;

TEST_CASE("a configured rule with its defaults is the rule, to the bit") {
    CHECK(path<configured<adam>>() == path<adam>());
    CHECK(path<configured<furl::zoo::adamw>>() == path<furl::zoo::adamw>());
    CHECK(path<configured<furl::zoo::nesterov>>() == path<furl::zoo::nesterov>());
}

TEST_CASE("a configured rule does what its settings say") {
    const auto close = [](const std::vector<float>& a, const std::vector<float>& b) {
        for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-5));
    };
    close(path<configured<adam>>(setting("schedule", 2), setting("steps", 15)), path<cosine_adam>());
    close(path<configured<furl::zoo::nesterov>>(setting("clip", 0.5)), path<clipped_nesterov>());
    close(path<configured<adam>>(setting("weight_decay", 0.3)),
          path<furl::zoo::adamw>(setting("weight_decay", 0.3)));  // decoupled, as AdamW's
    close(path<configured<furl::zoo::adamw>>(setting("weight_decay", 0.3)),
          path<furl::zoo::adamw>(setting("weight_decay", 0.3)));  // its own, and no second one
}

TEST_CASE("warm-up makes the first steps short") {
    const auto first = [](double warmup) {
        furl::optimizer<configured<adam>> opt(1);
        opt.set("warmup", warmup);
        std::vector<float> w{1};
        opt.step(w, std::vector<float>{1});
        return 1 - w[0];
    };
    CHECK(first(0) == doctest::Approx(1e-3).epsilon(1e-3));
    CHECK(first(10) == doctest::Approx(1e-4).epsilon(1e-3));
}

}  // namespace
