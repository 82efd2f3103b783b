#include <furl/memory/tensor_arena.hpp>
#include <furl/optimizer.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/lamb.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace furl;

namespace {

const std::vector<std::size_t> sizes{100, 0, 7, 3000, 1, 33, 5000, 2};

float value(std::size_t tensor, std::size_t i, double factor) {
    return static_cast<float>(std::sin(factor * static_cast<double>(i + 17 * tensor + 1)));
}

/// Whether steps on an arena, whose small tensors are one loop, give the bits of steps on tensors of their own.
template <class Rule, class T>
bool same_bits_as_apart() {
    tensor_arena<T> memory(sizes);
    std::vector<std::vector<T>> parameters, gradients;
    for (std::size_t k = 0; k < sizes.size(); ++k) {
        parameters.emplace_back(sizes[k]);
        gradients.emplace_back(sizes[k]);
        for (std::size_t i = 0; i < sizes[k]; ++i) {
            memory.parameter(k)[i] = parameters[k][i] = value(k, i, 0.7);
            memory.gradient(k)[i] = gradients[k][i] = value(k, i, 1.3);
        }
    }
    optimizer<Rule, T> together(sizes), apart(sizes);
    for (int t = 0; t < 5; ++t) {
        together.step(memory.parameters(), memory.gradients());
        apart.step(parameters, gradients);
    }
    for (std::size_t k = 0; k < sizes.size(); ++k)
        if (!std::ranges::equal(memory.parameter(k), parameters[k])) return false;
    return true;
}

}  // namespace

TEST_CASE("an arena starts at zero, and hands out tensors that do not overlap") {
    tensor_arena<float> memory(sizes);
    CHECK(memory.tensors() == sizes.size());
    const float* end = nullptr;
    for (const bool parameters : {true, false})
        for (std::size_t k = 0; k < sizes.size(); ++k) {
            const auto t = parameters ? memory.parameter(k) : memory.gradient(k);
            CHECK(t.size() == sizes[k]);
            CHECK(std::ranges::all_of(t, [](float x) { return x == 0; }));
            if (end) CHECK(t.data() >= end);
            end = t.data() + t.size();
        }
}

TEST_CASE("zero_gradients clears the gradients, and only them") {
    tensor_arena<double> memory({3, 2});
    memory.parameter(1)[1] = 5;
    memory.gradient(0)[2] = 7;
    memory.zero_gradients();
    CHECK(memory.parameter(1)[1] == 5);
    CHECK(memory.gradient(0)[2] == 0);
}

TEST_CASE_TEMPLATE("a step over an arena gives the bits of a step over separate tensors", T, float, double) {
    const bool elementwise = same_bits_as_apart<zoo::adamw, T>();
    const bool with_norms = same_bits_as_apart<zoo::lamb, T>();
    CHECK(elementwise);
    CHECK(with_norms);
}

TEST_CASE("one piece of memory for all tensors, as llm.c has it, is one loop as well") {
    std::vector<float> flat(300), gradients(300), alone(300);
    for (std::size_t i = 0; i < flat.size(); ++i) {
        flat[i] = alone[i] = value(0, i, 0.3);
        gradients[i] = value(1, i, 0.9);
    }
    const auto part = [](auto& memory, std::size_t k) { return std::span(memory).subspan(100 * k, 100); };
    optimizer<zoo::adamw> three({100, 100, 100}), one(300);
    for (int t = 0; t < 3; ++t) {
        three.step(std::vector{part(flat, 0), part(flat, 1), part(flat, 2)},
                   std::vector{part(gradients, 0), part(gradients, 1), part(gradients, 2)});
        one.step(alone, gradients);
    }
    CHECK(flat == alone);
}
