#pragma once

#include <furl/furl.hpp>

#include "zoo/traffic.hpp"

// What the golden tests of elementwise rules share: PyTorch's options as rules of any rule, and the cost of one pass.
namespace furl::tests {

/// weight_decay of every torch.optim optimizer but AdamW.
template <class Rule>
struct l2 : Rule {
    static constexpr auto weight_decay = hyper<"weight_decay">(0.0);

    static constexpr auto update = coupled_weight_decay(Rule::update, weight_decay);
};

/// maximize=True. With weight decay: climbing<l2<Rule>>, as PyTorch turns the sign first.
template <class Rule>
struct climbing : Rule {
    static constexpr auto update = maximize(Rule::update);
};

/// Whether a step is one pass, and reads, writes, keeps and computes just so much per parameter.
template <class Rule>
constexpr bool one_pass(int loads, int stores, int states, int divisions = 0, int square_roots = 0, int functions = 0) {
    constexpr auto c = cost<Rule>;
    return traffic_of<Rule> == traffic{1, loads, stores, states} && c.divisions == divisions &&
           c.square_roots == square_roots && c.functions == functions;
}

}  // namespace furl::tests
