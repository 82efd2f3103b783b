#include "c_models.hpp"
#include "c_rules.hpp"

#include <furl/adapt/c.h>
#include <furl/checkpoint/checkpoint.hpp>
#include <furl/optimizer.hpp>

#include <support/compare.hpp>
#include <support/scratch.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace furl;
using namespace furl::tests;

extern "C" std::int64_t three_steps_in_c(float* weights, float* gradients, std::size_t first, std::size_t second);

TEST_CASE("the library lists its rules, its version and its instruction set") {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < furl_rule_count(); ++i) names.emplace_back(furl_rule_name(i));
    CHECK(names == std::vector<std::string>{"adamw", "guarded", "scaled_rows", "zeroing"});
    CHECK(furl_rule_name(names.size()) == nullptr);
    CHECK(std::string(furl_version()) == FURL_VERSION);
    CHECK(std::string(furl_instruction_set()) == FURL_QUOTED(FURL_BUILD));
}

TEST_CASE_TEMPLATE("a step of C has the bits of a step of C++", T, float, double) {
    model<T> c({33, 1, 500}), cpp({33, 1, 500});
    const auto opt = make("adamw", dtype_of<T>, c.sizes, {{"lr", 0.01}, {"weight_decay", 0.1}});
    optimizer<zoo::adamw, T> other(cpp.sizes);
    other[zoo::adamw::lr] = 0.01;
    other[zoo::adamw::weight_decay] = 0.1;
    for (int t = 0; t < 5; ++t) {
        CHECK(c.step(opt.get()) == FURL_OK);
        other.step(cpp.weights, cpp.gradients);
    }
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(first_difference(c.weights[i], cpp.weights[i]) == nowhere);
        CHECK(first_difference(state_of<T>(opt, "m", i), other.state(zoo::adamw::m, i)) == nowhere);
    }
    CHECK(furl_step_count(opt.get()) == 5);
}

TEST_CASE("a step of C is the published algorithm") {
    model<double> c({7});
    const auto opt = make("adamw", FURL_DOUBLE, c.sizes, {{"lr", 0.01}, {"weight_decay", 0.1}});
    auto w = c.weights[0];
    std::vector<double> m(7), v(7);
    for (int t = 1; t <= 4; ++t) {
        CHECK(c.step(opt.get()) == FURL_OK);
        for (std::size_t i = 0; i < 7; ++i) {  // Loshchilov & Hutter 2019, algorithm 2
            const double g = c.gradients[0][i];
            m[i] = 0.9 * m[i] + 0.1 * g;
            v[i] = 0.999 * v[i] + 0.001 * g * g;
            w[i] -= 0.01 * 0.1 * w[i] + 0.01 * (m[i] / (1 - std::pow(0.9, t))) / (std::sqrt(v[i] / (1 - std::pow(0.999, t))) + 1e-8);
        }
    }
    for (std::size_t i = 0; i < 7; ++i) CHECK(c.weights[0][i] == doctest::Approx(w[i]).epsilon(1e-13));
}

TEST_CASE("a program in C99 makes the same steps") {
    auto w = normal_values<float>(30, 1);
    auto g = normal_values<float>(30, 2);
    auto expected = w;
    optimizer<zoo::adamw> opt({10, 20});
    opt[zoo::adamw::lr] = 0.01;
    opt[zoo::adamw::weight_decay] = 0.1;
    for (int t = 0; t < 3; ++t) {
        const std::span all(expected), slopes(g);
        opt.step({all.first(10), all.last(20)}, {slopes.first(10), slopes.last(20)});
    }
    CHECK(three_steps_in_c(w.data(), g.data(), 10, 20) == 3);
    CHECK(first_difference(w, expected) == nowhere);
}

