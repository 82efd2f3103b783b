#include "c_models.hpp"
#include "c_rules.hpp"

#include <furl/adapt/c.h>
#include <furl/checkpoint/checkpoint.hpp>
#include <furl/optimizer.hpp>
#include <furl/runtime/grouped_optimizer.hpp>

#include <support/compare.hpp>
#include <support/scratch.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

// Parameters of 16 bits, and groups, through the C interface.
using namespace furl;
using namespace furl::tests;

extern "C" std::int64_t steps_of_groups_in_c(std::uint16_t* weights, std::uint16_t* gradients, std::size_t first, std::size_t second, double* norm);

namespace {

template <class E, class Format>
using narrow = storage<param_as<Format>, grad_as<E>>;

handle stored(const char* rule, furl_dtype dtype, furl_storage how, const std::vector<std::size_t>& sizes, const std::vector<furl_setting>& settings = {}) {
    std::vector<furl_shape> shapes;
    for (auto n : sizes) shapes.push_back({1, n});
    handle opt(furl_create_stored(rule, dtype, how, shapes.size(), shapes.data(), settings.size(), settings.data()));
    INFO(furl_error(nullptr));
    REQUIRE(opt != nullptr);
    return opt;
}

/// Two groups: tensors of 40 and 3 elements, then one of 60. The second does not decay.
handle two_groups(furl_dtype dtype, furl_storage how, const char* second = "guarded") {
    static const furl_shape first[] = {{4, 10}, {1, 3}}, last[] = {{1, 60}};
    static const furl_setting no_decay[] = {{"decay", 0}};
    const furl_group groups[] = {{"guarded", 2, first, 0, nullptr}, {second, 1, last, std::string(second) == "guarded", no_decay}};
    handle opt(furl_create_groups(dtype, how, 2, groups));
    INFO(furl_error(nullptr));
    REQUIRE(opt != nullptr);
    return opt;
}
const std::vector<std::size_t> sizes_of_groups{40, 3, 60};

template <class E>
bool same(const std::vector<E>& a, const std::vector<E>& b) {
    return std::ranges::equal(a, b, [](E x, E y) { return x.bits == y.bits; });
}

}  // namespace

TEST_CASE_TEMPLATE("a step of 16 bits in C has the bits of a step of C++", Format, bfloat16, split<bfloat16>, master<bfloat16>, float16, master<float16>) {
    using E = typename optimizer<guarded, float, storage<param_as<Format>>>::parameter_type;
    constexpr auto how = std::is_same_v<Format, E> ? FURL_PLAIN : std::is_same_v<Format, master<E>> ? FURL_MASTER : FURL_SPLIT;
    model<E> c({33, 1, 500}), cpp({33, 1, 500});
    const auto opt = stored("guarded", dtype_of<E>, how, c.sizes, {{"lr", 0.003}});
    optimizer<guarded, float, narrow<E, Format>> other(cpp.sizes);
    other.set("lr", 0.003);
    for (int t = 0; t < 9; ++t) {
        CHECK(c.step(opt.get()) == FURL_OK);
        other.step(cpp.weights, cpp.gradients);
    }
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(same(c.weights[i], cpp.weights[i]));
        CHECK(first_difference(state_of<float>(opt, "m", i), other.state(guarded::m, i)) == nowhere);
    }
    std::vector<std::string> states;
    for (std::size_t i = 0; const char* name = furl_state_name(opt.get(), i); ++i) states.emplace_back(name);
    CHECK(states == std::vector<std::string>{"m", "size"});  // and no companions
}

