#include <adapt/torch_twins.hpp>

#include <furl/blocks/blocks.hpp>
#include <furl/zoo/adagrad.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/amsgrad.hpp>
#include <furl/zoo/rmsprop.hpp>
#include <furl/zoo/sgd_momentum.hpp>

#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/schedulers/step_lr.h>
#include <torch/serialize.h>

#include <doctest/doctest.h>

#include <cmath>
#include <sstream>

using namespace furl::tests;
namespace zoo = furl::zoo;

namespace {

template <class Rule>
struct decayed {
    static constexpr auto update = furl::coupled_weight_decay(Rule::update, furl::hyper<"weight_decay">(0.0));
};

// AdamW after clipping, which reports the norm.
struct clipped_adamw {
    static constexpr auto update = furl::replace(zoo::adamw::update, furl::grad, furl::clip_by_global_norm(furl::grad, 0.5));
};

struct reporting_sgd {
    static constexpr auto norm = furl::let<"norm">(furl::global(furl::norm(furl::grad)));
    static constexpr auto update = furl::param - furl::hyper<"lr">(0.1) * furl::grad / norm;
};

using parameter_groups = std::vector<torch::optim::OptimizerParamGroup>;

using adamw = furl::torch_optimizer<zoo::adamw, furl::torch_types<float, double>>;
using amsgrad = furl::torch_optimizer<zoo::adamw_amsgrad, furl::torch_types<float>>;

// Steps both from the same parameters with the same gradients, of which some are missing in some steps.
template <class Rule, class Theirs, class... Types, class Options>
void check_trajectory(const furl::torch_options& ours, const Options& options) {
    for (auto type : {torch::CppTypeToScalarType<Types>::value...}) {
        CAPTURE(type);
        auto x = some_parameters(type), y = copies_of(x);
        const auto before = copies_of(x);
        furl::torch_optimizer<Rule, furl::torch_types<Types...>> mine(x, ours);
        Theirs theirs(y, options);
        for (std::size_t t = 0; t < 40; ++t) {
            give_gradients(x, y, t < 2 ? std::vector<std::size_t>{0} : t % 3 == 1 ? std::vector<std::size_t>{1, t % 6} : std::vector<std::size_t>{});
            mine.step();
            theirs.step();
        }
        CHECK(distance(x, y) < (type == torch::kFloat ? 2e-6 : 1e-13));
        CHECK(distance(x, before) > 1e-3);
    }
}

}  // namespace

TEST_CASE("rules that libtorch has take its steps, where gradients are missing too") {
    namespace optim = torch::optim;
    check_trajectory<decayed<zoo::sgd_momentum>, optim::SGD, float, double>({{"lr", 0.05}, {"momentum", 0.9}, {"dampening", 0.1}, {"weight_decay", 0.01}},
                                                                            optim::SGDOptions(0.05).momentum(0.9).dampening(0.1).weight_decay(0.01));
    check_trajectory<zoo::sgd_nesterov, optim::SGD, float>({{"lr", 0.05}, {"momentum", 0.9}}, optim::SGDOptions(0.05).momentum(0.9).nesterov(true));
    check_trajectory<decayed<zoo::adam>, optim::Adam, float>({{"lr", 0.01}, {"beta1", 0.8}, {"weight_decay", 0.02}},
                                                             optim::AdamOptions(0.01).betas({0.8, 0.999}).weight_decay(0.02));
    check_trajectory<zoo::adamw, optim::AdamW, float, double>({{"lr", 0.01}, {"weight_decay", 0.1}, {"eps", 1e-6}},
                                                              optim::AdamWOptions(0.01).weight_decay(0.1).eps(1e-6));
    check_trajectory<zoo::adamw_amsgrad, optim::AdamW, float>({{"lr", 0.01}, {"beta2", 0.9}}, optim::AdamWOptions(0.01).betas({0.9, 0.9}).amsgrad(true));
    check_trajectory<zoo::rmsprop, optim::RMSprop, float>({{"lr", 0.01}, {"alpha", 0.9}}, optim::RMSpropOptions(0.01).alpha(0.9));
    check_trajectory<zoo::adagrad, optim::Adagrad, float>({{"lr", 0.1}, {"lr_decay", 0.05}}, optim::AdagradOptions(0.1).lr_decay(0.05));
}

