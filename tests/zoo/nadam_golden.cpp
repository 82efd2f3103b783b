#include "zoo/elementwise.hpp"
#include "zoo/golden.hpp"

#include <furl/zoo/nadam.hpp>
#include <furl/zoo/radam.hpp>

using namespace furl;
using furl::tests::follows;
using furl::tests::l2;
using furl::tests::one_pass;

// Loads, stores and states; divisions, square roots and functions.
static_assert(one_pass<zoo::nadam>(4, 3, 2, 1, 1));
static_assert(one_pass<zoo::nadam_decoupled>(4, 3, 2, 1, 1));
static_assert(one_pass<zoo::radam>(4, 3, 2, 1, 1));

namespace {

/// The NAdam of PyTorch 1.13.1, unless foreach=True: mu_t stands twice in the last product.
struct nadam_1_13 : zoo::nadam {
    static constexpr auto ahead = (1 - mu) / (1 - mu_product) * grad + mu_next / (1 - mu_product * mu * mu_next) * m;

    static constexpr auto update = param - lr * safe_divide(ahead, sqrt(bias_corrected(v)), eps);
};

}  // namespace

TEST_CASE("NAdam follows today's PyTorch, and 1.13.1 in a rule of its own") {
    follows<zoo::nadam>("torch.txt", "nadam_foreach");
    follows<zoo::nadam>("torch.txt", "nadam_foreach_other");
    follows<l2<zoo::nadam>>("torch.txt", "nadam_foreach_decay");
    follows<nadam_1_13>("torch.txt", "nadam");
    follows<nadam_1_13>("torch.txt", "nadam_other");
    follows<l2<nadam_1_13>>("torch.txt", "nadam_decay");
    follows<zoo::nadam>("paper.txt", "nadam");
    follows<zoo::nadam>("paper.txt", "nadam_other");
    follows<l2<zoo::nadam>>("paper.txt", "nadam_decay");
    follows<zoo::nadam_decoupled>("paper.txt", "nadam_decoupled", {"decoupled"});
}

TEST_CASE("NAdam keeps the product of its momenta as one number") {
    optimizer<zoo::nadam> opt(3);
    std::vector<float> weights(3), gradients(3);
    opt.step(weights, gradients);
    opt.step(weights, gradients);
    const auto mu = [](int t) { return 0.9 * (1 - 0.5 * std::pow(0.96, t * 4e-3)); };
    const auto product = opt.state(zoo::nadam::mu_product);
    REQUIRE(product.size() == 1);
    CHECK(product[0] == doctest::Approx(mu(1) * mu(2)).epsilon(1e-15));
}

TEST_CASE("NAdam and RAdam in optax's dialect follow their formulas") {
    follows<zoo::nadam_optax>("paper.txt", "nadam_optax");
    follows<zoo::nadam_optax>("paper.txt", "nadam_optax_other");
    follows<zoo::nadamw_optax>("paper.txt", "nadam_optax_decay");
    follows<zoo::radam_optax>("paper.txt", "radam_optax");
    follows<zoo::radam_optax>("paper.txt", "radam_optax_other");
}

TEST_CASE("RAdam follows PyTorch") {
    follows<zoo::radam>("torch.txt", "radam");
    follows<zoo::radam>("torch.txt", "radam_other");
    follows<l2<zoo::radam>>("torch.txt", "radam_decay");
    follows<zoo::radam>("torch.txt", "radam_never_rectified");
}