TEST_CASE("split and master weights follow the steps of float, which plain weights lose") {
    const std::size_t n = 200;
    model<float> exact({n});
    model<bfloat16> plain({n}), split({n}), master({n});
    for (auto* c : {&plain, &split, &master})
        for (std::size_t i = 0; i < n; ++i) c->weights[0][i] = bfloat16(1), c->gradients[0][i] = bfloat16(1);
    for (std::size_t i = 0; i < n; ++i) exact.weights[0][i] = 1, exact.gradients[0][i] = 1;
    const auto a = make("guarded", FURL_FLOAT, exact.sizes, {{"lr", 1e-3}, {"decay", 0}});
    const auto b = make("guarded", FURL_BFLOAT16, plain.sizes, {{"lr", 1e-3}, {"decay", 0}});
    const auto c = stored("guarded", FURL_BFLOAT16, FURL_SPLIT, split.sizes, {{"lr", 1e-3}, {"decay", 0}});
    const auto d = stored("guarded", FURL_BFLOAT16, FURL_MASTER, master.sizes, {{"lr", 1e-3}, {"decay", 0}});
    for (int t = 0; t < 400; ++t) {
        exact.step(a.get());
        plain.step(b.get());
        split.step(c.get());
        master.step(d.get());
    }
    const float end = exact.weights[0][7];
    CHECK(end < 0.98f);
    CHECK(static_cast<float>(plain.weights[0][7]) == 1);
    CHECK(static_cast<float>(master.weights[0][7]) == static_cast<float>(bfloat16(end)));
    CHECK(static_cast<float>(split.weights[0][7]) == doctest::Approx(end).epsilon(1 / 128.0));
}

TEST_CASE("16 bits: one by one, with threads, and absent gradients") {
    model<bfloat16> whole({70000, 20}), parts({70000, 20}), threads({70000, 20});
    const auto a = stored("guarded", FURL_BFLOAT16, FURL_SPLIT, whole.sizes), b = stored("guarded", FURL_BFLOAT16, FURL_SPLIT, whole.sizes);
    const auto c = stored("guarded", FURL_BFLOAT16, FURL_SPLIT, whole.sizes);
    CHECK(furl_set_threads(c.get(), 3) == FURL_OK);
    for (int t = 0; t < 3; ++t) {
        CHECK(whole.step(a.get()) == FURL_OK);
        for (std::size_t i : {1u, 0u})
            CHECK(furl_step_tensor(b.get(), FURL_BFLOAT16, i, parts.w[i], parts.g[i], parts.sizes[i]) == FURL_OK);
        CHECK(threads.step(c.get()) == FURL_OK);
    }
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(same(whole.weights[i], parts.weights[i]));
        CHECK(same(whole.weights[i], threads.weights[i]));
    }
    const auto before = whole.weights;
    whole.g[0] = nullptr;
    CHECK(whole.step(a.get()) == FURL_OK);
    CHECK(same(whole.weights[0], before[0]));
    CHECK_FALSE(same(whole.weights[1], before[1]));
}

TEST_CASE("16 bits: a loaded optimizer goes on to the bit, with the halves that weights do not show") {
    const scratch folder;
    const auto file = (folder / "checkpoint").string();
    for (const auto how : {FURL_SPLIT, FURL_MASTER}) {
        model<bfloat16> c({20, 5}), resumed({20, 5});
        const auto opt = stored("guarded", FURL_BFLOAT16, how, c.sizes, {{"lr", 0.003}}), other = stored("guarded", FURL_BFLOAT16, how, c.sizes);
        for (int t = 0; t < 3; ++t) c.step(opt.get());
        CHECK(furl_save(opt.get(), file.c_str(), FURL_BFLOAT16, 2, c.w.data(), c.sizes.data()) == FURL_OK);
        CHECK(furl_load(other.get(), file.c_str(), FURL_BFLOAT16, 2, resumed.w.data(), c.sizes.data()) == FURL_OK);
        const handle copy(furl_copy(opt.get()));
        model<bfloat16> third({20, 5});
        third.weights = c.weights;
        for (std::size_t i = 0; i < 2; ++i) third.w[i] = third.weights[i].data();
        for (int t = 0; t < 3; ++t) {
            c.step(opt.get());
            resumed.step(other.get());
            third.step(copy.get());
        }
        for (std::size_t i = 0; i < 2; ++i) {
            CHECK(same(c.weights[i], resumed.weights[i]));
            CHECK(same(c.weights[i], third.weights[i]));
        }
    }
}

