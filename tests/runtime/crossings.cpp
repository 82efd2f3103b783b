// Ways of running and kinds of storage, each with each: all go through the same history, and must end with the bits of the plain
// way. Behind any_optimizer, parameters are of the element type, so two columns stay empty.
//
// The history has it all: a tensor without a gradient in the first steps and one in the middle, an infinity (skipped), a
// hyperparameter of each tensor that changes, gradients that the step zeroes, an accumulation, tensors of no elements, of a tail and
// of several chunks, a state that starts from the parameters, one that starts from the gradient, one value per tensor, one per step.
//
//                      | float | bfloat16 states | split parameters | master parameters | moments in 8 bits
// on threads           |   x   |        x        |         x        |         x         |         x
// tensors in one block |   x   |        x        |         x        |         x         |         x
// a copy goes on       |   x   |        x        |         x        |         x         |         x
// a move goes on       |   x   |        x        |         x        |         x         |         x
// saved and resumed    |   x   |        x        |         x        |         x         |         x
// behind any_optimizer |   x   |                 |                  |                   |         x
// tensor by tensor     |   x   |                 |         x        |                   |         x   (the rule without its norm and guard)
#include <furl/checkpoint/checkpoint.hpp>
#include <furl/furl.hpp>
#include <furl/runtime/any_optimizer.hpp>
#include <furl/threads/thread_pool.hpp>

#include <support/compare.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <optional>

using namespace furl;
using namespace furl::tests;

namespace {

constexpr std::size_t sizes[]{9000, 33, 0, 33, 5};
constexpr std::size_t tensors = std::size(sizes);
constexpr unsigned steps = 9;

struct core {
    static constexpr auto lr = hyper<"lr">(0.01);
    static constexpr auto decay = per_tensor<"decay">(0.0);
    static constexpr auto m = ema<"m">(grad, 0.9, grad);
    static constexpr auto v = ema<"v">(square(grad), 0.99);
    static constexpr auto largest = running_max<"largest">(max_abs(grad));
    static constexpr auto ticks = accumulate<"ticks">(furl::step);
    static constexpr auto moved = with(param * (1 - lr * decay) - lr * m / (sqrt(v) + 0.01) / (1 + 0.1 * largest), ticks);
    static constexpr auto averaged = weight_ema(lookahead(moved, 3, 0.5), 0.9);
};

struct everything : core {
    static constexpr auto update = skip_nonfinite(
        zero_grad(accumulate_gradients(steps_per_tensor(replace(averaged, grad, clip_by_global_norm(grad, 1.0))), 2)));
};

/// What can step tensor by tensor.
struct alone : core {
    static constexpr auto update = zero_grad(accumulate_gradients(averaged, 2));
};

template <class E>
using list = std::vector<std::vector<E>>;

template <class E>
list<E> values(unsigned seed, double deviation = 1) {
    list<E> all;
    for (auto n : sizes) {
        all.emplace_back();
        for (float x : normal_values<float>(n, seed++, deviation)) all.back().push_back(E(x));
    }
    return all;
}

// The gradients of a step: tensor 3 has none in the first three, tensor 0 none in the sixth; the fifth has an infinity.
list<float> gradients_of(unsigned t, bool may_be_infinite) {
    auto g = values<float>(100 + 10 * t);
    if (t < 3) g[3].clear();
    if (t == 5) g[0].clear();
    if (t == 4 && may_be_infinite) g[1][7] = std::numeric_limits<float>::infinity();
    return g;
}

// A run: parameters, optimizer, and what it is to become of it in the middle.
template <class Optimizer>
struct run {
    using E = typename Optimizer::parameter_type;
    Optimizer opt{sizes};
    list<E> w = values<E>(1);

    template <class Step>
    void go(unsigned from, unsigned to, bool may_be_infinite, Step do_step) {
        for (unsigned t = from; t < to; ++t) {
            if (t == 2) opt.set("decay", 1, 0.25);
            if (t == 6) opt.set("decay", 0.5);
            auto g = gradients_of(t, may_be_infinite);
            const bool done = do_step(w, g);
            CHECK(done != (t == 4 && may_be_infinite));
            for (const auto& x : g) CHECK(std::ranges::all_of(x, [&](float y) { return !done || y == 0; }));
        }
    }

