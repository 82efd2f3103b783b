#include <furl/optimizer.hpp>
#include <furl/optimizer/hyperparameters.hpp>

#include <support/messages.hpp>
#include <support/programs.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

using namespace furl;
using namespace furl::tests;

namespace {

struct rule {
    static constexpr auto update = param - hyper<"lr">(0.5) * grad * hyper<"lr_decay">(2) - hyper<"eps">(1e-8);
};
struct without {
    static constexpr auto update = param - grad;
};
struct unused {
    static constexpr auto lr = hyper<"lr">(1);
    static constexpr auto update = param - grad + 0 * lr;
};

using values = hyperparameter_values<plan<rule, contracted>>;

static_assert(values::names.size() == 3);
static_assert(values::find("lr") < 3 && values::find("lr_decay") < 3 && values::find("lr") != values::find("lr_decay"));
static_assert(values::find("l") == 3 && values::find("") == 3 && values::find("lr ") == 3);

}  // namespace

TEST_CASE("hyperparameters start at their defaults and are set by name") {
    optimizer<rule> opt(1);
    CHECK(opt.get("lr") == 0.5);
    CHECK(opt.get("lr_decay") == 2);
    CHECK(opt.get("eps") == 1e-8);
    CHECK(opt.set("lr", 3));
    CHECK(opt.get("lr") == 3);
    CHECK(opt.get("lr_decay") == 2);
}

TEST_CASE("an unknown name throws, with the names there are") {
    optimizer<rule> opt(1);
    const auto text = message_of([&] { opt.set("learning_rate", 1); });
    for (std::string name : {"learning_rate", "lr", "lr_decay", "eps"}) {
        CAPTURE(text);
        CAPTURE(name);
        CHECK(text.find(name) != std::string::npos);
    }
    CHECK_THROWS_AS(static_cast<void>(std::as_const(opt).get("")), std::invalid_argument);
}

TEST_CASE("NaN is refused, and changes nothing") {
    optimizer<rule> opt(1);
    CHECK(message_of([&] { opt.set("lr", std::numeric_limits<double>::quiet_NaN()); }) == "furl: hyperparameter 'lr' cannot be NaN");
    CHECK(opt.get("lr") == 0.5);
}

TEST_CASE("a rule without hyperparameters says that there are none") {
    optimizer<without> opt(1);
    CHECK(message_of([&] { opt.set("lr", 1); }).find("none") != std::string::npos);
}

TEST_CASE("a hyperparameter keeps its name though its value is multiplied by zero") {
    hyperparameter_values<plan<unused, contracted>> v;
    CHECK(v[0] == 1);
}