TEST_CASE("what does not fit 16 bits is refused, and nothing has changed") {
    const furl_shape shape{1, 4};
    const auto refused = [](furl_optimizer* opt, const char* part) {
        CHECK(opt == nullptr);
        CHECK_MESSAGE(has(furl_error(nullptr), part), furl_error(nullptr));
    };
    refused(furl_create_stored("guarded", FURL_FLOAT, FURL_SPLIT, 1, &shape, 0, nullptr), "those of float are FURL_PLAIN");
    refused(furl_create_stored("guarded", FURL_DOUBLE, FURL_MASTER, 1, &shape, 0, nullptr), "those of double are FURL_PLAIN");
    refused(furl_create_stored("guarded", FURL_FLOAT16, FURL_SPLIT, 1, &shape, 0, nullptr), "take FURL_MASTER for float16");
    refused(furl_create_stored("guarded", FURL_BFLOAT16, 3, 1, &shape, 0, nullptr), "no storage 3; there are");
    refused(furl_create_stored("guarded", FURL_BFLOAT16, -1, 1, &shape, 0, nullptr), "no storage -1");
    refused(furl_create_stored("guarded", 9, FURL_PLAIN, 1, &shape, 0, nullptr), "no dtype 9");
    refused(furl_create_stored("guarded", FURL_BFLOAT16, FURL_SPLIT, 1, nullptr, 0, nullptr), "the array of shapes is NULL");
    refused(furl_create_stored(nullptr, FURL_BFLOAT16, FURL_SPLIT, 1, &shape, 0, nullptr), "the name of the rule is NULL");
    refused(furl_create_stored("adamw", FURL_BFLOAT16, FURL_SPLIT, 1, &shape, 0, nullptr),
            "the library has the rule 'adamw' for float and double, not for bfloat16; for 16 bits it has: guarded");
    refused(furl_create_stored("guardet", FURL_BFLOAT16, FURL_SPLIT, 1, &shape, 0, nullptr), "did you mean 'guarded'?");

    model<bfloat16> c({4});
    const auto opt = stored("guarded", FURL_BFLOAT16, FURL_SPLIT, c.sizes);
    CHECK(c.step(opt.get()) == FURL_OK);
    const auto weights = c.weights;
    const auto check = [&](int code, const char* part) {
        CHECK(code == FURL_REFUSED);
        CHECK_MESSAGE(has(error_of(opt), part), error_of(opt));
    };
    check(furl_step(opt.get(), FURL_FLOAT, 1, c.w.data(), c.g.data(), c.sizes.data()), "the data is float, and the optimizer was made for bfloat16");
    check(furl_step(opt.get(), FURL_FLOAT16, 1, c.w.data(), c.g.data(), c.sizes.data()), "the data is float16");
    float room[4];
    check(furl_read_state(opt.get(), "m", 0, FURL_BFLOAT16, room, 4), "the states of an optimizer for bfloat16 are float");
    check(furl_read_state(opt.get(), "param", 0, FURL_FLOAT, room, 4), "no state 'param'");
    void* const crooked[] = {static_cast<char*>(c.w[0]) + 1};
    check(furl_step(opt.get(), FURL_BFLOAT16, 1, crooked, c.g.data(), c.sizes.data()), "no multiple of 2");
    check(furl_step(opt.get(), FURL_BFLOAT16, 1, c.w.data(), c.w.data(), c.sizes.data()), "overlap");
    check(furl_set_of_group(opt.get(), 0, "lr", 1), "the optimizer has no groups");
    check(furl_freeze_group(opt.get(), 0, 1), "the optimizer has no groups");
    CHECK(furl_group_count(opt.get()) == 0);
    CHECK(same(c.weights[0], weights[0]));
}

