#include <doctest/doctest.h>

#include <support/rules.hpp>

#include <cmath>

using namespace furl;
using namespace furl::tests;

namespace {

/// Every way to make a state and to read one.
struct many_states {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto twice = let<"twice">(2 * grad);

    static constexpr auto general = state<"general">(3.0, [](auto old) { return old * old / 4 + grad; });
    static constexpr auto from_param = state<"from_param">(param, [](auto old) { return 0.5 * old + grad; });
    static constexpr auto from_hyper = state<"from_hyper">(lr, [](auto old) { return old + grad; });
    static constexpr auto constant_one = state<"constant_one">(7, [](auto) { return 1; });
    static constexpr auto late = delay<"late">(grad, 9);
    static constexpr auto later = delay<"later">(late, param);
    static constexpr auto total = accumulate<"total">(grad, 1);
    static constexpr auto heavy = momentum<"heavy">(grad, 0.5);
    static constexpr auto high = running_max<"high">(grad, -0.25);
    static constexpr auto mean_grad = ema<"mean_grad">(grad, 0.75, param);
    static constexpr auto unbiased = ema<"unbiased">(twice, 0.75);
    static constexpr auto follows = ema<"follows">(updated, 0.9, param);
    static constexpr auto recorded = record<"recorded">(previous(general) + bias_corrected(unbiased));
    static constexpr auto aside = record<"aside">(safe_divide(grad, abs(heavy), 1e-3));

    static constexpr auto update = with(param - lr * (twice + previous(follows)), general, from_param, from_hyper,
                                        constant_one, late, later, total, heavy, high, mean_grad, recorded, aside);
};

struct number {
    static constexpr auto update = 5;
};

struct copy {
    static constexpr auto update = grad;
};

template <class T>
struct near {
    double x;
    friend bool operator==(T a, near b) {
        return std::fabs(a - b.x) <= 16 * std::numeric_limits<T>::epsilon() * (1 + std::fabs(b.x));
    }
};

template <class Optimizer>
void check_many_states() {
    using T = typename Optimizer::value_type;
    using R = many_states;
    const std::size_t n = 9;
    const problem<T> p(n, 6);
    Optimizer opt(n);
    auto w = p.start;

    struct element {
        double w, general = 3, from_param = 0, from_hyper = 0.1, constant_one = 0, late = 9, later = 0, total = 1,
                  heavy = 0, high = -0.25, mean_grad = 0, unbiased = 0, follows = 0;
    };
    std::vector<element> plain(n);
    for (std::size_t i = 0; i < n; ++i) {
        const double x = w[i];
        plain[i].w = plain[i].from_param = plain[i].mean_grad = plain[i].follows = plain[i].later = x;
    }
    for (std::size_t t = 1; t <= 6; ++t) {
        opt.step(w, p.gradients[t - 1]);
        for (std::size_t i = 0; i < n; ++i) {
            CAPTURE(t);
            CAPTURE(i);
            auto& e = plain[i];
            const double g = p.gradients[t - 1][i], old_general = e.general;
            const auto equal = [&](const auto& symbol, double expected) {
                return opt.state(symbol)[i] == near<T>{expected};
            };
            e.w -= 0.1 * (2 * g + e.follows);
            e.general = e.general * e.general / 4 + g;
            e.from_param = 0.5 * e.from_param + g;
            e.from_hyper += g;
            // What the state of a delay holds after the step is what it gives in the next one.
            e.later = e.late;
            e.late = g;
            e.total += g;
            e.heavy = 0.5 * e.heavy + g;
            e.high = std::max(e.high, g);
            e.mean_grad = 0.75 * e.mean_grad + 0.25 * g;
            e.unbiased = 0.75 * e.unbiased + 0.25 * 2 * g;
            e.follows = 0.9 * e.follows + 0.1 * e.w;
            CHECK(w[i] == near<T>{e.w});
            CHECK(equal(R::general, e.general));
            CHECK(equal(R::from_param, e.from_param));
            CHECK(equal(R::from_hyper, e.from_hyper));
            CHECK(equal(R::total, e.total));
            CHECK(equal(R::heavy, e.heavy));
            CHECK(equal(R::high, e.high));
            CHECK(equal(R::mean_grad, e.mean_grad));
            CHECK(equal(R::unbiased, e.unbiased));
            CHECK(equal(R::follows, e.follows));
            CHECK(equal(R::late, e.late));
            CHECK(equal(R::later, e.later));
            CHECK(equal(R::recorded, old_general + e.unbiased / (1 - std::pow(0.75, t))));
            CHECK(equal(R::aside, g / (std::fabs(e.heavy) + 1e-3)));
        }
        CHECK(opt.state(R::constant_one)[0] == 1);
    }
}

}  // namespace

TEST_CASE_TEMPLATE("states are what plain loops make of their recurrences", Optimizer, reference<many_states>,
                   optimizer<many_states>, naive<many_states, double>) {
    check_many_states<Optimizer>();
}

TEST_CASE("a state that starts from a number holds it before the first step") {
    optimizer<many_states> opt(5);
    for (auto x : opt.state(many_states::general)) CHECK(x == 3);
    for (auto x : opt.state(many_states::high)) CHECK(x == -0.25F);
    for (auto x : opt.state(many_states::late)) CHECK(x == 9);
}

TEST_CASE("a state that starts from an expression takes it in the first step after a reset as well") {
    optimizer<averaged> opt(3);
    std::vector<float> w{1, 2, 3}, g{0, 0, 0};
    opt.step(w, g);
    CHECK(opt.state(averaged::average)[1] == doctest::Approx(2));
    opt.reset();
    w = {5, 6, 7};
    opt.step(w, g);
    CHECK(opt.state(averaged::average)[1] == doctest::Approx(6));
}

TEST_CASE("a named state is one stream, however often it is used") {
    // heavy is used twice in many_states, unbiased by two names: each is one stream.
    static_assert(cost<adamw_rule>.states == 2);
    static_assert(cost<amsgrad_rule>.states == 3);
    static_assert(cost<many_states>.states == 13);
    CHECK(optimizer<many_states>::states().size() == 13);
}

TEST_CASE("a chain of old values moves one step at a time") {
    optimizer<shuffled> opt(1);
    std::vector<float> w{0}, g{0};
    std::vector<float> seen;
    for (int t = 1; t <= 6; ++t) {
        g[0] = static_cast<float>(10 * t);
        opt.step(w, g);
        seen.push_back(w[0]);
    }
    CHECK(seen == std::vector<float>{3, 2, 1, 10, 20, 30});
}

TEST_CASE("a rule may be a number or a leaf") {
    std::vector<float> w{1, 2, 3}, g{4, 5, 6};
    optimizer<copy>(3).step(w, g);
    CHECK(w == g);
    optimizer<number>(3).step(w, g);
    CHECK(w == std::vector<float>{5, 5, 5});
    w = {1, 2, 3};
    naive<copy>(3).step(w, g);
    CHECK(w == g);
    naive<number>(3).step(w, g);
    CHECK(w == std::vector<float>{5, 5, 5});
}
