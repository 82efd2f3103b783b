#include "dlib_rules.hpp"

#include <furl/zoo/adamw.hpp>
#include <furl/zoo/sgd.hpp>

#include <support/compare.hpp>
#include <support/dlib.hpp>
#include <support/messages.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

using namespace furl;
using namespace furl::tests;

namespace {

void fill(dlib::tensor& x, unsigned seed) { std::ranges::copy(normal_values<float>(x.size(), seed), x.host()); }

std::vector<float> values(const dlib::tensor& x) { return {x.host(), x.host() + x.size()}; }

template <class Layer>
Layer with_parameters(Layer l, std::size_t n) {
    l.params = dlib::resizable_tensor(n);
    fill(l.params, 5);
    return l;
}

template <class Layer>
void steps(auto& solver, Layer& l, int first, int count, float rate = 0.125F) {
    dlib::resizable_tensor gradients(l.params.size());
    for (int t = first; t < first + count; ++t) {
        fill(gradients, static_cast<unsigned>(t));
        dlib::update_parameters(solver, rate, l, gradients);
    }
}

// dlib::adam(decay, 0.9, 0.999) on an element, over the gradients of steps().
std::vector<double> adam_by_hand(std::vector<float> start, int count, auto rate_of, auto decay_of) {
    std::vector<double> p(start.begin(), start.end()), m(p.size()), v(p.size());
    for (int t = 1; t <= count; ++t) {
        const auto g = normal_values<float>(p.size(), static_cast<unsigned>(t));
        for (std::size_t j = 0; j < p.size(); ++j) {
            const double slope = g[j] + decay_of(j) * p[j];
            m[j] = 0.9 * m[j] + 0.1 * slope;
            v[j] = 0.999 * v[j] + 0.001 * slope * slope;
            p[j] -= rate_of(j) * std::sqrt(1 - std::pow(0.999, t)) / (1 - std::pow(0.9, t)) * m[j] / (std::sqrt(v[j]) + 1e-8);
        }
    }
    return p;
}

void check_close(const dlib::tensor& x, const std::vector<double>& expected) {
    REQUIRE(x.size() == expected.size());
    for (std::size_t j = 0; j < x.size(); ++j) CHECK(x.host()[j] == doctest::Approx(expected[j]).epsilon(1e-5));
}

struct no_rate {
    static constexpr auto update = param - 0.1 * grad;
};
struct with_hessian {
    static constexpr auto update = param - hyper<"lr">(0.1) * grad / input<"hessian">;
};
struct guarded {
    static constexpr auto m = ema<"m">(grad, 0.9);
    static constexpr auto update = skip_nonfinite(param - hyper<"lr">(0.1) * m);
};
struct of_rows {
    static constexpr auto r = ema<"r">(per_row(mean(square(grad))), 0.9);
    static constexpr auto decay = per_tensor<"weight_decay">(0.5);
    static constexpr auto update = param * (1 - hyper<"lr">(0.1) * decay) - hyper<"lr">(0.1) * grad * rsqrt(r + 1e-8);
};

}  // namespace

TEST_CASE("a rule steps a layer of dlib as dlib's own adam does, by the rates and decays of weights and biases") {
    constexpr auto always = [](double x) { return [x](std::size_t) { return x; }; };
    SUBCASE("a layer without multipliers") {
        auto l = with_parameters(dlib::plain_layer{}, 9);
        const auto start = values(l.params);
        dlib_solver<dlib_adam> solver({{"weight_decay", 0.1}});
        steps(solver, l, 1, 20);
        check_close(l.params, adam_by_hand(start, 20, always(0.125), always(0.1)));
        CHECK(solver.optimizer().size() == 1);
    }
    SUBCASE("a layer without biases") {
        auto l = with_parameters(dlib::layer{{}, 0.5, 0.25}, 9);
        const auto start = values(l.params);
        dlib_solver<dlib_adam> solver;
        steps(solver, l, 1, 20);
        check_close(l.params, adam_by_hand(start, 20, always(0.0625), always(5e-4 / 4)));
    }
    // The numbers of biases are those of dlib/dnn/solvers.h.
    const auto check_biases = [&](auto l, std::size_t first_bias) {
        l.multiplier = 0.5, l.decay_multiplier = 2, l.bias_multiplier = 3, l.bias_decay_multiplier = 0.5;
        const auto start = values(l.params);
        dlib_solver<dlib_adam> solver({{"weight_decay", 0.1}});
        steps(solver, l, 1, 20);
        check_close(l.params, adam_by_hand(start, 20, [&](std::size_t j) { return j < first_bias ? 0.0625 : 0.1875; },
                                           [&](std::size_t j) { return j < first_bias ? 0.2 : 0.1; }));
        CHECK(solver.optimizer().tensors() == (first_bias < start.size() ? 2 : 1));
    };
    SUBCASE("a normalization") { check_biases(with_parameters(dlib::layer_with_biases{}, 10), 5); }
    SUBCASE("a convolution") {
        check_biases(with_parameters(dlib::convolution{{}, 3}, 15), 12);
        check_biases(with_parameters(dlib::convolution{{}, 3, true}, 12), 12);
    }
    SUBCASE("a matrix") {
        check_biases(with_parameters(dlib::fully_connected{{}, {{4, 3}}}, 15), 12);
        check_biases(with_parameters(dlib::fully_connected{{}, {{4, 3}}}, 12), 12);
    }
}

