// A rule for each block: the page of the blocks shows the lines between the marks, the equations and the costs.
#include "block_pages.hpp"
#include "facts_of.hpp"

#include <furl/blocks/blocks.hpp>
#include <furl/blocks/hypergradient_descent.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/sgd.hpp>
#include <furl/zoo/sgd_momentum.hpp>

// The regions are shown as they stand.
// clang-format off
namespace docs::example {

using namespace furl;

// [ema]
struct averaged_sgd : zoo::sgd {
    static constexpr auto update = param - lr * ema<"m">(grad, 0.9);
};
// [ema]

// [momentum]
struct sgd_with_momentum : zoo::sgd {
    static constexpr auto update = param - lr * momentum<"b">(grad, hyper<"momentum">(0.9));
};
// [momentum]

// [accumulate]
struct root_of_sum : zoo::sgd {
    static constexpr auto update = param - lr * grad / sqrt(accumulate<"s">(square(grad), 0.1));
};
// [accumulate]

// [running_max]
struct by_largest_gradient : zoo::sgd {
    static constexpr auto update = param - lr * grad / (running_max<"u">(abs(grad)) + 1e-8);
};
// [running_max]

// [delay]
struct with_last_gradient : zoo::sgd {
    static constexpr auto update = param - lr * (2 * grad - delay<"last">(grad));
};
// [delay]

// [nesterov]
struct sgd_with_nesterov : zoo::sgd {
    static constexpr auto update = param - lr * nesterov<"b">(grad, 0.9);
};
// [nesterov]

// [bias_corrected]
struct averaged : zoo::sgd {
    static constexpr auto update = param - lr * bias_corrected(ema<"m">(grad, 0.9));
};
// [bias_corrected]

// [safe_divide]
struct signed_by_division : zoo::sgd {
    static constexpr auto update = param - lr * safe_divide(grad, abs(grad), 1e-8);
};
// [safe_divide]

// [amsgrad]
struct adam_that_never_speeds_up : zoo::adam {
    static constexpr auto update =
        param - lr * safe_divide(bias_corrected(m), sqrt(amsgrad<"v_max">(v)), eps);
};
// [amsgrad]

// [clip_by_value]
struct clipped_by_value : zoo::sgd {
    static constexpr auto update = replace(zoo::sgd::update, grad, clip_by_value(grad, 1.0));
};
// [clip_by_value]

// [clip_by_norm]
struct clipped_by_norm : zoo::sgd {
    static constexpr auto update = replace(zoo::sgd::update, grad, clip_by_norm(grad, 1.0));
};
// [clip_by_norm]

// [clip_by_global_norm]
struct clipped_by_global_norm : zoo::sgd {
    static constexpr auto update = replace(zoo::sgd::update, grad, clip_by_global_norm(grad, 1.0));
};
// [clip_by_global_norm]

// [clip_by_block_rms]
struct clipped_by_rms : zoo::sgd {
    static constexpr auto update = replace(zoo::sgd::update, grad, clip_by_block_rms(grad, 1.0));
};
// [clip_by_block_rms]

// [centralized]
struct centralized_sgd : zoo::sgd {
    static constexpr auto update = replace(zoo::sgd::update, grad, centralized(grad));
};
// [centralized]

// [centralized_per_row]
struct sgd_of_centred_rows : zoo::sgd {
    static constexpr auto update = replace(zoo::sgd::update, grad, centralized_per_row(grad));
};
// [centralized_per_row]

// [adaptive_gradient_clipping]
struct adaptively_clipped : zoo::sgd {
    static constexpr auto update = replace(zoo::sgd::update, grad, adaptive_gradient_clipping(grad, 0.01));
};
// [adaptive_gradient_clipping]

// [unit_rows]
struct sgd_on_spheres : zoo::sgd {
    static constexpr auto update = unit_rows(zoo::sgd::update);
};
// [unit_rows]

// [trust_ratio_per_row]
struct rowwise : zoo::sgd {
    static constexpr auto update = param - lr * trust_ratio_per_row(grad) * grad;
};
// [trust_ratio_per_row]

// [without_radial_part]
struct turning : zoo::sgd {
    static constexpr auto update = param - lr * without_radial_part(grad);
};
// [without_radial_part]

// [radial_decay]
struct turning_with_decay : zoo::sgd {
    static constexpr auto update = param * (1 - lr * 0.01 * radial_decay()) - lr * without_radial_part(grad);
};
// [radial_decay]

// [unscaled]
struct of_a_scaled_loss : zoo::sgd {
    static constexpr auto update =
        replace(zoo::sgd::update, grad, unscaled(grad, hyper<"loss_scale">(65536.0)));
};
// [unscaled]

// [loss_scaled]
struct of_a_scaled_loss_that_overflows : zoo::sgd {
    static constexpr auto update = loss_scaled(zoo::sgd::update);
};
// [loss_scaled]

// [random_normal]
struct diffusing : zoo::sgd {
    static constexpr auto update = zoo::sgd::update + 1e-3 * random_normal(hyper<"seed">(1.0));
};
// [random_normal]

// [noisy]
struct noisy_sgd : zoo::sgd {
    static constexpr auto update =
        replace(zoo::sgd::update, grad, noisy(grad, 0.01, hyper<"seed">(1.0)));
};
// [noisy]

// [cautious]
struct cautious_momentum : zoo::sgd {
    static constexpr auto update = param - lr * cautious(momentum<"b">(grad, 0.9));
};
// [cautious]

// [trust_ratio]
struct layerwise : zoo::sgd {
    static constexpr auto update = param - lr * trust_ratio(grad, 1e-3) * grad;
};
// [trust_ratio]

// [scaled_by_trust_ratio]
struct layerwise_direction : zoo::sgd {
    static constexpr auto update = param - lr * scaled_by_trust_ratio(grad, 1e-3);
};
// [scaled_by_trust_ratio]

// [with_trust_ratio]
struct layerwise_update : zoo::sgd {
    static constexpr auto update = with_trust_ratio(zoo::sgd::update, lr, 1e-3);
};
// [with_trust_ratio]

// [coupled_weight_decay]
struct with_penalty : zoo::sgd {
    static constexpr auto update = coupled_weight_decay(zoo::sgd::update, hyper<"weight_decay">(1e-2));
};
// [coupled_weight_decay]

// [decoupled_weight_decay]
struct adam_with_decay : zoo::adam {
    static constexpr auto update = decoupled_weight_decay(zoo::adam::update, lr, hyper<"weight_decay">(1e-2));
};
// [decoupled_weight_decay]

// [independent_weight_decay]
struct shrinking : zoo::sgd {
    static constexpr auto update = independent_weight_decay(zoo::sgd::update, hyper<"weight_decay">(1e-4));
};
// [independent_weight_decay]

// [cautious_weight_decay]
struct cautiously_shrinking : zoo::sgd {
    static constexpr auto update = cautious_weight_decay(zoo::sgd::update, lr, hyper<"weight_decay">(1e-2));
};
// [cautious_weight_decay]

// [proximal_weight_decay]
struct proximally_shrinking : zoo::sgd {
    static constexpr auto update = proximal_weight_decay(zoo::sgd::update, lr, hyper<"weight_decay">(1e-2));
};
// [proximal_weight_decay]

// [maximize]
struct ascent : zoo::sgd {
    static constexpr auto update = maximize(zoo::sgd::update);
};
// [maximize]

// [steps_per_row]
struct counting_for_each_row : zoo::adam {
    static constexpr auto update = steps_per_row(zoo::adam::update);
};
// [steps_per_row]

// [steps_per_tensor]
struct counting_for_each_tensor : zoo::adam {
    static constexpr auto update = steps_per_tensor(zoo::adam::update);
};
// [steps_per_tensor]

// [lookahead]
struct looking_ahead : zoo::sgd {
    static constexpr auto update = lookahead(zoo::sgd::update, 5, 0.5);
};
// [lookahead]

// [as_step]
struct adam_step : zoo::adam {
    static constexpr auto update = as_step(zoo::adam::update);
};
// [as_step]

// [partial_derivative]
struct with_last_direction : zoo::adam {
    static constexpr auto update =
        with(zoo::adam::update, state<"du_dlr">(0.0, [](auto) { return partial_derivative(zoo::adam::update, lr); }));
};
// [partial_derivative]

// [derivative]
struct with_derivative : zoo::adam {
    static constexpr auto update = with(zoo::adam::update, derivative<zoo::adam>(lr));
};
// [derivative]

// [hypergradient_descent]
struct learning_its_rate : zoo::sgd {
    static constexpr auto update = hypergradient_descent(zoo::sgd::update, lr, hyper<"kappa">(1e-3));
};
// [hypergradient_descent]

// [multiplicative_hypergradient_descent]
struct learning_its_rate_in_proportion : zoo::sgd {
    static constexpr auto update = multiplicative_hypergradient_descent(zoo::sgd::update, lr, hyper<"kappa">(0.02));
};
// [multiplicative_hypergradient_descent]

// [weight_ema]
struct with_average : zoo::sgd {
    static constexpr auto update = weight_ema(zoo::sgd::update, 0.999);
};
// [weight_ema]

// [swa]
struct with_plain_average : zoo::sgd {
    static constexpr auto update = swa(zoo::sgd::update, hyper<"swa_start">(1000.0));
};
// [swa]

// [accumulate_gradients]
struct in_four_parts : zoo::sgd {
    static constexpr auto update = accumulate_gradients(zoo::sgd::update, 4);
};
// [accumulate_gradients]

// [skip_nonfinite]
struct unharmed : zoo::sgd {
    static constexpr auto update = skip_nonfinite(zoo::sgd::update);
};
// [skip_nonfinite]

// [switch_at]
struct adam_then_sgd {
    static constexpr auto update = switch_at(1000, zoo::adam::update, param - hyper<"sgd_lr">(0.1) * grad);
};
// [switch_at]

// [blend]
struct between_adam_and_sgd {
    static constexpr auto update =
        blend(hyper<"part">(0.5), zoo::adam::update, param - hyper<"sgd_lr">(0.1) * grad);
};
// [blend]

}  // namespace docs::example
// clang-format on