TEST_CASE_TEMPLATE("groups in C have the bits of groups in C++, and one norm over all", E, float, double, bfloat16, float16) {
    using T = std::conditional_t<std::is_same_v<E, double>, double, float>;
    model<E> c(sizes_of_groups), cpp(sizes_of_groups);
    const auto opt = two_groups(dtype_of<E>, FURL_PLAIN);
    grouped_optimizer<T, E> other;
    using stored_as = std::conditional_t<std::is_same_v<T, E>, storage<param_as<T>>, narrow<E, E>>;
    other.template add<guarded, stored_as>({furl::shape{4, 10}, furl::shape{1, 3}});
    other.template add<guarded, stored_as>({furl::shape{1, 60}}, {.settings = {{"decay", 0}}});
    CHECK(furl_set(opt.get(), "lr", 0.05) == FURL_OK);
    CHECK(furl_set(opt.get(), "decay", 0.2) == FURL_OK);  // of the first group: the second has its own
    other.set("lr", 0.05);
    other.set("decay", 0.2);
    double value = 0, squares = 0;
    CHECK(furl_value(opt.get(), "grad_norm", &value) == FURL_OK);
    CHECK(std::isnan(value));
    for (const auto& tensor : c.gradients)
        for (const auto g : tensor) squares += static_cast<double>(g) * static_cast<double>(g);
    for (int t = 0; t < 4; ++t) {
        CHECK(c.step(opt.get()) == FURL_OK);
        CHECK(other.step(cpp.weights, cpp.gradients));
    }
    CHECK(furl_value(opt.get(), "grad_norm", &value) == FURL_OK);
    CHECK(value == doctest::Approx(std::sqrt(squares)).epsilon(1e-6));
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < c.sizes[i]; ++j) CHECK(static_cast<double>(c.weights[i][j]) == static_cast<double>(cpp.weights[i][j]));
    CHECK(first_difference(state_of<T>(opt, "m", 1), other[0].read_state("m", 1)) == nowhere);
    CHECK(first_difference(state_of<T>(opt, "m", 2), other[1].read_state("m", 0)) == nowhere);
    CHECK(state_of<T>(opt, "size", 2).at(0) == static_cast<T>(other[1].scalar_state("size", 0)));
    CHECK(furl_step_count(opt.get()) == 4);
    CHECK(furl_group_count(opt.get()) == 2);
}

TEST_CASE("hyperparameters of groups: shared, of a group, of a tensor") {
    const auto opt = two_groups(FURL_FLOAT, FURL_PLAIN, "adamw");
    double value = 0;
    CHECK(furl_set(opt.get(), "lr", 0.5) == FURL_OK);
    CHECK(furl_set_of_group(opt.get(), 1, "lr", 0.25) == FURL_OK);
    CHECK(furl_set(opt.get(), "lr", 0.125) == FURL_OK);
    CHECK(furl_get_of_group(opt.get(), 0, "lr", &value) == FURL_OK);
    CHECK(value == 0.125);
    CHECK(furl_get_of_group(opt.get(), 1, "lr", &value) == FURL_OK);
    CHECK(value == 0.25);
    CHECK(furl_set_of_tensor(opt.get(), "decay", 1, 0) == FURL_OK);
    CHECK(furl_get_of_tensor(opt.get(), "decay", 0, &value) == FURL_OK);
    CHECK(value == 0.01);
    CHECK(furl_get_of_tensor(opt.get(), "decay", 1, &value) == FURL_OK);
    CHECK(value == 0);
    std::vector<std::string> names, states;
    for (std::size_t i = 0; const char* name = furl_hyperparameter_name(opt.get(), i); ++i) names.emplace_back(name);
    for (std::size_t i = 0; const char* name = furl_state_name(opt.get(), i); ++i) states.emplace_back(name);
    std::vector<std::string> expected{"lr", "decay"};
    for (const auto name : optimizer<zoo::adamw>::hyperparameters())
        if (name != "lr") expected.emplace_back(name);
    CHECK(names == expected);  // each once, those of the first group first
    CHECK(states == std::vector<std::string>{"m", "size", "v"});

    const auto check = [&](int code, const char* part) {
        CHECK(code == FURL_REFUSED);
        CHECK_MESSAGE(has(error_of(opt), part), error_of(opt));
    };
    check(furl_get(opt.get(), "lr", &value), "furl_get_of_group");
    check(furl_set(opt.get(), "lrr", 1), "did you mean 'lr'?");
    check(furl_set_of_group(opt.get(), 2, "lr", 1), "no group 2; the optimizer has 2");
    check(furl_set_of_group(opt.get(), 1, "decay", 1), "no hyperparameter 'decay'");
    check(furl_set_of_group(opt.get(), 1, nullptr, 1), "the name of the hyperparameter is NULL");
    check(furl_set_of_group(opt.get(), 1, "lr", NAN), "NaN");
    check(furl_get_of_group(opt.get(), 1, "lr", nullptr), "the place of the value is NULL");
    check(furl_set_of_tensor(opt.get(), "decay", 2, 0), "'decay'");
    check(furl_set_of_tensor(opt.get(), "decay", 3, 0), "no tensor 3; the optimizer has 3");
    check(furl_value(opt.get(), "norm", &value), "no value of one per step 'norm'");
    std::size_t size = 0;
    check(furl_state_size(opt.get(), "v", 0, &size), "no state 'v'");
    check(furl_state_size(opt.get(), "m", 3, &size), "no tensor 3");
    CHECK(furl_state_size(opt.get(), "v", 2, &size) == FURL_OK);
    CHECK(size == 60);
    CHECK(furl_set_of_group(nullptr, 0, "lr", 1) == FURL_REFUSED);
    CHECK(furl_freeze_group(nullptr, 0, 1) == FURL_REFUSED);
    CHECK(furl_group_count(nullptr) == 0);
    CHECK(furl_get_of_group(opt.get(), 1, "lr", &value) == FURL_OK);
    CHECK(value == 0.25);
}

