#include <furl/control/reduce_on_plateau.hpp>
#include <furl/optimizer.hpp>
#include <furl/zoo/sgd.hpp>

#include <support/golden_schedules.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>
#include <vector>

using furl::reduce_on_plateau;
using better = reduce_on_plateau::better;
using kind = reduce_on_plateau::threshold_kind;

namespace {

reduce_on_plateau::settings settings_of(const std::map<std::string, std::string>& golden) {
    const auto number = [&](const char* name) { return std::stod(golden.at(name)); };
    reduce_on_plateau::settings s;
    s.mode = golden.at("mode") == "min" ? better::smaller : better::larger;
    s.factor = number("factor");
    s.patience = static_cast<int>(number("patience"));
    s.threshold = number("threshold");
    s.kind = golden.at("threshold_mode") == "rel" ? kind::relative : kind::absolute;
    s.cooldown = static_cast<int>(number("cooldown"));
    s.floor = number("min_lr");
    s.eps = number("eps");
    return s;
}

}  // namespace

TEST_CASE("a plateau is PyTorch's, metric by metric and to the bit") {
    int runs = 0;
    for (const auto& run : furl::tests::golden_schedules()) {
        const auto& name = run.first;
        const auto& golden = run.second;
        if (!name.starts_with("plateau ")) continue;
        CAPTURE(name);
        reduce_on_plateau plateau(settings_of(golden.settings));
        double value = 1;
        std::vector<double> values;
        for (const double metric : golden.rows.at(0)) {
            const double before = value;
            const bool reduced = plateau.step(metric, value);
            CHECK(reduced == (value < before));
            values.push_back(value);
        }
        CHECK(values == golden.rows.at(1));
        CHECK((name == "plateau default" || values.back() < 1));  // it did something
        ++runs;
    }
    CHECK(runs == 13);
}

TEST_CASE("a plateau lowers the learning rate of an optimizer, by symbol or by name") {
    furl::optimizer<furl::zoo::sgd> opt(1);
    opt[furl::zoo::sgd::lr] = 0.5;
    reduce_on_plateau plateau({.factor = 0.5, .patience = 1});
    CHECK_FALSE(plateau.step(1.0, opt[furl::zoo::sgd::lr]));
    CHECK_FALSE(plateau.step(1.0, opt[furl::zoo::sgd::lr]));
    CHECK(plateau.bad_in_a_row() == 1);
    CHECK(plateau.step(1.0, opt[furl::zoo::sgd::lr]));
    CHECK(opt.get("lr") == 0.25);
    opt.set("lr", plateau.next(2.0, opt.get("lr")));
    opt.set("lr", plateau.next(2.0, opt.get("lr")));
    CHECK(opt.get("lr") == 0.125);
    CHECK(plateau.best() == 1);
}

TEST_CASE("a plateau can be copied in mid-run and started anew") {
    reduce_on_plateau plateau({.factor = 0.5, .patience = 0, .cooldown = 2});
    double value = 1;
    plateau.step(1, value);
    plateau.step(1, value);
    CHECK(value == 0.5);
    CHECK(plateau.is_cooling_down());
    auto copy = plateau;
    double other = value;
    for (int i = 0; i < 5; ++i) {
        plateau.step(1, value);
        copy.step(1, other);
        CHECK(other == value);
    }
    plateau.reset();
    CHECK(plateau.best() == std::numeric_limits<double>::infinity());
    CHECK_FALSE(plateau.is_cooling_down());
}

TEST_CASE("a plateau refuses settings out of their range") {
    CHECK_THROWS_AS(reduce_on_plateau({.factor = 1.0}), std::invalid_argument);
    CHECK_THROWS_AS(reduce_on_plateau({.factor = 0.0}), std::invalid_argument);
    CHECK_THROWS_AS(reduce_on_plateau({.patience = -1}), std::invalid_argument);
    CHECK_THROWS_AS(reduce_on_plateau({.threshold = -0.1}), std::invalid_argument);
    CHECK_THROWS_AS(reduce_on_plateau({.cooldown = -1}), std::invalid_argument);
    CHECK_THROWS_WITH(reduce_on_plateau({.eps = -1}), "furl: reduce_on_plateau: eps must be at least 0");
}