namespace docs {

void append_block_examples(std::vector<block_example>& list) {
    const auto append = [&]<class With, class Without>(const char* block) {
        list.push_back({block, block, facts_of<With>(), facts_of<Without>()});
    };
#define FURL_DOCS_BLOCK(block, with, without) append.template operator()<example::with, furl::zoo::without>(#block)
    FURL_DOCS_BLOCK(ema, averaged_sgd, sgd);
    FURL_DOCS_BLOCK(bias_corrected, averaged, sgd);
    FURL_DOCS_BLOCK(momentum, sgd_with_momentum, sgd);
    FURL_DOCS_BLOCK(nesterov, sgd_with_nesterov, sgd);
    FURL_DOCS_BLOCK(accumulate, root_of_sum, sgd);
    FURL_DOCS_BLOCK(running_max, by_largest_gradient, sgd);
    FURL_DOCS_BLOCK(delay, with_last_gradient, sgd);
    FURL_DOCS_BLOCK(safe_divide, signed_by_division, sgd);
    FURL_DOCS_BLOCK(amsgrad, adam_that_never_speeds_up, adam);
    FURL_DOCS_BLOCK(clip_by_value, clipped_by_value, sgd);
    FURL_DOCS_BLOCK(clip_by_norm, clipped_by_norm, sgd);
    FURL_DOCS_BLOCK(clip_by_global_norm, clipped_by_global_norm, sgd);
    FURL_DOCS_BLOCK(clip_by_block_rms, clipped_by_rms, sgd);
    FURL_DOCS_BLOCK(centralized, centralized_sgd, sgd);
    FURL_DOCS_BLOCK(centralized_per_row, sgd_of_centred_rows, sgd);
    FURL_DOCS_BLOCK(adaptive_gradient_clipping, adaptively_clipped, sgd);
    FURL_DOCS_BLOCK(unit_rows, sgd_on_spheres, sgd);
    FURL_DOCS_BLOCK(trust_ratio_per_row, rowwise, sgd);
    FURL_DOCS_BLOCK(without_radial_part, turning, sgd);
    FURL_DOCS_BLOCK(radial_decay, turning_with_decay, sgd);
    FURL_DOCS_BLOCK(unscaled, of_a_scaled_loss, sgd);
    FURL_DOCS_BLOCK(loss_scaled, of_a_scaled_loss_that_overflows, sgd);
    FURL_DOCS_BLOCK(noisy, noisy_sgd, sgd);
    FURL_DOCS_BLOCK(random_normal, diffusing, sgd);
    FURL_DOCS_BLOCK(cautious, cautious_momentum, sgd);
    FURL_DOCS_BLOCK(trust_ratio, layerwise, sgd);
    FURL_DOCS_BLOCK(scaled_by_trust_ratio, layerwise_direction, sgd);
    FURL_DOCS_BLOCK(with_trust_ratio, layerwise_update, sgd);
    FURL_DOCS_BLOCK(coupled_weight_decay, with_penalty, sgd);
    FURL_DOCS_BLOCK(decoupled_weight_decay, adam_with_decay, adam);
    FURL_DOCS_BLOCK(independent_weight_decay, shrinking, sgd);
    FURL_DOCS_BLOCK(cautious_weight_decay, cautiously_shrinking, sgd);
    FURL_DOCS_BLOCK(proximal_weight_decay, proximally_shrinking, sgd);
    FURL_DOCS_BLOCK(maximize, ascent, sgd);
    FURL_DOCS_BLOCK(steps_per_row, counting_for_each_row, adam);
    FURL_DOCS_BLOCK(steps_per_tensor, counting_for_each_tensor, adam);
    FURL_DOCS_BLOCK(lookahead, looking_ahead, sgd);
    FURL_DOCS_BLOCK(as_step, adam_step, adam);
    FURL_DOCS_BLOCK(partial_derivative, with_last_direction, adam);
    FURL_DOCS_BLOCK(derivative, with_derivative, adam);
    FURL_DOCS_BLOCK(hypergradient_descent, learning_its_rate, sgd);
    FURL_DOCS_BLOCK(multiplicative_hypergradient_descent, learning_its_rate_in_proportion, sgd);
    FURL_DOCS_BLOCK(weight_ema, with_average, sgd);
    FURL_DOCS_BLOCK(swa, with_plain_average, sgd);
    FURL_DOCS_BLOCK(accumulate_gradients, in_four_parts, sgd);
    FURL_DOCS_BLOCK(skip_nonfinite, unharmed, sgd);
    FURL_DOCS_BLOCK(switch_at, adam_then_sgd, adam);
    FURL_DOCS_BLOCK(blend, between_adam_and_sgd, adam);
#undef FURL_DOCS_BLOCK
}

}  // namespace docs
