#include <doctest/doctest.h>

#include <support/rules.hpp>

#include <functional>
#include <stdexcept>
#include <string>

using namespace furl;
using namespace furl::tests;

namespace {

/// States of each domain, and an input.
struct rule {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto hessian = input<"hessian">;
    static constexpr auto m = ema<"m">(grad, 0.9);
    static constexpr auto size = ema<"size">(norm(grad), 0.9);
    static constexpr auto ticks = accumulate<"ticks">(step);
    static constexpr auto update = with(param - lr * m / (size + abs(hessian)), ticks);
};

// An optimizer of two tensors in the middle of a run, and everything that a refused step must leave alone.
struct running {
    std::vector<float> w0 = normal_values<float>(20, 1), w1 = normal_values<float>(30, 2);
    std::vector<float> g0 = normal_values<float>(20, 3), g1 = normal_values<float>(30, 4);
    std::vector<float> h0 = normal_values<float>(20, 5), h1 = normal_values<float>(30, 6);
    optimizer<rule> opt{20, 30};

    using spans = std::vector<std::span<float>>;
    using data = std::vector<std::span<const float>>;

    void good_step() { opt.step(spans{w0, w1}, data{g0, g1}, input<"hessian"> = data{h0, h1}); }

    running() {
        good_step();
        good_step();
    }

    std::vector<std::vector<double>> everything() {
        std::vector<std::vector<double>> all;
        const auto keep = [&](const auto& x) { all.emplace_back(std::begin(x), std::end(x)); };
        for (const auto* x : {&w0, &w1, &g0, &g1, &h0, &h1}) keep(*x);
        for (std::size_t i = 0; i < 2; ++i) keep(opt.state(rule::m, i)), keep(opt.state(rule::size, i));
        keep(opt.state(rule::ticks, 0));
        all.push_back({static_cast<double>(opt.step_count()), opt[rule::lr]});
        return all;
    }
};

// Makes a wrong call on a running optimizer. Its message has all these words; nothing is changed; and the next good
// step is that of an optimizer that was never called wrongly.
void refuses(const std::function<void(running&)>& call, std::initializer_list<std::string> words) {
    running wrong, right;
    const auto before = wrong.everything();
    std::string text;
    try {
        call(wrong);
    } catch (const std::invalid_argument& e) {
        text = e.what();
    }
    CAPTURE(text);
    CHECK(text.starts_with("furl: "));
    for (const auto& word : words) {
        CAPTURE(word);
        CHECK(text.find(word) != std::string::npos);
    }
    CHECK(wrong.everything() == before);
    wrong.good_step();
    right.good_step();
    CHECK(wrong.everything() == right.everything());
}

using spans = running::spans;
using data = running::data;

std::string message_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return "no exception";
}

}  // namespace

TEST_CASE("a tensor of the wrong size is refused by tensor, expected and given") {
    refuses(
        [](running& r) {
            r.opt.step(spans{r.w0, std::span(r.w1).first(29)}, data{r.g0, r.g1}, input<"hessian"> = data{r.h0, r.h1});
        },
        {"tensor 1", "parameters", "29", "30"});
    refuses(
        [](running& r) {
            r.opt.step(spans{r.w0, r.w1}, data{std::span(r.g1).first(21), r.g1}, input<"hessian"> = data{r.h0, r.h1});
        },
        {"tensor 0", "gradients", "21", "20"});
    refuses(
        [](running& r) {
            r.opt.step(spans{r.w0, r.w1}, data{r.g0, r.g1}, input<"hessian"> = data{r.h0, data::value_type{}});
        },
        {"tensor 1", "hessian", "0", "30"});
    refuses(
        [](running& r) {
            r.opt.step(spans{r.w1, r.w0}, data{r.g0, r.g1}, input<"hessian"> = data{r.h0, r.h1});
        },
        {"tensor 0", "parameters", "30", "20"});
}

TEST_CASE("a wrong number of tensors is refused by expected and given") {
    refuses(
        [](running& r) {
            r.opt.step(spans{r.w0}, data{r.g0, r.g1}, input<"hessian"> = data{r.h0, r.h1});
        },
        {"parameters", "1", "2"});
    refuses(
        [](running& r) {
            r.opt.step(spans{r.w0, r.w1}, data{r.g0, r.g1, r.g1}, input<"hessian"> = data{r.h0, r.h1});
        },
        {"gradients", "3", "2"});
    refuses(
        [](running& r) {
            r.opt.step(spans{r.w0, r.w1}, data{r.g0, r.g1}, input<"hessian"> = data{});
        },
        {"hessian", "0", "2"});
    refuses([](running& r) { r.opt.step(r.w0, r.g0, input<"hessian"> = r.h0); }, {"parameters", "1", "2"});
}