TEST_CASE("tensors step one by one, and several threads give the same bits") {
    model<float> whole({70000, 20}), parts({70000, 20}), threads({70000, 20});
    const auto a = make("adamw", FURL_FLOAT, whole.sizes), b = make("adamw", FURL_FLOAT, whole.sizes), c = make("adamw", FURL_FLOAT, whole.sizes);
    CHECK(furl_set_threads(c.get(), 3) == FURL_OK);
    for (int t = 0; t < 3; ++t) {
        CHECK(whole.step(a.get()) == FURL_OK);
        for (std::size_t i : {1u, 0u})
            CHECK(furl_step_tensor(b.get(), FURL_FLOAT, i, parts.w[i], parts.g[i], parts.sizes[i]) == FURL_OK);
        CHECK(threads.step(c.get()) == FURL_OK);
    }
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(first_difference(whole.weights[i], parts.weights[i]) == nowhere);
        CHECK(first_difference(whole.weights[i], threads.weights[i]) == nowhere);
    }
    CHECK(furl_step_count(b.get()) == 3);

    CHECK(furl_step_tensor(b.get(), FURL_FLOAT, 1, parts.w[1], parts.g[1], 20) == FURL_OK);
    CHECK(furl_step_tensor(b.get(), FURL_FLOAT, 1, parts.w[1], parts.g[1], 20) == FURL_REFUSED);
    CHECK(parts.step(b.get()) == FURL_REFUSED);
    CHECK(furl_finish_step(b.get()) == FURL_OK);
    CHECK(furl_step_count(b.get()) == 4);
    CHECK(parts.step(b.get()) == FURL_OK);
    CHECK(furl_set_threads(b.get(), 0) == FURL_REFUSED);
}

TEST_CASE("a rule of the user's own: values of each tensor, reports, guards, tensors without a gradient") {
    model<float> c({40, 3}), cpp({40, 3});
    const auto opt = make("guarded", FURL_FLOAT, c.sizes);
    optimizer<guarded> other(cpp.sizes);
    CHECK(furl_set_of_tensor(opt.get(), "decay", 1, 0.0) == FURL_OK);
    other.set("decay", 1, 0.0);
    double value = 0;
    CHECK(furl_value(opt.get(), "grad_norm", &value) == FURL_OK);
    CHECK(std::isnan(value));
    c.step(opt.get());
    other.step(cpp.weights, cpp.gradients);
    CHECK(furl_get_of_tensor(opt.get(), "decay", 0, &value) == FURL_OK);
    CHECK(value == 0.01);
    CHECK(furl_get_of_tensor(opt.get(), "decay", 1, &value) == FURL_OK);
    CHECK(value == 0);
    double squares = 0;
    for (const auto& tensor : c.gradients)
        for (double g : tensor) squares += g * g;
    CHECK(furl_value(opt.get(), "grad_norm", &value) == FURL_OK);
    CHECK(value == doctest::Approx(std::sqrt(squares)).epsilon(1e-6));
    for (std::size_t i = 0; i < 2; ++i) CHECK(first_difference(c.weights[i], cpp.weights[i]) == nowhere);
    CHECK(state_of<float>(opt, "size", 1).at(0) == static_cast<float>(other.scalar_state("size", 1)));

    const auto before = c.weights;
    c.g[0] = nullptr;
    CHECK(c.step(opt.get()) == FURL_OK);
    CHECK(c.weights[0] == before[0]);
    CHECK(c.weights[1] != before[1]);
    c.g[1] = nullptr;
    CHECK(c.step(opt.get()) == FURL_SKIPPED);
    c.g = {c.gradients[0].data(), c.gradients[1].data()};
    c.gradients[0][5] = INFINITY;
    const auto last = c.weights;
    CHECK(c.step(opt.get()) == FURL_SKIPPED);
    CHECK(c.weights == last);
    CHECK(furl_step_count(opt.get()) == 2);
    CHECK(error_of(opt).empty());

    // By tensor: the last one writes all, or skips for all.
    CHECK(furl_finish_step(opt.get()) == FURL_SKIPPED);
    CHECK(furl_step_tensor(opt.get(), FURL_FLOAT, 0, c.w[0], c.g[0], 40) == FURL_OK);
    CHECK(furl_step_tensor(opt.get(), FURL_FLOAT, 1, c.w[1], c.g[1], 3) == FURL_SKIPPED);
    CHECK(c.weights == last);
    c.gradients[0][5] = 1;
    CHECK(furl_set_threads(opt.get(), 2) == FURL_OK);
    CHECK(furl_step_tensor(opt.get(), FURL_FLOAT, 0, c.w[0], c.g[0], 40) == FURL_OK);
    CHECK(c.weights == last);
    CHECK(furl_step_tensor(opt.get(), FURL_FLOAT, 1, c.w[1], c.g[1], 3) == FURL_OK);
    CHECK(c.weights[0] != last[0]);
    CHECK(c.weights[1] != last[1]);
    CHECK(furl_step_count(opt.get()) == 3);
}

