#include <furl/optimizer.hpp>
#include <furl/zoo/barzilai_borwein.hpp>
#include <furl/zoo/cautious_adamw.hpp>
#include <furl/zoo/dadapt_adamw.hpp>
#include <furl/zoo/dog.hpp>
#include <furl/zoo/dowg.hpp>
#include <furl/zoo/lamb.hpp>
#include <furl/zoo/lars.hpp>
#include <furl/zoo/mars.hpp>
#include <furl/zoo/novograd.hpp>
#include <furl/zoo/prodigy.hpp>

#include <doctest/doctest.h>

#include <vector>

// Rules with reductions where a norm is 0: gradients that vanish, parameters that start at 0, steps that change
// nothing.
namespace {

using namespace furl;
using numbers = std::vector<double>;

/// The parameters after some steps with one and the same gradient.
template <class Rule>
numbers after_steps(optimizer<Rule, double>& opt, numbers parameters, const numbers& gradient, int steps) {
    for (int t = 0; t < steps; ++t) opt.step(parameters, gradient);
    return parameters;
}

template <class Rule>
numbers after_steps(const numbers& parameters, const numbers& gradient, int steps) {
    optimizer<Rule, double> opt(parameters.size());
    return after_steps(opt, parameters, gradient, steps);
}

const numbers somewhere{1, -2, 0.5}, nowhere{0, 0, 0};

}  // namespace

TEST_CASE_TEMPLATE("a gradient of 0 from the start moves nothing", Rule, zoo::lars, zoo::lars_clip, zoo::lars_optax,
                   zoo::lamb, zoo::novograd, zoo::cautious_adamw, zoo::mars, zoo::dog, zoo::ldog, zoo::dowg,
                   zoo::prodigy, zoo::dadapt_adamw, zoo::barzilai_borwein, zoo::barzilai_borwein_short) {
    CHECK(after_steps<Rule>(somewhere, nowhere, 3) == somewhere);
}

TEST_CASE("where parameters are 0, LARS and LAMB step as if the ratio were 1") {
    CHECK(after_steps<zoo::lars>(nowhere, {1, 2, 3}, 1) == numbers{-1, -2, -3});
    CHECK(after_steps<zoo::lars_optax>(nowhere, {1, 2, 3}, 1) == numbers{-1, -2, -3});
    const auto x = after_steps<zoo::lamb>(nowhere, {1, 2, -3}, 1);
    for (std::size_t i = 0; i < x.size(); ++i) CHECK(x[i] == doctest::Approx(i == 2 ? 1e-3 : -1e-3));
}

TEST_CASE("rules that find their step length keep their estimate where there is nothing to learn") {
    optimizer<zoo::prodigy, double> prodigy(3);
    after_steps(prodigy, somewhere, nowhere, 3);
    CHECK(prodigy.state(zoo::prodigy::d)[0] == prodigy[zoo::prodigy::d0]);
    optimizer<zoo::dadapt_adamw, double> dadapt(3);
    after_steps(dadapt, somewhere, nowhere, 3);
    CHECK(dadapt.state(zoo::dadapt_adamw::d)[0] == dadapt[zoo::dadapt_adamw::d0]);
    // A gradient that stays the same has no curvature.
    optimizer<zoo::barzilai_borwein, double> bb(3);
    after_steps(bb, somewhere, {1, 2, 3}, 3);
    CHECK(bb.state(zoo::barzilai_borwein::a)[0] == bb[zoo::barzilai_borwein::lr]);
}

TEST_CASE("Barzilai-Borwein is Newton's method on a parabola") {
    optimizer<zoo::barzilai_borwein, double> opt(1);
    numbers x{3};
    for (int t = 0; t < 3; ++t) opt.step(x, numbers{8 * (x[0] - 1)});
    CHECK(opt.state(zoo::barzilai_borwein::a)[0] == doctest::Approx(1.0 / 8));
    CHECK(x[0] == doctest::Approx(1));
}

TEST_CASE("a scalar state starts anew with the optimizer") {
    optimizer<zoo::dog, double> opt(3);
    const auto once = after_steps(opt, somewhere, {1, 2, 3}, 5);
    const double r = opt.state(zoo::dog::r)[0];
    opt.reset();
    CHECK(opt.state(zoo::dog::G)[0] == 0);
    CHECK(after_steps(opt, somewhere, {1, 2, 3}, 5) == once);
    CHECK(opt.state(zoo::dog::r)[0] == r);
}

TEST_CASE("a tensor without elements takes part in a step of the model") {
    optimizer<zoo::prodigy, double> with_empty({3, 0}), without(3);
    numbers a = somewhere, b = somewhere, empty;
    for (int t = 0; t < 4; ++t) {
        const numbers g{1, -1.0 - t, 0.3};
        with_empty.step({a, empty}, {g, empty});
        without.step(b, g);
    }
    CHECK(a == b);
}
