#include <furl/checkpoint/checkpoint.hpp>
#include <furl/furl.hpp>
#include <furl/runtime/grouped_optimizer.hpp>
#include <furl/threads/thread_pool.hpp>

#include <support/compare.hpp>
#include <support/messages.hpp>
#include <support/scratch.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace furl;
using namespace furl::tests;

namespace {

/// Two numbers of the step: one at each parameter, one in a state of the step, in a value of each tensor and beside an
/// input.
struct rule {
    static constexpr auto lr = hyper<"lr">(0.5);
    static constexpr auto loss = step_input<"loss">;
    static constexpr auto mean_loss = ema<"mean_loss">(loss, 0.5);
    static constexpr auto length = let<"length">(loss * norm1(grad) + step_input<"shift">);
    static constexpr auto update = param - lr * (loss * grad + mean_loss * input<"h"> + length);
};

struct descent {
    static constexpr auto update = param - step_input<"loss"> * grad;
};

struct guarded {
    static constexpr auto update = skip_unless(step_input<"loss"> < 10.0, param - step_input<"loss"> * grad);
};

struct other {
    static constexpr auto update = param - 0.25 * grad;
};

struct averaged {
    static constexpr auto update = accumulate_gradients(param - step_input<"loss"> * grad, 2);
};

struct renamed {
    static constexpr auto update = param - step_input<"error"> * grad;
};

/// The rule by hand.
struct by_hand {
    double mean_loss = 0;