TEST_CASE("inputs, gradients that the rule zeroes, and shapes") {
    model<float> c({12}), cpp({12});
    const auto curvature = normal_values<float>(12, 9);
    const furl_shape matrix{3, 4};
    const handle opt(furl_create_shaped("scaled_rows", FURL_FLOAT, 1, &matrix, 0, nullptr));
    REQUIRE(opt != nullptr);
    CHECK(c.step(opt.get()) == FURL_REFUSED);
    CHECK(has(error_of(opt), "curvature"));
    const void* const data = curvature.data();
    const furl_input input{"curvature", &data};
    CHECK(furl_step_inputs(opt.get(), FURL_FLOAT, 1, c.w.data(), c.g.data(), c.sizes.data(), 1, &input) == FURL_OK);
    optimizer<scaled_rows> other(furl::shape{3, 4});
    other.step(cpp.weights[0], cpp.gradients[0], furl::input<"curvature"> = curvature);
    CHECK(first_difference(c.weights[0], cpp.weights[0]) == nowhere);
    CHECK(std::string(furl_state_name(opt.get(), 0)) == "r");
    CHECK(furl_state_name(opt.get(), 1) == nullptr);
    CHECK(state_of<float>(opt, "r", 0).size() == 3);
    CHECK(first_difference(state_of<float>(opt, "r", 0), other.read_state("r")) == nowhere);

    const auto zeroing = make("zeroing", FURL_FLOAT, c.sizes);
    CHECK(c.step(zeroing.get()) == FURL_OK);
    CHECK(c.gradients[0] == std::vector<float>(12));
}

TEST_CASE("hyperparameters by name") {
    const auto opt = make("adamw", FURL_FLOAT, {3}, {{"lr", 0.5}});
    double value = 0;
    CHECK(furl_get(opt.get(), "lr", &value) == FURL_OK);
    CHECK(value == 0.5);
    CHECK(furl_set(opt.get(), "beta1", 0.8) == FURL_OK);
    CHECK(furl_get(opt.get(), "beta1", &value) == FURL_OK);
    CHECK(value == 0.8);
    std::vector<std::string> names;
    for (std::size_t i = 0; const char* name = furl_hyperparameter_name(opt.get(), i); ++i) names.emplace_back(name);
    const auto all = optimizer<zoo::adamw>::hyperparameters();
    CHECK(names == std::vector<std::string>(all.begin(), all.end()));
    const auto guarded = make("guarded", FURL_FLOAT, {3});
    CHECK(std::string(furl_hyperparameter_name(guarded.get(), 1)) == "decay");

    CHECK(furl_set(opt.get(), "learning_rate", 1) == FURL_REFUSED);
    CHECK(furl_set(opt.get(), "beta3", 1) == FURL_REFUSED);
    CHECK(has(error_of(opt), "did you mean 'beta"));
    CHECK(furl_set(opt.get(), "lr", NAN) == FURL_REFUSED);
    CHECK(furl_get(opt.get(), "rate", &value) == FURL_REFUSED);
    CHECK(furl_get(guarded.get(), "decay", &value) == FURL_REFUSED);
    CHECK(furl_set_of_tensor(guarded.get(), "decay", 1, 0) == FURL_REFUSED);
    CHECK(furl_get(opt.get(), "lr", &value) == FURL_OK);
    CHECK(value == 0.5);
}