TEST_CASE("libtorch's scheduler reads and sets the rate of each group, and a group inherits what it does not set") {
    auto x = some_parameters(), y = copies_of(x);
    const auto half = [](tensor_list& all, bool second) { return second ? tensor_list(all.begin() + 3, all.end()) : tensor_list(all.begin(), all.begin() + 3); };
    adamw mine(parameter_groups{furl::torch_group(half(x, false)), furl::torch_group(half(x, true), {{"weight_decay", 0}, {"lr", 0.02}})},
                                           {{"lr", 0.01}, {"beta1", 0.7}, {"weight_decay", 0.3}});
    torch::optim::AdamW theirs(
        parameter_groups{
            {half(y, false), std::make_unique<torch::optim::AdamWOptions>(torch::optim::AdamWOptions(0.01).betas({0.7, 0.999}).weight_decay(0.3))},
            {half(y, true), std::make_unique<torch::optim::AdamWOptions>(torch::optim::AdamWOptions(0.02).betas({0.7, 0.999}).weight_decay(0))}});
    torch::optim::StepLR my_schedule(mine, 4, 0.5), their_schedule(theirs, 4, 0.5);
    for (int t = 0; t < 20; ++t) {
        give_gradients(x, y);
        mine.step();
        theirs.step();
        my_schedule.step();
        their_schedule.step();
    }
    CHECK(distance(x, y) < 2e-6);
    for (std::size_t g = 0; g < 2; ++g) CHECK(mine.options(g).get("lr") == theirs.param_groups()[g].options().get_lr());
    CHECK(mine.param_groups()[1].options().get_lr() == 0.02 * std::pow(0.5, 4));
    CHECK(mine.options(1).get("beta1") == 0.7);
}

TEST_CASE("a group is added between steps, by the base class too, and starts its own count") {
    auto x = some_parameters(), y = copies_of(x);
    const auto part = [](tensor_list& all, std::size_t i) { return tensor_list{all[i]}; };
    adamw mine(part(x, 0), {{"lr", 0.01}});
    torch::optim::AdamW theirs(part(y, 0), torch::optim::AdamWOptions(0.01));
    for (std::size_t t = 0; t < 12; ++t) {
        if (t == 3) {
            mine.add_param_group(furl::torch_group(part(x, 1), {{"lr", 0.03}}));
            theirs.add_param_group({part(y, 1), std::make_unique<torch::optim::AdamWOptions>(0.03)});
        }
        if (t == 6)
            for (auto* opt : {static_cast<torch::optim::Optimizer*>(&mine), static_cast<torch::optim::Optimizer*>(&theirs)})
                opt->add_param_group(torch::optim::OptimizerParamGroup(part(opt == &mine ? x : y, 2)));
        give_gradients(x, y);
        mine.step();
        theirs.step();
    }
    CHECK(distance(x, y) < 2e-6);
    CHECK(mine.state("steps", x[0]).item<double>() == 12);
    CHECK(mine.state("steps", x[2]).item<double>() == 6);
}

TEST_CASE("a closure computes loss and gradients, inside a NoGradGuard too") {
    auto w = torch::ones({3}, torch::requires_grad());
    furl::torch_optimizer<zoo::sgd_nesterov, furl::torch_types<float>> opt({w}, {{"lr", 0.25}, {"momentum", 0}});
    const torch::NoGradGuard none;
    const auto loss = opt.step([&] {
        opt.zero_grad();
        auto sum = (w * w).sum();
        sum.backward();
        return sum;
    });
    CHECK(loss.item<float>() == 3);
    CHECK(torch::equal(w.detach(), torch::full({3}, 0.5)));
    CHECK(opt.stepped());
    w.mutable_grad().reset();
    CHECK_FALSE(opt.step().defined());
    CHECK_FALSE(opt.stepped());
    CHECK(torch::equal(w.detach(), torch::full({3}, 0.5)));
}