TEST_CASE("groups skip a step together, and a frozen group takes no part") {
    model<float> c(sizes_of_groups);
    const auto opt = two_groups(FURL_FLOAT, FURL_PLAIN);
    c.gradients[2][5] = INFINITY;
    const auto start = c.weights;
    CHECK(c.step(opt.get()) == FURL_SKIPPED);
    CHECK(c.weights == start);
    CHECK(furl_freeze_group(opt.get(), 1, 1) == FURL_OK);
    CHECK(c.step(opt.get()) == FURL_OK);
    CHECK(c.weights[0] != start[0]);
    CHECK(c.weights[2] == start[2]);
    double squares = 0, value = 0;
    for (std::size_t i = 0; i < 2; ++i)
        for (double g : c.gradients[i]) squares += g * g;
    CHECK(furl_value(opt.get(), "grad_norm", &value) == FURL_OK);
    CHECK(value == doctest::Approx(std::sqrt(squares)).epsilon(1e-6));
    CHECK(furl_freeze_group(opt.get(), 1, 0) == FURL_OK);
    c.gradients[2][5] = 1;
    CHECK(furl_set_threads(opt.get(), 3) == FURL_OK);
    CHECK(c.step(opt.get()) == FURL_OK);
    CHECK(c.weights[2] != start[2]);
    CHECK(furl_reset(opt.get()) == FURL_OK);
    CHECK(furl_step_count(opt.get()) == 0);
}

TEST_CASE("groups in C: a loaded optimizer and a copy go on to the bit") {
    const scratch folder;
    const auto file = (folder / "checkpoint").string();
    model<bfloat16> c(sizes_of_groups), resumed(sizes_of_groups), third(sizes_of_groups);
    const auto opt = two_groups(FURL_BFLOAT16, FURL_SPLIT), other = two_groups(FURL_BFLOAT16, FURL_SPLIT);
    const char* const names[] = {"w", "b", "out"};
    for (const auto* o : {&opt, &other}) CHECK(furl_name_tensors(o->get(), 3, names) == FURL_OK);
    CHECK(furl_set_of_group(opt.get(), 1, "lr", 0.01) == FURL_OK);
    for (int t = 0; t < 3; ++t) c.step(opt.get());
    CHECK(furl_save(opt.get(), file.c_str(), FURL_BFLOAT16, 3, c.w.data(), c.sizes.data()) == FURL_OK);
    CHECK_MESSAGE(furl_load(other.get(), file.c_str(), FURL_BFLOAT16, 3, resumed.w.data(), c.sizes.data()) == FURL_OK, error_of(other));
    const handle copy(furl_copy(opt.get()));
    for (std::size_t i = 0; i < 3; ++i) std::ranges::copy(c.weights[i], third.weights[i].begin());
    for (int t = 0; t < 3; ++t) {
        c.step(opt.get());
        resumed.step(other.get());
        third.step(copy.get());
    }
    double lr = 0;
    CHECK(furl_get_of_group(other.get(), 1, "lr", &lr) == FURL_OK);
    CHECK(lr == 0.01);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(same(c.weights[i], resumed.weights[i]));
        CHECK(same(c.weights[i], third.weights[i]));
    }
}

