#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>
#include <furl/program/cost.hpp>
#include <furl/zoo/adam.hpp>

// What each modifier costs on Adam: compiling is passing.
using namespace furl;

namespace {

using adam = zoo::adam;

template <auto Make>
struct modified {
    static constexpr auto update = Make();
};

struct traffic {
    int passes, loads, stores, states;
    constexpr bool operator==(const traffic&) const = default;
};

template <auto Make>
constexpr traffic traffic_of{cost<modified<Make>>.passes, cost<modified<Make>>.loads, cost<modified<Make>>.stores,
                             cost<modified<Make>>.states};

constexpr traffic bare{1, 4, 3, 2};
constexpr traffic one_more_state{1, 5, 4, 3};
constexpr traffic gradient_read_twice{2, 5, 3, 2};
constexpr traffic update_read_twice{2, 8, 3, 2};

constexpr auto momentum_step = param - 0.01 * momentum<"b">(grad, 0.9);

static_assert(traffic_of<[] { return adam::update; }> == bare);

// filters of the gradient
static_assert(traffic_of<[] { return replace(adam::update, grad, clip_by_value(grad, 1)); }> == bare);
static_assert(traffic_of<[] { return replace(adam::update, grad, clip_by_norm(grad, 1)); }> == gradient_read_twice);
static_assert(traffic_of<[] { return replace(adam::update, grad, clip_by_global_norm(grad, 1)); }> ==
              gradient_read_twice);
static_assert(traffic_of<[] { return replace(adam::update, grad, clip_by_block_rms(grad, 1)); }> ==
              gradient_read_twice);
static_assert(traffic_of<[] { return replace(adam::update, grad, centralized(grad)); }> == gradient_read_twice);
static_assert(traffic_of<[] { return replace(adam::update, grad, unscaled(grad, 2)); }> == bare);
static_assert(traffic_of<[] { return replace(adam::update, grad, nesterov<"b">(grad, 0.9)); }> == one_more_state);

// filters of the direction
static_assert(traffic_of<[] { return param - adam::lr * scaled_by_trust_ratio(adam::direction); }> ==
              update_read_twice);
static_assert(traffic_of<[] { return param - adam::lr * cautious(adam::direction); }> == traffic{2, 7, 3, 2});
static_assert(traffic_of<[] { return param - adam::lr * adam::m / sqrt(amsgrad<"v_max">(adam::v)); }> ==
              one_more_state);

// modifiers of the update
static_assert(traffic_of<[] { return maximize(adam::update); }> == bare);
static_assert(traffic_of<[] { return coupled_weight_decay(adam::update, 0.1); }> == bare);
static_assert(traffic_of<[] { return decoupled_weight_decay(adam::update, adam::lr, 0.1); }> == bare);
static_assert(traffic_of<[] { return independent_weight_decay(adam::update, 0.1); }> == bare);
static_assert(traffic_of<[] { return cautious_weight_decay(adam::update, adam::lr, 0.1); }> == bare);
static_assert(traffic_of<[] { return proximal_weight_decay(adam::update, adam::lr, 0.1); }> == bare);
static_assert(traffic_of<[] { return with_trust_ratio(adam::update, adam::lr); }> == update_read_twice);
static_assert(traffic_of<[] { return lookahead(adam::update, 5, 0.5); }> == one_more_state);
static_assert(traffic_of<[] { return weight_ema(adam::update, 0.999); }> == one_more_state);
static_assert(traffic_of<[] { return swa(adam::update, 1000, 10); }> == one_more_state);
static_assert(traffic_of<[] { return accumulate_gradients(adam::update, 4); }> == one_more_state);
static_assert(traffic_of<[] { return skip_nonfinite(adam::update); }> == gradient_read_twice);

// A guard on the gradient shares the pass of a clipping; averages and decays ride along.
static_assert(traffic_of<[] {
                  return skip_nonfinite(replace(weight_ema(coupled_weight_decay(adam::update, 0.1), 0.999), grad,
                                                clip_by_global_norm(grad, 1)));
              }> == traffic{2, 6, 4, 3});

// Two rules are one pass: the streams of both, param and grad once.
static_assert(traffic_of<[] { return switch_at(10, adam::update, momentum_step); }> == one_more_state);
static_assert(traffic_of<[] { return blend(0.5, adam::update, momentum_step); }> == one_more_state);

// The arithmetic that the documentation of the blocks names, over that of Adam.
template <auto Make>
constexpr cost_table extra = [] {
    auto c = cost<modified<Make>>;
    const auto& a = cost<adam>;
    c.additions -= a.additions;
    c.multiplications -= a.multiplications;
    c.fused -= a.fused;
    c.divisions -= a.divisions;
    c.square_roots -= a.square_roots;
    c.functions -= a.functions;
    c.others -= a.others;
    return c;
}();

constexpr bool adds(const cost_table& c, int additions, int multiplications, int fused, int others) {
    return c.additions == additions && c.multiplications == multiplications && c.fused == fused && c.others == others &&
           c.divisions == 0 && c.square_roots == 0 && c.functions == 0;
}

static_assert(adds(extra<[] { return replace(adam::update, grad, clip_by_value(grad, 1)); }>, 0, 0, 0, 1));
static_assert(adds(extra<[] { return replace(adam::update, grad, unscaled(grad, 2)); }>, 0, 1, 0, 0));
static_assert(adds(extra<[] { return replace(adam::update, grad, nesterov<"b">(grad, 0.9)); }>, 0, 0, 2, 0));
static_assert(adds(extra<[] { return maximize(adam::update); }>, 0, 0, 0, 1));
static_assert(adds(extra<[] { return coupled_weight_decay(adam::update, 0.1); }>, 0, 0, 1, 0));
static_assert(adds(extra<[] { return decoupled_weight_decay(adam::update, adam::lr, 0.1); }>, -1, 0, 1, 0));
static_assert(adds(extra<[] { return proximal_weight_decay(adam::update, adam::lr, 0.1); }>, 0, 1, 0, 0));
static_assert(adds(extra<[] { return lookahead(adam::update, 5, 0.5); }>, 1, 0, 1, 3));
static_assert(adds(extra<[] { return weight_ema(adam::update, 0.999); }>, 1, 0, 1, 0));
static_assert(adds(extra<[] { return swa(adam::update, 1000, 10); }>, 1, 0, 1, 1));
static_assert(adds(extra<[] { return accumulate_gradients(adam::update, 4); }>, 2, 2, -1, 4));

}  // namespace
