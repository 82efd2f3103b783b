#include <doctest/doctest.h>

#include <support/rules.hpp>

using namespace furl;
using namespace furl::tests;

namespace {

struct accumulators {
    static constexpr auto mu = hyper<"mu">(0.5);
    static constexpr auto heavy = momentum<"heavy">(grad, mu);
    static constexpr auto total = accumulate<"total">(grad);
    static constexpr auto from_ten = accumulate<"from_ten">(grad, 10);
    static constexpr auto highest = running_max<"highest">(grad);
    static constexpr auto highest_below = running_max<"highest_below">(grad, -100);
    static constexpr auto late = record<"late">(delay<"held">(grad, 7));
    static constexpr auto twice_late = record<"twice_late">(delay<"held_too">(delay<"held">(grad, 7), 9));
    static constexpr auto update = with(param, heavy, total, from_ten, highest, highest_below, late, twice_late);
};

template <auto Block>
struct alone {
    static constexpr auto update = with(param, Block());
};

constexpr auto a_momentum = cost<alone<[] { return momentum<"b">(grad, 0.9); }>>;
constexpr auto a_sum = cost<alone<[] { return accumulate<"b">(grad); }>>;
constexpr auto a_maximum = cost<alone<[] { return running_max<"b">(grad); }>>;

}  // namespace

// The costs in the doc comments, beside the parameter and the gradient themselves.
static_assert(a_momentum.loads == 3 && a_momentum.stores == 2 && a_momentum.fused == 1 && a_momentum.operations() == 1);
static_assert(a_sum.loads == 3 && a_sum.stores == 2 && a_sum.additions == 1 && a_sum.operations() == 1);
static_assert(a_maximum.loads == 3 && a_maximum.stores == 2);

TEST_CASE_TEMPLATE("accumulators do what their equations say", Optimizer, optimizer<accumulators>,
                   naive<accumulators>) {
    using R = accumulators;
    Optimizer opt(1);
    std::vector<float> w{1}, g{0};
    const float gradients[]{-4, 8, 2, -16};
    const float heavy[]{-4, 6, 5, -13.5F}, total[]{-4, 4, 6, -10}, highest[]{0, 8, 8, 8}, below[]{-4, 8, 8, 8},
        late[]{7, -4, 8, 2}, twice_late[]{9, 7, -4, 8};
    for (std::size_t t = 0; t < 4; ++t) {
        CAPTURE(t);
        g[0] = gradients[t];
        opt.step(w, g);
        CHECK(opt.state(R::heavy)[0] == heavy[t]);
        CHECK(opt.state(R::total)[0] == total[t]);
        CHECK(opt.state(R::from_ten)[0] == 10 + total[t]);
        CHECK(opt.state(R::highest)[0] == highest[t]);
        CHECK(opt.state(R::highest_below)[0] == below[t]);
        CHECK(opt.state(R::late)[0] == late[t]);
        CHECK(opt.state(R::twice_late)[0] == twice_late[t]);
        CHECK(w[0] == 1);
    }
}