TEST_CASE("wrong groups are refused, and so is a wrong step") {
    const furl_shape shape{1, 4}, huge{SIZE_MAX, 2};
    const furl_setting wrong{"decya", 0};
    const auto refused = [](std::vector<furl_group> groups, const char* part, furl_storage how = FURL_PLAIN) {
        CHECK(furl_create_groups(FURL_FLOAT, how, groups.size(), groups.data()) == nullptr);
        CHECK_MESSAGE(has(furl_error(nullptr), part), furl_error(nullptr));
    };
    refused({}, "at least one");
    refused({{"guarded", 1, &shape, 0, nullptr}, {"adamv", 1, &shape, 0, nullptr}}, "did you mean 'adamw'?");
    refused({{nullptr, 1, &shape, 0, nullptr}}, "the name of the rule is NULL");
    refused({{"guarded", 1, nullptr, 0, nullptr}}, "the array of shapes is NULL");
    refused({{"guarded", 1, &shape, 1, nullptr}}, "the array of settings is NULL");
    refused({{"guarded", 1, &shape, 1, &wrong}}, "did you mean 'decay'?");
    refused({{"guarded", 1, &shape, 0, nullptr}, {"guarded", 1, &huge, 0, nullptr}}, "tensor 1 has more elements than any memory");
    refused({{"guarded", 1, &shape, 0, nullptr}}, "16 bits", FURL_SPLIT);
    CHECK(furl_create_groups(FURL_FLOAT, FURL_PLAIN, 1, nullptr) == nullptr);
    CHECK(has(furl_error(nullptr), "the array of groups is NULL"));

    model<float> c(sizes_of_groups);
    const auto opt = two_groups(FURL_FLOAT, FURL_PLAIN);
    const auto weights = c.weights;
    const auto check = [&](int code, const char* part) {
        CHECK(code == FURL_REFUSED);
        CHECK_MESSAGE(has(error_of(opt), part), error_of(opt));
    };
    const std::size_t swapped[] = {40, 60, 3};
    check(furl_step(opt.get(), FURL_FLOAT, 3, c.w.data(), c.g.data(), swapped), "tensor 1: parameters have 60 elements, expected 3");
    check(furl_step(opt.get(), FURL_FLOAT, 2, c.w.data(), c.g.data(), c.sizes.data()), "2 tensors are given, expected 3");
    check(furl_step(opt.get(), FURL_FLOAT, 3, c.w.data(), c.w.data(), c.sizes.data()), "overlap");
    check(furl_step(opt.get(), FURL_BFLOAT16, 3, c.w.data(), c.g.data(), c.sizes.data()), "the data is bfloat16, and the optimizer was made for float");
    check(furl_step_tensor(opt.get(), FURL_FLOAT, 0, c.w[0], c.g[0], 40), "no step of one tensor");
    check(furl_finish_step(opt.get()), "no step of one tensor");
    CHECK(c.weights == weights);
    CHECK(furl_step_count(opt.get()) == 0);
}

TEST_CASE("a program in C99 steps groups of 16 bits") {
    const auto w = normal_values<float>(30, 1), g = normal_values<float>(30, 2);
    std::vector<bfloat16> weights(w.begin(), w.end()), gradients(g.begin(), g.end());
    auto expected = weights;
    grouped_optimizer<float, bfloat16> opt;
    opt.add<guarded, narrow<bfloat16, split<bfloat16>>>({std::size_t{10}});
    opt.add<guarded, narrow<bfloat16, split<bfloat16>>>({std::size_t{20}}, {.settings = {{"decay", 0}}});
    const std::span all(expected), slopes(gradients);
    for (int t = 0; t < 3; ++t) opt.step({all.first(10), all.last(20)}, {slopes.first(10), slopes.last(20)});
    double norm = 0;
    CHECK(steps_of_groups_in_c(reinterpret_cast<std::uint16_t*>(weights.data()), reinterpret_cast<std::uint16_t*>(gradients.data()), 10, 20, &norm) == 3);
    CHECK(same(weights, expected));
    CHECK(norm == opt.value("grad_norm"));
}
