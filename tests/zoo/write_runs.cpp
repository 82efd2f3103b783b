#include "print/run_files.hpp"
#include "zoo/any_optimizer.hpp"
#include "zoo/runs.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

using namespace furl;
using namespace furl::tests;

// print/sources.py asks for this, and names a folder. It runs the texts of the rules in other languages on the same data.
TEST_CASE("the references of all rules are run for the texts in other languages" * doctest::skip()) {
    const char* const folder = std::getenv("FURL_TEST_RUNS");
    REQUIRE(folder != nullptr);
    const std::filesystem::path to(folder);
    const std::vector<shape> shapes{{7, 5}, {1, 13}, {2, 2300}};
    const auto of = sizes_of(shapes);
    constexpr int steps = 50;
    data_file<double> data(to);
    data.start(shapes, values<double>(of, 1, 0.1));
    for (int t = 1; t <= steps; ++t) data.step(static_cast<std::size_t>(t), loss_of(t), gradient_of<double>(of, t), hessian_of<double>(of, t));
    for (const auto& rule : rules_under_test()) {
        const auto opt = rule.reference(shapes);
        auto parameters = values<double>(of, 1, 0.1);
        for (int t = 1; t <= steps; ++t) opt->step(parameters, gradient_of<double>(of, t), hessian_of<double>(of, t), loss_of(t));
        number_file file(to / (std::string(rule.name) + ".double"));
        for (std::size_t k = 0; k < shapes.size(); ++k) {
            file.line("param", k, std::span<const double>(parameters[k]));
            for (auto name : opt->states()) file.line(name, k, std::span<const double>(opt->state(name, k)));
            for (auto name : opt->scalar_states()) file.line(name, k, std::span<const double>(&opt->scalar_state(name, k), 1));
        }
    }
}
