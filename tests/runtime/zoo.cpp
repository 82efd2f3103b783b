#include <furl/runtime/make_optimizer.hpp>

#include <support/compare.hpp>
#include <support/messages.hpp>

#include <doctest/doctest.h>

#include <boost/hana/size.hpp>

#include <cmath>
#include <string>

using namespace furl;
using namespace furl::tests;

TEST_CASE("make_optimizer makes every rule of the zoo, and each steps") {
    const auto names = zoo_registry().names();
    CHECK(names.size() == decltype(hana::size(zoo::all))::value);
    const auto g = normal_values<float>(33, 2), h = std::vector<float>(33, 0.5f);
    for (auto name : names) {
        CAPTURE(std::string(name));
        const auto start = normal_values<float>(33, 1);
        auto opt = make_optimizer(name, {}, start);
        std::vector<named_data<float>> inputs;
        const std::span<const float> data(h);
        for (auto input : opt.info().inputs) inputs.push_back({input, {&data, 1}});
        for (auto number : opt.info().step_inputs) inputs.push_back({.name = number, .number = 0.7});
        auto w = start;
        const std::span<float> parameters(w);
        const std::span<const float> gradients(g);
        // The first four steps of schedule_free_radam move nothing.
        for (int t = 0; t < 6; ++t) CHECK(opt.step_named({&parameters, 1}, {&gradients, 1}, inputs));
        for (auto x : w) REQUIRE(std::isfinite(x));
        CHECK(w != start);
    }
}

TEST_CASE("make_optimizer takes settings, and answers a name that is none by the nearest") {
    const std::vector<std::size_t> sizes{3, 4};
    CHECK(make_optimizer("adamw", {{"lr", 3e-4}}, sizes).get("lr") == 3e-4);
    CHECK(make_optimizer("lion", {}, {3, 4}).size(1) == 4);
    CHECK(message_of([&] { make_optimizer("adamv", {}, sizes); }).find("did you mean 'adamw'?") != std::string::npos);
}
