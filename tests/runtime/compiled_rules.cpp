#include "compiled_rules.hpp"

#include <furl/blocks/clip.hpp>
#include <furl/blocks/skip_nonfinite.hpp>
#include <furl/optimizer.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/sgd.hpp>
#include <furl/zoo/sophia.hpp>

namespace furl::tests {

namespace {

/// States of each domain, an input, a guard.
struct every_rate {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto m = ema<"m">(grad, 0.9);
    static constexpr auto size = ema<"size">(norm(grad), 0.9);
    static constexpr auto ticks = accumulate<"ticks">(furl::step);
    static constexpr auto update = skip_nonfinite(with(param - lr * m / (size + abs(input<"hessian">)), ticks));
};

}  // namespace

const registry<float>& compiled_rules() {
    static const registry<float> all(rules<zoo::adamw, zoo::sgd, zoo::sophia_h, as<"mine", every_rate>>{});
    return all;
}

const registry<double>& compiled_rules_in_double() {
    static const auto all = registry<double>().add<zoo::adamw, strict>("adamw_as_written");
    return all;
}

}  // namespace furl::tests