TEST_CASE("a wrong argument is refused, and nothing has changed") {
    const std::size_t sizes[] = {3, 4};
    const furl_setting lr{"lr", 0.1}, wrong{"lrr", 0.1}, unnamed{nullptr, 0.1}, nan{"lr", NAN};
    const auto refused = [](furl_optimizer* opt, const char* part) {
        CHECK(opt == nullptr);
        CHECK_MESSAGE(has(furl_error(nullptr), part), furl_error(nullptr));
    };
    refused(furl_create("adamv", FURL_FLOAT, 2, sizes, 0, nullptr), "did you mean 'adamw'?");
    refused(furl_create(nullptr, FURL_FLOAT, 2, sizes, 0, nullptr), "the name of the rule is NULL");
    refused(furl_create("adamw", 7, 2, sizes, 0, nullptr), "no dtype 7; there are FURL_FLOAT, FURL_DOUBLE, FURL_BFLOAT16 and FURL_FLOAT16");
    refused(furl_create("adamw", FURL_FLOAT, 2, nullptr, 0, nullptr), "the array of sizes is NULL");
    refused(furl_create("adamw", FURL_FLOAT, 2, sizes, 1, nullptr), "the array of settings is NULL");
    refused(furl_create("adamw", FURL_FLOAT, 2, sizes, 1, &wrong), "did you mean 'lr'?");
    refused(furl_create("adamw", FURL_FLOAT, 2, sizes, 1, &unnamed), "the name of a setting is NULL");
    refused(furl_create("adamw", FURL_FLOAT, 2, sizes, 1, &nan), "NaN");
    refused(furl_create_shaped("adamw", FURL_FLOAT, 1, nullptr, 0, nullptr), "the array of shapes is NULL");
    const furl_shape huge{SIZE_MAX, 2};
    refused(furl_create_shaped("adamw", FURL_FLOAT, 1, &huge, 0, nullptr), "more elements than any memory");
    const std::size_t most[] = {SIZE_MAX, SIZE_MAX / 8};
    refused(furl_create("adamw", FURL_FLOAT, 1, most, 0, nullptr), "memory");
    refused(furl_create("adamw", FURL_DOUBLE, 1, most + 1, 0, nullptr), "memory");
    refused(furl_copy(nullptr), "the optimizer is NULL");

    model<float> c({3, 4});
    const auto opt = make("adamw", FURL_FLOAT, c.sizes, {lr});
    CHECK(c.step(opt.get()) == FURL_OK);
    const auto weights = c.weights;
    const auto m = state_of<float>(opt, "m", 1);
    double value = 0;
    std::size_t size = 0;
    void* memory = nullptr;
    const auto check = [&](int code, const char* part) {
        CHECK(code == FURL_REFUSED);
        CHECK_MESSAGE(has(error_of(opt), part), error_of(opt));
        CHECK(error_of(opt) == furl_error(nullptr));
    };
    void *const w[] = {c.w[0], c.w[1]}, *const without[] = {c.w[0], nullptr}, *const twice[] = {c.w[0], c.w[0]};
    const std::size_t swapped[] = {4, 3};
    check(furl_step(opt.get(), FURL_DOUBLE, 2, w, c.g.data(), sizes), "the data is double, and the optimizer was made for float");
    check(furl_step(opt.get(), 4, 2, w, c.g.data(), sizes), "no dtype 4");
    check(furl_step(opt.get(), FURL_FLOAT, 1, w, c.g.data(), sizes), "1 tensors are given, expected 2");
    check(furl_step(opt.get(), FURL_FLOAT, SIZE_MAX, w, c.g.data(), sizes), "tensors are given, expected 2");
    check(furl_save(opt.get(), "", FURL_FLOAT, 3, w, sizes), "3 tensors are given, expected 2");
    check(furl_step(opt.get(), FURL_FLOAT, 2, w, c.g.data(), swapped), "tensor 0: parameters have 4 elements, expected 3");
    check(furl_step(opt.get(), FURL_FLOAT, 2, nullptr, c.g.data(), sizes), "the array of parameters is NULL");
    check(furl_step(opt.get(), FURL_FLOAT, 2, w, nullptr, sizes), "the array of gradients is NULL");
    check(furl_step(opt.get(), FURL_FLOAT, 2, w, c.g.data(), nullptr), "the array of sizes is NULL");
    check(furl_step(opt.get(), FURL_FLOAT, 2, without, c.g.data(), sizes), "tensor 1: the pointer to parameters is NULL");
    check(furl_step(opt.get(), FURL_FLOAT, 2, twice, c.g.data(), sizes), "overlap");
    void* const crooked[] = {static_cast<char*>(c.w[0]) + 1, c.w[1]};
    check(furl_step(opt.get(), FURL_FLOAT, 2, crooked, c.g.data(), sizes), "no multiple of 4");
    check(furl_step_inputs(opt.get(), FURL_FLOAT, 2, w, c.g.data(), sizes, 1, nullptr), "the array of inputs is NULL");
    const furl_input nameless{nullptr, nullptr}, empty{"hessian", nullptr};
    check(furl_step_inputs(opt.get(), FURL_FLOAT, 2, w, c.g.data(), sizes, 1, &nameless), "the name of an input is NULL");
    check(furl_step_inputs(opt.get(), FURL_FLOAT, 2, w, c.g.data(), sizes, 1, &empty), "the array of input 'hessian' is NULL");
    const furl_input unknown{"hessian", c.g.data()};
    check(furl_step_inputs(opt.get(), FURL_FLOAT, 2, w, c.g.data(), sizes, 1, &unknown), "no input 'hessian'");
    check(furl_step_tensor(opt.get(), FURL_FLOAT, 2, w[0], c.g[0], 3), "2");
    check(furl_step_tensor(opt.get(), FURL_FLOAT, 0, nullptr, c.g[0], 3), "the pointer to parameters is NULL");
    check(furl_step_tensor(opt.get(), FURL_FLOAT, 0, w[0], c.g[0], 4), "4 elements, expected 3");
    check(furl_step_tensor(opt.get(), FURL_DOUBLE, 0, w[0], c.g[0], 3), "the data is double");
    check(furl_set(opt.get(), nullptr, 1), "the name of the hyperparameter is NULL");
    check(furl_get(opt.get(), "lr", nullptr), "the place of the value is NULL");
    check(furl_get(opt.get(), nullptr, &value), "the name of the hyperparameter is NULL");
    check(furl_value(opt.get(), "norm", &value), "no value of one per step 'norm'");
    check(furl_value(opt.get(), nullptr, &value), "the name of the value is NULL");
    check(furl_state_size(opt.get(), "w", 0, &size), "no state 'w'");
    check(furl_state_size(opt.get(), "m", 2, &size), "2");
    check(furl_state_size(opt.get(), "m", 0, nullptr), "the place of the size is NULL");
    float room[4];
    check(furl_read_state(opt.get(), "m", 0, FURL_FLOAT, room, 4), "state 'm' of tensor 0 has 3");
    check(furl_read_state(opt.get(), "m", 0, FURL_DOUBLE, room, 3), "the data is double");
    check(furl_read_state(opt.get(), "m", 0, FURL_FLOAT, nullptr, 3), "the array of values is NULL");
    check(furl_name_tensors(opt.get(), 1, nullptr), "1 names are given, for 2 tensors");
    check(furl_name_tensors(opt.get(), 2, nullptr), "the array of names is NULL");
    check(furl_save(opt.get(), nullptr, FURL_FLOAT, 0, nullptr, nullptr), "the path is NULL");
    check(furl_load(opt.get(), nullptr, FURL_FLOAT, 0, nullptr, nullptr), "the path is NULL");
    check(furl_save_memory(opt.get(), nullptr, &size, FURL_FLOAT, 0, nullptr, nullptr), "the place of the memory is NULL");
    check(furl_save_memory(opt.get(), &memory, nullptr, FURL_FLOAT, 0, nullptr, nullptr), "the place of the number of bytes is NULL");
    check(furl_load_memory(opt.get(), nullptr, 10, FURL_FLOAT, 0, nullptr, nullptr), "the memory is NULL");
    CHECK(c.weights == weights);
    CHECK(state_of<float>(opt, "m", 1) == m);
    CHECK(furl_step_count(opt.get()) == 1);
    CHECK(memory == nullptr);

    CHECK(furl_step(nullptr, FURL_FLOAT, 2, w, c.g.data(), sizes) == FURL_REFUSED);
    CHECK(has(furl_error(nullptr), "the optimizer is NULL"));
    CHECK(furl_set(nullptr, "lr", 1) == FURL_REFUSED);
    CHECK(furl_reset(nullptr) == FURL_REFUSED);
    CHECK(furl_step_count(nullptr) == -1);
    CHECK(furl_state_name(nullptr, 0) == nullptr);
    CHECK(furl_hyperparameter_name(nullptr, 0) == nullptr);
    furl_destroy(nullptr);
}