TEST_CASE("parameters that overlap gradients are refused by tensor") {
    refuses(
        [](running& r) {
            r.opt.step(spans{r.w0, r.w1}, data{r.w0, r.g1}, input<"hessian"> = data{r.h0, r.h1});
        },
        {"overlap", "parameters of tensor 0", "gradients of tensor 0"});
    // By one element, and across tensors.
    refuses(
        [](running& r) {
            std::vector<float> memory(39, 1);
            r.opt.step(spans{std::span(memory).first(20), r.w1}, data{std::span(memory).last(20), r.g1},
                       input<"hessian"> = data{r.h0, r.h1});
        },
        {"overlap", "parameters of tensor 0", "gradients of tensor 0"});
    refuses(
        [](running& r) {
            std::vector<float> memory(49, 1);
            r.opt.step(spans{r.w0, std::span(memory).first(30)}, data{std::span(memory).last(20), r.g1},
                       input<"hessian"> = data{r.h0, r.h1});
        },
        {"overlap", "parameters of tensor 1", "gradients of tensor 0"});
    refuses(
        [](running& r) {
            std::vector<float> memory(49, 1);
            r.opt.step(spans{std::span(memory).last(20), r.w1}, data{r.g0, r.g1},
                       input<"hessian"> = data{r.h0, std::span(memory).first(30)});
        },
        {"overlap", "parameters of tensor 0", "hessian", "tensor 1"});
}

TEST_CASE("memory that touches is no overlap") {
    running r;
    std::vector<float> memory(100, 1);
    const std::span all(memory);
    r.opt.step(spans{all.subspan(0, 20), all.subspan(20, 30)}, data{all.subspan(50, 20), all.subspan(70, 30)},
               input<"hessian"> = data{all.subspan(50, 20), all.subspan(50, 30)});
    CHECK(r.opt.step_count() == 3);
    CHECK(memory[49] != 1);
    CHECK(memory[50] == 1);
}

TEST_CASE("parameters that overlap parameters are refused") {
    refuses(
        [](running& r) {
            std::vector<float> memory(49, 1);
            r.opt.step(spans{std::span(memory).first(20), std::span(memory).last(30)}, data{r.g0, r.g1},
                       input<"hessian"> = data{r.h0, r.h1});
        },
        {"overlap", "parameters of tensor 0", "parameters of tensor 1"});
}

TEST_CASE("an optimizer's own states are no gradients, inputs or parameters of it") {
    refuses(
        [](running& r) {
            r.opt.step(spans{r.w0, r.w1}, data{r.g0, r.opt.state(rule::m, 1)}, input<"hessian"> = data{r.h0, r.h1});
        },
        {"overlap", "gradients of tensor 1", "states"});
    refuses(
        [](running& r) {
            r.opt.step(spans{r.opt.state(rule::m, 0), r.w1}, data{r.g0, r.g1}, input<"hessian"> = data{r.h0, r.h1});
        },
        {"overlap", "parameters of tensor 0", "states"});
    refuses(
        [](running& r) {
            r.opt.step(spans{r.w0, r.w1}, data{r.g0, r.g1}, input<"hessian"> = data{r.opt.state(rule::m, 0), r.h1});
        },
        {"overlap", "hessian", "tensor 0", "states"});
    // Another optimizer's states are as good as any memory.
    running a, b;
    a.opt.step(spans{a.w0, a.w1}, data{b.opt.state(rule::m, 0), b.opt.state(rule::m, 1)},
               input<"hessian"> = data{a.h0, a.h1});
    CHECK(a.opt.step_count() == 3);
}

