#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/sgd_momentum.hpp>

#include <zoo/golden.hpp>

#include <doctest/doctest.h>

using namespace furl;
using namespace furl::tests;

namespace {

struct lamb_of_adamw : zoo::adamw {
    static constexpr auto update = with_trust_ratio(zoo::adamw::update, lr);
};

struct lamb_of_direction : zoo::adamw {
    static constexpr auto update = param - lr * scaled_by_trust_ratio(direction + weight_decay * param);
};

template <class Rule>
struct decayed : Rule {
    static constexpr auto decay = hyper<"weight_decay">(0.0);
    static constexpr auto update = coupled_weight_decay(Rule::update, decay);
};

struct climbing : zoo::sgd_momentum {
    static constexpr auto decay = hyper<"weight_decay">(0.0);
    static constexpr auto update = maximize(coupled_weight_decay(zoo::sgd_momentum::update, decay));
};

struct adam_amsgrad : zoo::adam {
    static constexpr auto update = param - lr * safe_divide(bias_corrected(m), sqrt(amsgrad<"v_max">(v)), eps);
};

struct adam_amsgrad_optax : zoo::adam {
    static constexpr auto update =
        param - lr * safe_divide(bias_corrected(m), sqrt(running_max<"v_max">(bias_corrected(v))), eps);
};

struct adam_by_decoupling : zoo::adam {
    static constexpr auto update = decoupled_weight_decay(zoo::adam::update, lr, hyper<"weight_decay">(0.01));
};

}  // namespace

TEST_CASE("modified rules follow the implementations that have them built in") {
    follows<decayed<zoo::adam>>("torch.txt", "adam_decay_other", {"amsgrad", "maximize"});
    follows<decayed<zoo::sgd_momentum>>("torch.txt", "sgd_momentum_decay", {"nesterov", "maximize"});
    follows<climbing>("torch.txt", "sgd_dampening_decay_maximize", {"nesterov", "maximize"});
    follows<adam_by_decoupling>("torch.txt", "adamw_decay", {"amsgrad", "maximize"});
    follows<adam_amsgrad>("torch.txt", "adam_amsgrad_other", {"amsgrad", "maximize", "weight_decay"});
    follows<adam_amsgrad_optax>("paper.txt", "amsgrad_optax_other");
    follows<lamb_of_direction>("paper.txt", "lamb_other");
    follows<lamb_of_adamw>("paper.txt", "lamb_other", {}, {}, 1e-11);
}