TEST_CASE("each optimizer and each thread has its own error") {
    const auto a = make("adamw", FURL_FLOAT, {3}), b = make("adamw", FURL_FLOAT, {3});
    CHECK(furl_set(a.get(), "of_a", 1) == FURL_REFUSED);
    std::thread([&] {
        CHECK(std::string(furl_error(nullptr)).empty());
        CHECK(furl_set(b.get(), "of_b", 1) == FURL_REFUSED);
        CHECK(has(furl_error(nullptr), "of_b"));
    }).join();
    CHECK(has(error_of(a), "of_a"));
    CHECK(has(error_of(b), "of_b"));
    CHECK(has(furl_error(nullptr), "of_a"));
}

TEST_CASE("a copy and a reset") {
    model<float> c({9});
    const auto opt = make("adamw", FURL_FLOAT, c.sizes, {{"lr", 0.3}});
    CHECK(furl_set_threads(opt.get(), 2) == FURL_OK);
    c.step(opt.get());
    const handle copy(furl_copy(opt.get()));
    REQUIRE(copy != nullptr);
    auto other = model<float>({9});
    other.weights[0] = c.weights[0];
    c.step(opt.get());
    CHECK(furl_step_count(copy.get()) == 1);
    CHECK(other.step(copy.get()) == FURL_OK);
    CHECK(first_difference(c.weights[0], other.weights[0]) == nowhere);
    CHECK(furl_reset(opt.get()) == FURL_OK);
    CHECK(furl_step_count(opt.get()) == 0);
    CHECK(state_of<float>(opt, "m", 0) == std::vector<float>(9));
    double lr = 0;
    CHECK(furl_get(opt.get(), "lr", &lr) == FURL_OK);
    CHECK(lr == 0.3);
}