TEST_CASE("a missing or unknown input is refused by name") {
    refuses([](running& r) { r.opt.step(spans{r.w0, r.w1}, data{r.g0, r.g1}); }, {"hessian", "missing"});
    refuses(
        [](running& r) {
            r.opt.step(spans{r.w0, r.w1}, data{r.g0, r.g1}, input<"hesian"> = data{r.h0, r.h1});
        },
        {"hesian", "hessian"});
    refuses(
        [](running& r) {
            r.opt.step(spans{r.w0, r.w1}, data{r.g0, r.g1}, input<"hessian"> = data{r.h0, r.h1},
                       input<"mask"> = data{r.h0, r.h1});
        },
        {"mask", "hessian"});
    optimizer<descent> no_inputs(1);
    std::vector<float> w{1}, g{1};
    const auto text = message_of([&] { no_inputs.step(w, g, input<"h"> = g); });
    CAPTURE(text);
    CHECK(text.find("'h'") != std::string::npos);
    CHECK(text.find("none") != std::string::npos);
    CHECK(w[0] == 1);
    CHECK(no_inputs.step_count() == 0);
}

TEST_CASE("an unknown hyperparameter is refused with the names there are") {
    optimizer<adamw_rule> opt(1);
    for (const auto& text :
         {message_of([&] { opt.set("learning_rate", 1); }), message_of([&] { opt.get("learning_rate"); })}) {
        CAPTURE(text);
        for (std::string word : {"learning_rate", "lr", "beta1", "beta2", "eps", "weight_decay"}) {
            CAPTURE(word);
            CHECK(text.find(word) != std::string::npos);
        }
    }
    CHECK(opt.get("lr") == 1e-3);
}

TEST_CASE("an unknown state or tensor is refused with what there is") {
    optimizer<adamw_rule> opt({2, 3});
    const auto name = message_of([&] { opt.state("momentum", 0); });
    CAPTURE(name);
    CHECK(name.find("momentum") != std::string::npos);
    CHECK(name.find("m, v") != std::string::npos);
    for (const auto& text : {message_of([&] { opt.state("m", 2); }), message_of([&] { opt.state(adamw_rule::m, 2); }),
                             message_of([&] { opt.state(adamw_rule::m); }), message_of([&] { opt.state("m"); })}) {
        CAPTURE(text);
        CHECK(text.starts_with("furl: "));
        CHECK(text.find("2") != std::string::npos);
    }
}

TEST_CASE("the check is made anew when memory changes between steps") {
    std::vector<float> w{1, 2, 3}, g{1, 1, 1}, other{4, 5, 6};
    optimizer<adamw_rule> opt(3);
    optimizer<descent> stateless(3);
    for (int round = 0; round < 3; ++round) {
        opt.step(w, g);
        stateless.step(w, g);
        CHECK_THROWS_AS(opt.step(w, w), std::invalid_argument);
        CHECK_THROWS_AS(stateless.step(w, w), std::invalid_argument);
        // The refused call is not taken for a good one the second time.
        CHECK_THROWS_AS(opt.step(w, w), std::invalid_argument);
        CHECK_THROWS_AS(stateless.step(w, w), std::invalid_argument);
        CHECK_THROWS_AS(opt.step(g, g), std::invalid_argument);
        CHECK_THROWS_AS(opt.step(w, opt.state("m")), std::invalid_argument);
        opt.step(other, g);
        stateless.step(other, g);
    }
    CHECK(opt.step_count() == 6);
    CHECK(stateless.step_count() == 6);
}

TEST_CASE("the size is checked in each step though the memory is the same") {
    std::vector<float> w(10), g(10);
    optimizer<descent> opt(10);
    opt.step(w, g);
    CHECK_THROWS_AS(opt.step(std::span(w).first(9), g), std::invalid_argument);
    CHECK_THROWS_AS(opt.step(w, std::span(g).first(9)), std::invalid_argument);
    opt.step(w, g);
    CHECK(opt.step_count() == 2);
}

TEST_CASE("a copy checks its own states") {
    std::vector<float> w{1, 2, 3}, g{1, 1, 1};
    optimizer<adamw_rule> opt(3);
    opt.step(w, g);
    auto copy = opt;
    CHECK_THROWS_AS(copy.step(w, copy.state("m")), std::invalid_argument);
    copy.step(w, opt.state("m"));
    CHECK_THROWS_AS(opt.step(w, opt.state("m")), std::invalid_argument);
    CHECK(copy.step_count() == 2);
    auto moved = std::move(copy);
    CHECK_THROWS_AS(moved.step(w, moved.state("m")), std::invalid_argument);
}