TEST_CASE("the weights of a fully connected layer are a matrix, and per-tensor decays follow dlib's multipliers") {
    auto l = with_parameters(dlib::fully_connected{{}, {{4, 3}}}, 15);
    auto w = values(l.params);
    dlib_solver<of_rows> solver;
    optimizer<of_rows> opt({furl::shape{4, 3}, furl::shape{1, 3}});
    opt.set("weight_decay", 1, 0);
    opt.set("lr", 0.125);
    steps(solver, l, 1, 5);
    for (unsigned t = 1; t <= 5; ++t) {
        auto g = normal_values<float>(15, t);
        opt.step({std::span(w).first(12), std::span(w).last(3)}, {std::span(g).first(12), std::span(g).last(3)});
    }
    for (std::size_t j = 0; j < w.size(); ++j) CHECK(l.params.host()[j] == doctest::Approx(w[j]).epsilon(1e-5));
    CHECK(solver.optimizer()[0].get("weight_decay", 0) == 0.5);
    CHECK(solver.optimizer()[1].get("weight_decay", 0) == 0);
}

TEST_CASE("a solver that was saved goes on to the bit") {
    auto l = with_parameters(dlib::fully_connected{{}, {{4, 3}}}, 15);
    dlib_solver<dlib_adam> solver({{"weight_decay", 0.1}, {"beta1", 0.8}}), fresh({{"beta1", 0.7}}), unused, loaded;
    steps(solver, l, 1, 3);
    std::stringstream stream;
    serialize(solver, stream);
    serialize(fresh, stream);
    stream << "what comes next";
    deserialize(loaded, stream);
    deserialize(unused, stream);
    std::string rest;
    std::getline(stream, rest);
    CHECK(rest == "what comes next");

    auto copy = solver;  // has states of its own
    auto same = l, third = l;
    steps(solver, l, 4, 3);
    steps(loaded, same, 4, 3);
    steps(copy, third, 4, 3);
    CHECK(values(l.params) == values(same.params));
    CHECK(values(l.params) == values(third.params));
    // The settings of a solver that has not stepped yet.
    auto one = with_parameters(dlib::layer{}, 4), other = one;
    steps(fresh, one, 1, 2);
    steps(unused, other, 1, 2);
    CHECK(values(one.params) == values(other.params));

    std::ostringstream text;
    text << solver << "; " << dlib_solver<zoo::adamw>();
    CHECK(text.str() == "furl dlib_adam: weight_decay=0.1, beta1=0.8; furl adamw");
}

TEST_CASE("a stream of something else is refused, and the solver stays as it is") {
    auto l = with_parameters(dlib::layer{}, 6);
    dlib_solver<dlib_adam> solver;
    dlib_solver<zoo::adamw> another;
    steps(solver, l, 1, 3);
    std::stringstream stream;
    serialize(solver, stream);
    const auto saved = stream.str();
    const auto refused = [&](auto& into, std::string text, const char* part) {
        std::istringstream in(text);
        const auto said = message_of([&] { deserialize(into, in); });
        CHECK_MESSAGE(said.find(part) != std::string::npos, said);
    };
    refused(solver, "adam2 and so on", "has no furl::dlib_solver of version 1, but 'adam2 and so on'");
    refused(solver, "", "has no furl::dlib_solver");
    refused(solver, "furl::dlib_solver 2 0 0 0\n", "version 1");
    refused(solver, "furl::dlib_solver 1 0 9 1 1\n", "has no furl::dlib_solver");
    refused(solver, "furl::dlib_solver 1 99999999999 0 0\n", "has no furl::dlib_solver");
    refused(solver, "furl::dlib_solver 1 0 1 1 6 99999999999999\n", "is not loaded");
    refused(solver, saved.substr(0, saved.size() - 5), "is not loaded");
    refused(another, saved, "adamw");
    auto damaged = saved;
    damaged[saved.size() - 9] ^= 4;
    refused(solver, damaged, "checksum");
    auto same = l;
    dlib_solver<dlib_adam> untouched;
    std::istringstream in(saved);
    deserialize(untouched, in);
    steps(solver, l, 4, 2);
    steps(untouched, same, 4, 2);
    CHECK(values(l.params) == values(same.params));
}

TEST_CASE("a step that the rule skips is 0") {
    auto l = with_parameters(dlib::fully_connected{{}, {{4, 3}}}, 15);
    dlib_solver<guarded> solver;
    steps(solver, l, 1, 2);
    const auto before = values(l.params);
    dlib::resizable_tensor gradients(15);
    fill(gradients, 8);
    gradients.host()[14] = INFINITY;  // one bias ends the step of the whole layer
    dlib::update_parameters(solver, 0.1F, l, gradients);
    CHECK(values(l.params) == before);
    steps(solver, l, 3, 1);
    CHECK(values(l.params) != before);
}

TEST_CASE("what does not fit is refused before a step") {
    auto l = with_parameters(dlib::layer{}, 6);
    const auto before = values(l.params);
    const auto refused = [&](auto solver, const char* part) {
        const auto said = message_of([&] { steps(solver, l, 1, 1); });
        CHECK_MESSAGE(said.find(part) != std::string::npos, said);
    };
    refused(dlib_solver<dlib_adam>({{"weight_decy", 0.1}}), "did you mean 'weight_decay'?");
    refused(dlib_solver<no_rate>(), "'lr'");
    refused(dlib_solver<with_hessian>(), "input 'hessian' is missing");
    CHECK(values(l.params) == before);
    dlib_solver<zoo::sgd> solver;
    steps(solver, l, 1, 1);
    auto longer = with_parameters(dlib::layer{}, 7);
    const auto said = message_of([&] { steps(solver, longer, 1, 1); });
    CHECK_MESSAGE(said.find("have 7 elements, expected 6") != std::string::npos, said);
}