TEST_CASE_TEMPLATE("a loaded optimizer goes on as if it had not stopped", T, float, double) {
    const scratch folder;
    const auto file = (folder / "checkpoint").string();
    model<T> c({20, 5}), resumed({20, 5}), from_memory({20, 5});
    const auto opt = make("guarded", dtype_of<T>, c.sizes, {{"lr", 0.3}});
    const char* const names[] = {"layer.weight", "layer.bias"};
    CHECK(furl_name_tensors(opt.get(), 2, names) == FURL_OK);
    for (int t = 0; t < 3; ++t) c.step(opt.get());
    INFO(error_of(opt));
    CHECK(furl_save(opt.get(), file.c_str(), dtype_of<T>, 2, c.w.data(), c.sizes.data()) == FURL_OK);
    void* memory = nullptr;
    std::size_t bytes = 0;
    CHECK(furl_save_memory(opt.get(), &memory, &bytes, dtype_of<T>, 2, c.w.data(), c.sizes.data()) == FURL_OK);
    REQUIRE(memory != nullptr);

    const auto other = make("guarded", dtype_of<T>, c.sizes), third = make("guarded", dtype_of<T>, c.sizes);
    CHECK(furl_load(other.get(), file.c_str(), dtype_of<T>, 2, resumed.w.data(), c.sizes.data()) == FURL_FILE_FAILED);
    CHECK(has(error_of(other), "tensor0"));
    CHECK(furl_step_count(other.get()) == 0);
    for (const auto* o : {&other, &third}) CHECK(furl_name_tensors(o->get(), 2, names) == FURL_OK);
    CHECK(furl_load(other.get(), file.c_str(), dtype_of<T>, 2, resumed.w.data(), c.sizes.data()) == FURL_OK);
    CHECK(furl_load_memory(third.get(), memory, bytes, dtype_of<T>, 2, from_memory.w.data(), c.sizes.data()) == FURL_OK);
    c.step(opt.get());
    resumed.step(other.get());
    from_memory.step(third.get());
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(first_difference(c.weights[i], resumed.weights[i]) == nowhere);
        CHECK(first_difference(c.weights[i], from_memory.weights[i]) == nowhere);
    }
    CHECK(furl_step_count(other.get()) == 4);

    // C++ reads what C wrote.
    optimizer<guarded, T> cpp({20, 5});
    CHECK(load_checkpoint(std::span(static_cast<const std::byte*>(memory), bytes), cpp, {.names = {"layer.weight", "layer.bias"}}));
    CHECK(cpp.step_count() == 3);
    CHECK(cpp[guarded::lr] == 0.3);

    const auto before = resumed.weights;
    static_cast<unsigned char*>(memory)[bytes - 1] ^= 1;
    CHECK(furl_load_memory(other.get(), memory, bytes, dtype_of<T>, 2, resumed.w.data(), c.sizes.data()) == FURL_FILE_FAILED);
    CHECK(furl_load(other.get(), (folder / "none").c_str(), dtype_of<T>, 0, nullptr, nullptr) == FURL_FILE_FAILED);
    const std::size_t short_of[] = {20, 4};
    CHECK(furl_load(other.get(), file.c_str(), dtype_of<T>, 2, resumed.w.data(), short_of) == FURL_FILE_FAILED);
    CHECK(furl_load(other.get(), file.c_str(), dtype_of<T>, 2, nullptr, c.sizes.data()) == FURL_REFUSED);
    CHECK(furl_save(other.get(), folder.path().c_str(), dtype_of<T>, 0, nullptr, nullptr) == FURL_FILE_FAILED);
    CHECK(resumed.weights == before);
    CHECK(furl_step_count(other.get()) == 4);
    furl_free(memory);
    furl_free(nullptr);

    // States alone: the file has no parameters, and a load of parameters is refused.
    const auto states = (folder / "states").string();
    CHECK(furl_save(other.get(), states.c_str(), dtype_of<T>, 0, nullptr, nullptr) == FURL_OK);
    CHECK(furl_load(third.get(), states.c_str(), dtype_of<T>, 0, nullptr, nullptr) == FURL_OK);
    CHECK(furl_load(third.get(), states.c_str(), dtype_of<T>, 2, from_memory.w.data(), c.sizes.data()) == FURL_FILE_FAILED);
}
