#include <furl/storage/hyperparameters.hpp>

#include <doctest/doctest.h>

#include <support/programs.hpp>

#include <stdexcept>
#include <string>

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
    values v;
    CHECK(v.at("lr") == 0.5);
    CHECK(v.at("lr_decay") == 2);
    CHECK(v.at("eps") == 1e-8);
    v.at("lr") = 3;
    CHECK(v.at("lr") == 3);
    CHECK(v.at("lr_decay") == 2);
}

TEST_CASE("an unknown name throws, with the names there are") {
    values v;
    std::string text;
    try {
        v.at("learning_rate") = 1;
    } catch (const std::invalid_argument& e) {
        text = e.what();
    }
    for (std::string name : {"learning_rate", "lr", "lr_decay", "eps"}) {
        CAPTURE(text);
        CAPTURE(name);
        CHECK(text.find(name) != std::string::npos);
    }
    CHECK_THROWS_AS(static_cast<void>(std::as_const(v).at("")), std::invalid_argument);
}

TEST_CASE("a rule without hyperparameters says that there are none") {
    hyperparameter_values<plan<without, contracted>> v;
    std::string text;
    try {
        v.at("lr") = 1;
    } catch (const std::invalid_argument& e) {
        text = e.what();
    }
    CAPTURE(text);
    CHECK(text.find("none") != std::string::npos);
}

TEST_CASE("a hyperparameter keeps its name though its value is multiplied by zero") {
    hyperparameter_values<plan<unused, contracted>> v;
    CHECK(v.at("lr") == 1);
}