    std::string bytes() {
        std::string all = std::to_string(opt.step_count());
        const auto keep = [&](auto span) { all.append(reinterpret_cast<const char*>(span.data()), span.size()); };
        for (auto& x : w) keep(std::as_bytes(std::span(x)));
        for (std::size_t s = 0; s < opt.info().states.size(); ++s)
            for (std::size_t i = 0; i < tensors; ++i) keep(opt.state_bytes(s, i));
        return all;
    }
};

// A run in which something happens to the optimizer before the fifth step, the one that is skipped.
template <class Optimizer, class Event>
std::string with_event(Event event) {
    run<Optimizer> r;
    const auto plain = [&](auto& w, auto& g) { return r.opt.step(w, g); };
    r.go(0, 4, true, plain);
    event(r);
    r.go(4, steps, true, plain);
    return r.bytes();
}

using in_float = furl::storage<>;
using narrow_states = furl::storage<states_as<bfloat16>>;
using split_weights = furl::storage<param_as<split<bfloat16>>>;
using master_weights = furl::storage<param_as<master<bfloat16>>>;
using eight_bits = furl::storage<state_as<"m", block8>, state_as<"v", block8_positive>>;

}  // namespace

TEST_CASE_TEMPLATE("each way of running, in each storage, ends with the bits of the plain one", Storage, in_float, narrow_states,
                   split_weights, master_weights, eight_bits) {
    using Optimizer = optimizer<everything, float, Storage>;
    using E = typename Optimizer::parameter_type;
    const auto expected = with_event<Optimizer>([](auto&) {});
    CHECK(with_event<Optimizer>([](auto&) {}) == expected);

    run<Optimizer> threads;
    thread_pool pool(3);
    threads.go(0, steps, true, [&](auto& w, auto& g) { return threads.opt.step(pool, w, g); });
    CHECK(threads.bytes() == expected);

    run<Optimizer> block;
    std::vector<E> all;
    for (const auto& x : block.w) all.insert(all.end(), x.begin(), x.end());
    const auto cut = [&] {
        std::vector<std::span<E>> parts;
        for (std::size_t i = 0, at = 0; i < tensors; at += sizes[i++]) parts.push_back(std::span(all).subspan(at, sizes[i]));
        return parts;
    };
    block.go(0, steps, true, [&](auto&, auto& g) { return block.opt.step(cut(), g); });
    for (std::size_t i = 0; i < tensors; ++i) std::ranges::copy(cut()[i], block.w[i].begin());
    CHECK(block.bytes() == expected);

    CHECK(with_event<Optimizer>([](auto& r) {
              const auto copy = r.opt;
              r.opt = copy;
          }) == expected);
    CHECK(with_event<Optimizer>([](auto& r) {
              auto moved = std::move(r.opt);
              r.opt = std::move(moved);
          }) == expected);
    CHECK(with_event<Optimizer>([](auto& r) {
              std::vector<std::byte> file;
              save_checkpoint(file, r.opt, r.w);
              r.opt = Optimizer(sizes);
              r.w = values<E>(7);
              CHECK(load_checkpoint(file, r.opt, r.w).converted == 0);
          }) == expected);
    // A run that is given up changes nothing of the next.
    CHECK(with_event<Optimizer>([](auto& r) {
              run<Optimizer> again;
              r.opt.reset();
              r.opt.set("decay", 0.0);
              r.w = again.w;
              r.go(0, 4, true, [&](auto& w, auto& g) { return r.opt.step(w, g); });
          }) == expected);
}

TEST_CASE_TEMPLATE("behind any_optimizer a rule takes the same steps", Storage, in_float, eight_bits) {
    run<optimizer<everything, float, Storage>> plain, r;
    plain.go(0, steps, true, [&](auto& w, auto& g) { return plain.opt.step(w, g); });
    any_optimizer<float> erased = r.opt;
    for (unsigned t = 0; t < steps; ++t) {
        if (t == 2) erased.scalar_state("decay", 1) = 0.25;
        if (t == 6)
            for (std::size_t i = 0; i < tensors; ++i) erased.scalar_state("decay", i) = 0.5;
        auto g = gradients_of(t, true);
        CHECK(erased.step(r.w, g) == (t != 4));
    }
    CHECK(r.w == plain.w);
}

TEST_CASE_TEMPLATE("tensor by tensor ends with the bits of the plain step", Storage, in_float, split_weights, eight_bits) {
    using Optimizer = optimizer<alone, float, Storage>;
    run<Optimizer> plain, parts;
    plain.go(0, steps, false, [&](auto& w, auto& g) { return plain.opt.step(w, g); });
    parts.go(0, steps, false, [&](auto& w, auto& g) {
        bool done = true;
        for (std::size_t i = tensors; i-- > 0;) done = parts.opt.step_tensor(i, w[i], g[i]) && done;
        return done;
    });
    CHECK(parts.bytes() == plain.bytes());
}
