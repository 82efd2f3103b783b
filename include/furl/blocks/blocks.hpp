#pragma once

// A block is a function from expressions to expressions, and a user's own blocks can do whatever these can. Two kinds of
// blocks, and schedules, modify an existing rule. Each makes a new rule, a struct of its own, from the update of the old one:
//
//     struct clipped : furl::zoo::adam {           // a filter of a value: put it in the place of what it filters
//         static constexpr auto update =
//             furl::replace(furl::zoo::adam::update, furl::grad, furl::clip_by_global_norm(furl::grad, 1.0));
//     };
//     struct ahead : furl::zoo::adam {             // a modifier of an update: call it
//         static constexpr auto update = furl::lookahead(furl::zoo::adam::update, 5, 0.5);
//     };
//     struct cooling : furl::zoo::adam {           // a schedule: put it in the place of a hyperparameter
//         static constexpr auto update =
//             furl::replace(furl::zoo::adam::update, lr, furl::schedules::cosine(lr, 0.0, 10'000));
//     };
//
// The struct inherits the symbols of the rule: opt[ahead::lr], opt.state(ahead::m). A template does the same for any rule:
//
//     template <class Rule>
//     struct looking_ahead : Rule {
//         static constexpr auto update = furl::lookahead(Rule::update, 5, 0.5);
//     };
//
// Modifiers nest. The outermost one is the first to see the gradient and the last to touch the parameter, so
// maximize(coupled_weight_decay(update, decay)) flips the sign, then adds the decay; replace(that, grad,
// clip_by_norm(grad, 1.0)) clips before both.
#include <furl/blocks/accumulate_gradients.hpp>
#include <furl/blocks/accumulators.hpp>
#include <furl/blocks/amsgrad.hpp>
#include <furl/blocks/as_step.hpp>
#include <furl/blocks/cautious.hpp>
#include <furl/blocks/centralized.hpp>
#include <furl/blocks/clip.hpp>
#include <furl/blocks/corrections.hpp>
#include <furl/blocks/ema.hpp>
#include <furl/blocks/hybrid.hpp>
#include <furl/blocks/lookahead.hpp>
#include <furl/blocks/maximize.hpp>
#include <furl/blocks/nesterov.hpp>
#include <furl/blocks/noise.hpp>
#include <furl/blocks/per_row.hpp>
#include <furl/blocks/schedules/curves.hpp>
#include <furl/blocks/schedules/cycles.hpp>
#include <furl/blocks/schedules/sequences.hpp>
#include <furl/blocks/skip_nonfinite.hpp>
#include <furl/blocks/steps_per_row.hpp>
#include <furl/blocks/steps_per_tensor.hpp>
#include <furl/blocks/trust_ratio.hpp>
#include <furl/blocks/unscaled.hpp>
#include <furl/blocks/weight_average.hpp>
#include <furl/blocks/weight_decay.hpp>