    void step(std::vector<std::vector<double>>& w, const std::vector<std::vector<double>>& g,
              const std::vector<std::vector<double>>& h, double loss, double shift) {
        mean_loss = 0.5 * mean_loss + 0.5 * loss;
        for (std::size_t k = 0; k < w.size(); ++k) {
            double norm1 = 0;
            for (double x : g[k]) norm1 += std::fabs(x);
            for (std::size_t i = 0; i < w[k].size(); ++i)
                w[k][i] -= 0.5 * (loss * g[k][i] + mean_loss * h[k][i] + loss * norm1 + shift);
        }
    }
};

template <class T>
std::vector<std::vector<T>> some(unsigned seed, double scale = 1) {
    return {normal_values<T>(37, seed, scale), {}, normal_values<T>(5, seed + 1, scale)};
}

template <class T>
std::vector<std::vector<double>> in_double(const std::vector<std::vector<T>>& x) {
    std::vector<std::vector<double>> result;
    for (const auto& tensor : x) result.emplace_back(tensor.begin(), tensor.end());
    return result;
}

constexpr double losses[]{2, 0.5, -1, 0, 4};

bool says(const std::string& message, std::string_view words) {
    CAPTURE(message);
    CHECK(message.find(words) != std::string::npos);
    return message.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE_TEMPLATE("a number of the step is what the step was given, in every executor", Optimizer, optimizer<rule>,
                   optimizer<rule, double>, optimizer<rule, float, strict>, naive<rule>, reference<rule>,
                   reference<rule, float>) {
    using T = typename Optimizer::value_type;
    constexpr double tolerance = sizeof(T) == 4 ? 2e-4 : 1e-13;
    Optimizer opt({37, 0, 5});
    auto w = some<T>(1);
    auto expected = in_double(w);
    const auto h = some<T>(50);
    by_hand hand;
    for (unsigned t = 0; t < 5; ++t) {
        const auto g = some<T>(10 + t);
        CHECK(opt.step(w, g, step_input<"shift"> = 0.25, input<"h"> = h,
                       step_input<"loss"> = static_cast<float>(losses[t])));
        hand.step(expected, in_double(g), in_double(h), losses[t], 0.25);
        for (std::size_t k = 0; k < w.size(); ++k)
            for (std::size_t i = 0; i < w[k].size(); ++i)
                CHECK(std::fabs(static_cast<double>(w[k][i]) - expected[k][i]) <= tolerance);
        CHECK(opt.scalar_state("mean_loss", 0) == hand.mean_loss);
    }
}

TEST_CASE("threads, single tensors and names of run time give the same bits") {
    optimizer<rule> plain({37, 0, 5}), threaded({37, 0, 5}), apart({37, 0, 5});
    any_optimizer<float> named = optimizer<rule>({37, 0, 5}), named_apart = named;
    thread_pool pool(3);
    auto w = some<float>(1), x = w, y = w, z = w, v = w;
    const auto h = some<float>(50);
    for (unsigned t = 0; t < 5; ++t) {
        const auto g = some<float>(10 + t);
        const double loss = losses[t];
        plain.step(w, g, input<"h"> = h, step_input<"loss"> = loss, step_input<"shift"> = 1);
        threaded.step(pool, x, g, step_input<"loss"> = loss, step_input<"shift"> = 1, input<"h"> = h);
        CHECK(named.step(y, g, {{"loss", loss}, {"h", h}, {"shift", 1}}));
        for (std::size_t k : {2U, 0U, 1U})  // with each tensor, or with the first only
            if (t % 2 == 0 || k == 2)
                apart.step_tensor(k, z[k], g[k], input<"h"> = h[k], step_input<"loss"> = loss, step_input<"shift"> = 1);
            else apart.step_tensor(k, z[k], g[k], input<"h"> = h[k]);
        for (std::size_t k : {2U, 0U, 1U})
            if (k == 2) named_apart.step_tensor(k, v[k], g[k], {{"h", h[k]}, {"loss", loss}, {"shift", 1}});
            else named_apart.step_tensor(k, v[k], g[k], {{"h", h[k]}});
        CHECK(apart.step_count() == t + 1);
    }
    CHECK(w == x);
    CHECK(w == y);
    CHECK(w == z);
    CHECK(w == v);
}

TEST_CASE("rows step with the number of their step, duplicates too") {
    const std::vector<float> g{1, 2, 3, 4, 5, 6};
    optimizer<descent> opt(shape{4, 2});
    std::vector<float> w(8, 1);
    CHECK(opt.step_rows(std::vector{3, 0, 2}, w, g, step_input<"loss"> = 0.5));
    CHECK(w == std::vector<float>{-0.5, -1, 1, 1, -1.5, -2, 0.5, 0});
    CHECK(opt.step_rows(sum_duplicates, std::vector{1, 1, 0}, w, g, step_input<"loss"> = 0.5));
    CHECK(w == std::vector<float>{-3, -4, -1, -2, -1.5, -2, 0.5, 0});
    CHECK(says(message_of([&] { opt.step_rows(std::vector{3, 0, 2}, w, g); }), "input 'loss' is missing"));
    CHECK(says(message_of([&] {
                   opt.step_rows(sum_duplicates, std::vector{3, 0, 2}, w, g);
               }),
               "input 'loss' is missing"));
    CHECK(opt.step_count() == 2);
}

TEST_CASE("every group that asks for the number gets it") {
    grouped_optimizer<float> groups;
    groups.add<descent>({1});
    groups.add<other>({1});
    groups.add<descent>({1, 1}, {.settings = {}, .lr_scale = {}, .frozen = true});
    groups.add<guarded>({1});
    std::vector<std::vector<float>> w(5, {1}), g(5, {2});
    for (int t = 0; t < 3; ++t) {
        w.assign(5, {1});
        CHECK(groups.step(w, g, {{"loss", 0.25 * (t + 1)}}));
        const float moved = 1 - 0.5f * static_cast<float>(t + 1);
        CHECK(w == std::vector<std::vector<float>>{{moved}, {0.5}, {1}, {1}, {moved}});
    }
    const auto before = w;
    CHECK(!groups.step(w, g, {{"loss", 10}}));  // the guard of one
    CHECK(says(message_of([&] { groups.step(w, g); }), "input 'loss' is missing"));
    CHECK(says(message_of([&] { groups.step(w, g, {{"lose", 1}}); }), "no input 'lose', did you mean 'loss'?"));
    CHECK(says(message_of([&] {
                   groups.step(w, g, {{"loss", g}});
               }),
               "'loss' is one number per step, and tensors are given for it"));
    CHECK(says(message_of([&] { groups.step(w, g, {{"loss", 1}, {"loss", 1}}); }), "'loss' is given twice"));
    CHECK(w == before);
    CHECK(groups[0].step_count() == 3);
}

TEST_CASE("groups take numbers beside inputs, whatever stands first") {
    optimizer<rule> one({37, 5});
    grouped_optimizer<float> groups;
    groups.add<other>({3});
    groups.add<rule>({37, 5});
    auto w = normal_values<float>(37, 1), v = normal_values<float>(5, 2);
    std::vector<std::vector<float>> x{w, v}, y{{1, 2, 3}, w, v};
    for (unsigned t = 0; t < 5; ++t) {
        const std::vector<std::vector<float>> g{
            {1, 1, 1}, normal_values<float>(37, 10 + t), normal_values<float>(5, 20 + t)};
        const std::vector<std::vector<float>> h{{}, normal_values<float>(37, 30 + t), normal_values<float>(5, 40 + t)};
        one.step(x, std::vector{g[1], g[2]}, input<"h"> = std::vector{h[1], h[2]}, step_input<"loss"> = losses[t],
                 step_input<"shift"> = 1);
        if (t % 2 == 0) groups.step(y, g, {{"loss", losses[t]}, {"h", h}, {"shift", 1}});
        else groups.step(y, g, {{"h", h}, {"shift", 1}, {"loss", losses[t]}});
        CHECK(y[1] == x[0]);
        CHECK(y[2] == x[1]);
    }
}

TEST_CASE("a guard reads the number, and NaN and infinities reach the rule as they are given") {
    optimizer<guarded> opt(2);
    std::vector<float> w{1, 2};
    const std::vector<float> g{1, 1};
    CHECK(opt.step(w, g, step_input<"loss"> = 1));
    for (double skipped : {10.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
        CHECK(!opt.step(w, g, step_input<"loss"> = skipped));
    CHECK(w == std::vector<float>{0, 1});
    CHECK(opt.step_count() == 1);
    optimizer<descent> open(2);
    CHECK(open.step(w, g, step_input<"loss"> = std::numeric_limits<double>::quiet_NaN()));
    CHECK(std::isnan(w[0]));
}

TEST_CASE("a number that is missing, unknown, given twice or of the other kind is refused, and nothing changes") {
    optimizer<rule> opt(2);
    any_optimizer<float> named = opt;
    std::vector<float> w{1, 2};
    const std::vector<float> g{1, 1};
    const auto refuses = [&](const char* words, auto call, std::initializer_list<named_tensors<float>> inputs) {
        CHECK(says(message_of(call), words));
        CHECK(says(message_of([&] { named.step(w, g, inputs); }), words));
    };
    const auto h = input<"h"> = g;
    const auto loss = step_input<"loss"> = 1;
    const auto shift = step_input<"shift"> = 1;
    refuses("furl: input 'loss' is missing; call step(parameters, gradients, furl::step_input<\"loss\"> = number)",
            [&] { opt.step(w, g, h, shift); }, {{"h", g}, {"shift", 1}});
    refuses("furl: no step input 'los', did you mean 'loss'? the rule has: loss, shift",
            [&] { opt.step(w, g, h, shift, step_input<"los"> = 1); }, {{"h", g}, {"shift", 1}, {"los", 1}});
    refuses("furl: input 'loss' is given twice", [&] { opt.step(w, g, h, loss, shift, step_input<"loss"> = 2); },
            {{"h", g}, {"loss", 1}, {"shift", 1}, {"loss", 2}});
    refuses("furl: input 'h' is given twice", [&] { opt.step(w, g, h, h, loss, shift); },
            {{"h", g}, {"loss", 1}, {"shift", 1}, {"h", g}});
    refuses("furl: step input 'loss' is one number per step, and tensors are given for it",
            [&] { opt.step(w, g, h, shift, input<"loss"> = g); }, {{"h", g}, {"shift", 1}, {"loss", g}});
    refuses("furl: input 'h' has one value per parameter, and one number is given for it",
            [&] { opt.step(w, g, loss, shift, step_input<"h"> = 1); }, {{"h", 1}, {"shift", 1}, {"loss", 1}});
    CHECK(w == std::vector<float>{1, 2});
    CHECK(opt.step_count() == 0);
    CHECK(named.step_count() == 0);

    optimizer<other> without(2);
    CHECK(says(message_of([&] { without.step(w, g, loss); }), "no step input 'loss'; the rule has: none"));
}

TEST_CASE("the tensors of one step cannot be given different numbers") {
    optimizer<descent> opt({1, 1, 1});
    std::vector<std::vector<float>> w(3, {1}), g = w;
    CHECK(says(message_of([&] { opt.step_tensor(0, w[0], g[0]); }), "input 'loss' is missing"));
    const auto nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(opt.step_tensor(0, w[0], std::vector<float>{}, step_input<"loss"> = nan));
    CHECK(says(message_of([&] { opt.step_tensor(1, w[1], g[1], step_input<"loss"> = 1); }),
               "'loss' differs from what the first tensor"));
    CHECK(opt.step_tensor(1, w[1], g[1], step_input<"loss"> = nan));
    CHECK(opt.step_tensor(2, w[2], g[2]));
    CHECK(opt.step_count() == 1);
    CHECK(opt.step_tensor(2, w[2], g[2], step_input<"loss"> = 0.5));
    opt.finish_step();
    CHECK(says(message_of([&] { opt.step_tensor(1, w[1], g[1]); }), "input 'loss' is missing"));
}

TEST_CASE("an accumulated step sees the number of its last gradient") {
    optimizer<averaged> opt(1);
    std::vector<float> w{1};
    opt.step(w, std::vector<float>{1}, step_input<"loss"> = 100);
    CHECK(w[0] == 1);
    opt.step(w, std::vector<float>{3}, step_input<"loss"> = 0.25);
    CHECK(w[0] == 0.5f);
}

TEST_CASE("a checkpoint keeps what the rule made of the numbers, and nothing of the numbers") {
    const scratch folder;
    const auto path = folder / "with_loss.furl";
    optimizer<rule> straight(3), resumed(3);
    std::vector<float> w{1, 2, 3};
    const std::vector<float> g{1, -1, 2}, h{3, 1, 2};
    const auto take_step = [&](auto& opt, auto& x, double loss) {
        opt.step(x, g, input<"h"> = h, step_input<"loss"> = loss, step_input<"shift"> = -loss);
    };
    take_step(straight, w, 3);
    save_checkpoint(path, straight);
    load_checkpoint(path, resumed);
    auto x = w;
    take_step(straight, w, 0.5);
    take_step(resumed, x, 0.5);
    CHECK(w == x);
}

TEST_CASE("a copy and a moved optimizer take numbers of their own") {
    optimizer<descent> one(1);
    std::vector<float> w{1}, v{1};
    const std::vector<float> g{1};
    one.step(w, g, step_input<"loss"> = 0.5);
    auto two = one;
    two.step(v, g, step_input<"loss"> = 0.25);
    auto three = std::move(one);
    three.step(w, g, step_input<"loss"> = 0.125);
    CHECK(w[0] == 0.375f);
    CHECK(v[0] == 0.75f);
}

TEST_CASE("the printers name a number of the step, and the facts list it") {
    CHECK(text<descent>() == "updated = param - loss * grad\n");
    CHECK(latex<descent>().find("\\ell_t\\, g_t") != std::string::npos);
    CHECK(dot<descent>().find("[label=\"loss\", color=gray") != std::string::npos);
    CHECK(explain<rule>().find("  takes loss, shift: one number per step each\n") != std::string::npos);
    CHECK(explain<other>().find("takes") == std::string::npos);
    CHECK(listing(stages<descent>::written).find("step_input loss") != std::string::npos);
    constexpr const auto& facts = describe<rule>();
    static_assert(facts.step_inputs.size() == 2 && facts.step_inputs[0] == "loss" && facts.step_inputs[1] == "shift");
    static_assert(facts.inputs.size() == 1 && describe<other>().step_inputs.empty());
    static_assert(cost<descent>.loads == 2 && cost<descent>.stores == 1 && cost<descent>.passes == 1);
    static_assert(fingerprint<descent> != fingerprint<renamed>);
}