TEST_CASE("one norm is over all groups and element types") {
    auto x = some_parameters(), y = copies_of(x);
    parameter_groups groups;
    for (const auto& p : x) groups.push_back(furl::torch_group({p}));
    furl::torch_optimizer<clipped_adamw, furl::torch_types<float>> mine(groups, {{"lr", 0.01}});
    torch::optim::AdamW theirs(y, torch::optim::AdamWOptions(0.01));
    for (int t = 0; t < 10; ++t) {
        give_gradients(x, y);
        mine.step();
        torch::nn::utils::clip_grad_norm_(y, 0.5);
        theirs.step();
    }
    CHECK(distance(x, y) < 2e-6);

    tensor_list mixed;
    double squares = 0;
    for (auto type : {torch::kFloat, torch::kDouble, torch::kBFloat16, torch::kHalf}) {
        mixed.push_back(torch::zeros({5}, type).requires_grad_());
        mixed.back().mutable_grad() = torch::arange(1, 6).to(type);
        for (int i = 1; i < 6; ++i) squares += i * i;
    }
    furl::torch_optimizer<reporting_sgd> opt(parameter_groups{furl::torch_group({mixed[0], mixed[2]}), furl::torch_group({mixed[1], mixed[3]}, {{"lr", 0.2}})});
    opt.step();
    CHECK(opt.value("norm") == doctest::Approx(std::sqrt(squares)));
    CHECK(mixed[0][4].item<float>() == doctest::Approx(-0.1 * 5 / std::sqrt(squares)));
    CHECK(mixed[1][4].item<double>() == doctest::Approx(-0.2 * 5 / std::sqrt(squares)));
    CHECK(mixed[2][4].item<float>() == doctest::Approx(-0.1 * 5 / std::sqrt(squares)).epsilon(0.01));
    CHECK(mixed[3][4].item<float>() == doctest::Approx(-0.2 * 5 / std::sqrt(squares)).epsilon(0.01));
}

TEST_CASE("an optimizer that is loaded from an archive goes on to the bit") {
    auto x = some_parameters(), y = copies_of(x), spare = copies_of(x);
    parameter_groups groups{furl::torch_group({x[0], x[1], x[2]}), furl::torch_group({x[3], x[4], x[5]}, {{"beta2", 0.99}})};
    amsgrad mine(groups, {{"lr", 0.01}});
    torch::optim::StepLR schedule(mine, 2, 0.7);
    for (std::size_t t = 0; t < 5; ++t) {
        give_gradients(x, spare, {t % 3});
        mine.step();
        schedule.step();
    }
    std::stringstream file;
    torch::save(mine, file);

    // The other model is loaded too. Its last parameter lies in another order of memory.
    for (std::size_t i = 0; i < x.size(); ++i) y[i].set_data(x[i].detach().clone());
    y[5].set_data(x[5].detach().contiguous().clone());
    parameter_groups others{furl::torch_group({y[0], y[1], y[2]}), furl::torch_group({y[3], y[4], y[5]})};
    amsgrad loaded(others);
    torch::load(loaded, file);
    CHECK(loaded.options(0).get("lr") == mine.options(0).get("lr"));
    CHECK(loaded.options(1).get("beta2") == 0.99);
    CHECK(torch::equal(loaded.state("v", y[5]), mine.state("v", x[5])));
    CHECK(loaded.state("steps", y[1]).item<double>() == 3);
    for (std::size_t t = 5; t < 9; ++t) {
        give_gradients(x, y, {t % 4});
        mine.step();
        loaded.step();
    }
    CHECK(have_equal_bits(x, y));
}
