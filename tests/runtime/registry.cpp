#include "compiled_rules.hpp"

#include <support/messages.hpp>

#include <doctest/doctest.h>

#include <array>
#include <map>

using namespace furl;
using namespace furl::tests;

TEST_CASE("a registry makes the rules that it lists, by name") {
    const auto& list = compiled_rules();
    CHECK(list.names() == std::vector<std::string_view>{"adamw", "mine", "sgd", "sophia_h"});
    CHECK(list.contains("sgd"));
    CHECK(!list.contains("adam"));
    auto opt = list.make("adamw", {{"lr", 3e-4}, {"weight_decay", 0.5}}, {3, 4});
    CHECK(opt.tensors() == 2);
    CHECK(opt.size(1) == 4);
    CHECK(opt.get("lr") == 3e-4);
    CHECK(opt.get("weight_decay") == 0.5);
    CHECK(opt.get("beta1") == 0.9);
    CHECK(opt.info().rule == "furl::zoo::adamw");
}

TEST_CASE("settings come from any range of names and numbers, sizes from a size, sizes, or tensors") {
    const std::map<std::string, float> config{{"lr", 0.25f}};
    CHECK(compiled_rules().make("sgd", config, 7).get("lr") == 0.25);
    CHECK(compiled_rules().make("sgd", config, {7, 8}).size(1) == 8);
    CHECK(compiled_rules().make("sgd", {}, 7).size(0) == 7);
    CHECK(compiled_rules().make("sgd", {}, std::array{5, 6}).size(1) == 6);
    CHECK(compiled_rules().make("sgd", {}, std::vector<float>(9)).size(0) == 9);
    CHECK(compiled_rules().make("sgd", {}, std::vector<std::vector<float>>{{1, 2}, {}, {3}}).sizes()[2] == 1);
}

TEST_CASE("an unknown rule or hyperparameter is answered by the nearest, and by a list") {
    const auto& list = compiled_rules();
    const auto rule = message_of([&] { list.make("AdamW2", {}, 1); });
    CHECK(rule == "furl: no rule 'AdamW2', did you mean 'adamw'? the list has: adamw, mine, sgd, sophia_h");
    CHECK(message_of([&] { list.make("xyz", {}, 1); }) ==
          "furl: no rule 'xyz'; the list has: adamw, mine, sgd, sophia_h");
    const auto hyper = message_of([&] { list.make("adamw", {{"lr", 1}, {"weigth_decay", 0.1}}, 1); });
    CHECK(hyper.starts_with("furl: no hyperparameter 'weigth_decay', did you mean 'weight_decay'? 'adamw' has: "));
    CHECK(message_of([&] { list.info("sdg"); }).find("'sgd'") != std::string::npos);
}

TEST_CASE("a registry tells what a rule has, without an optimizer") {
    const auto& info = compiled_rules().info("mine");
    CHECK(info.hyperparameters.size() == 1);
    CHECK(info.inputs[0] == "hessian");
    CHECK(info.passes == 2);
    REQUIRE(info.states.size() == 3);
    CHECK(compiled_rules().info("adamw").bytes_per_parameter == 28);
    CHECK(compiled_rules_in_double().info("adamw_as_written").bytes_per_parameter == 56);
    CHECK(compiled_rules().info("adamw").fingerprint != compiled_rules().info("sgd").fingerprint);
    CHECK(compiled_rules().info("adamw").fingerprint == compiled_rules_in_double().info("adamw_as_written").fingerprint);
}

TEST_CASE("registries are joined; a name is given once") {
    registry<float> joined;
    joined.add(compiled_rules());
    CHECK(joined.names().size() == 4);
    CHECK(message_of([&] { joined.add(compiled_rules()); }).find("'adamw' already") != std::string::npos);
}

TEST_CASE("the short name of a type has no namespaces") {
    CHECK(short_name<registry<double>>() == "registry<double>");
    CHECK(short_name<int>() == "int");
    CHECK(short_name<std::map<int, float>>().starts_with("map<"));
}
