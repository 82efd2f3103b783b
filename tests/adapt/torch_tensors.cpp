#include <adapt/torch_twins.hpp>
#include <support/messages.hpp>

#include <furl/blocks/blocks.hpp>
#include <furl/zoo/adagrad.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/sgd_momentum.hpp>

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/embedding.h>
#include <torch/serialize.h>

#include <ATen/Parallel.h>

#include <doctest/doctest.h>

#include <cmath>
#include <sstream>

using namespace furl::tests;
namespace zoo = furl::zoo;

namespace {

using parameter_groups = std::vector<torch::optim::OptimizerParamGroup>;
template <class... Choices>
using narrow_adamw = furl::torch_optimizer<zoo::adamw, furl::storage<Choices...>, furl::torch_types<furl::bfloat16, furl::float16>>;

// Each row of the gradient is divided by its length, and each column by the mean of its squares over time.
struct by_rows_and_columns {
    static constexpr auto c = furl::ema<"c">(furl::per_column(mean(square(furl::grad))), 0.5);
    static constexpr auto r = furl::ema<"r">(furl::per_row(mean(square(furl::grad))), 0.0);
    static constexpr auto update = furl::param - 0.5 * furl::grad / sqrt(r) / (1 + c);
};

struct zeroing_sgd {
    static constexpr auto update = furl::zero_grad(furl::param - furl::hyper<"lr">(0.5) * furl::grad);
};

struct guarded_sgd {
    static constexpr auto update = furl::skip_nonfinite(furl::param - furl::hyper<"lr">(0.5) * furl::grad);
};

struct adam_of_rows {
    static constexpr auto m = furl::ema<"m">(furl::grad, 0.9);
    static constexpr auto v = furl::ema<"v">(square(furl::grad), 0.99);
    static constexpr auto update = furl::param - furl::hyper<"lr">(0.1) * bias_corrected(m) / (sqrt(bias_corrected(v)) + 1e-8);
};

struct reads_input {
    static constexpr auto update = furl::param - furl::grad * furl::input<"hessian">;
};

struct decays_by_tensor {
    static constexpr auto update = furl::param * (1 - furl::per_tensor<"decay">(0.25)) - furl::grad;
};

torch::Tensor parameter(std::initializer_list<std::int64_t> sizes, torch::Dtype type = torch::kFloat) {
    return torch::randn(sizes).to(type).requires_grad_();
}

torch::Tensor rows_of(std::vector<std::int64_t> rows, const torch::Tensor& values, std::int64_t table_rows) {
    const auto n = static_cast<std::int64_t>(rows.size());
    return torch::sparse_coo_tensor(torch::tensor(rows).reshape({1, n}), values, {table_rows, values.size(1)});
}

template <class Rule, class... Types>
using just = furl::torch_optimizer<Rule, furl::torch_types<float, Types...>>;

}  // namespace

TEST_CASE("parameters of 16 bits with split or master are the rounded parameters of libtorch in float") {
    for (auto type : {torch::kBFloat16, torch::kHalf}) {
        CAPTURE(type);
        auto x = some_parameters(type), y = copies_of(x, torch::kFloat);
        const bool is_half = type == torch::kHalf;
        narrow_adamw<furl::param_as<furl::split<furl::bfloat16>>, furl::param_as<furl::master<furl::float16>>> mine(x, {{"lr", 1e-3}});
        torch::optim::AdamW theirs(y, torch::optim::AdamWOptions(1e-3));
        for (std::size_t t = 0; t < 60; ++t) {
            give_gradients(x, y, {t % 6});
            mine.step();
            theirs.step();
        }
        // Half a unit of the format, and a little for the roundings of float.
        const double unit = is_half ? 0x1p-11 : 0x1p-8;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const auto exact = y[i].detach().to(torch::kDouble);
            CHECK(((x[i].detach().to(torch::kDouble) - exact).abs() <= exact.abs() * unit * 1.01 + 1e-5).all().item<bool>());
        }
        CHECK((mine.state("m", x[0]).scalar_type() == torch::kFloat));
    }
}

TEST_CASE("without a param_as parameters of 16 bits are rounded in each step, as libtorch does") {
    for (auto type : {torch::kBFloat16, torch::kHalf}) {
        CAPTURE(type);
        auto x = some_parameters(type), y = copies_of(x), exact = copies_of(x, torch::kFloat);
        narrow_adamw<furl::states_as<furl::bfloat16>> mine(x, {{"lr", 0.01}, {"eps", 1e-4}});
        torch::optim::AdamW theirs(y, torch::optim::AdamWOptions(0.01).eps(1e-4)), best(exact, torch::optim::AdamWOptions(0.01).eps(1e-4));
        for (int t = 0; t < 20; ++t) {
            give_gradients(x, y);
            for (std::size_t i = 0; i < x.size(); ++i) exact[i].mutable_grad() = x[i].grad().to(torch::kFloat);
            mine.step();
            if (type == torch::kBFloat16) theirs.step();  // libtorch 1.13 has no AdamW in Half
            best.step();
        }
        if (type == torch::kBFloat16) CHECK(distance(x, y) < 0.03);
        CHECK(distance(x, exact) < 0.02);
    }
}

TEST_CASE("states and halves of parameters survive an archive to the bit") {
    auto x = some_parameters(torch::kBFloat16), spare = copies_of(x);
    using kind = narrow_adamw<furl::param_as<furl::split<furl::bfloat16>>, furl::state_as<"m", furl::block8>, furl::states_as<furl::stochastic<furl::bfloat16>>>;
    kind mine(x);
    for (std::size_t t = 0; t < 5; ++t) {
        give_gradients(x, spare, {t});
        mine.step();
    }
    auto y = copies_of(x);
    std::stringstream file;
    torch::save(mine, file);
    kind loaded(y, {{"lr", 1}});
    torch::load(loaded, file);
    for (std::size_t t = 0; t < 5; ++t) {
        give_gradients(x, y, {t + 1});
        mine.step();
        loaded.step();
    }
    CHECK(have_equal_bits(x, y));
}

TEST_CASE("a gradient in another order of memory than its parameter is the same gradient") {
    tensor_list x{torch::randn({4, 3, 5, 2}).requires_grad_(), parameter({3, 7}), parameter({6})}, y = copies_of(x);
    just<zoo::adamw> mine(x);
    torch::optim::AdamW theirs(y);
    for (int t = 0; t < 5; ++t) {
        give_gradients(x, y);
        x[0].mutable_grad() = x[0].grad().contiguous(torch::MemoryFormat::ChannelsLast);
        x[1].mutable_grad() = x[1].grad().t().contiguous().t();
        x[2].mutable_grad() = y[2].mutable_grad() = torch::tensor({0.5f}).expand({6});
        mine.step();
        theirs.step();
    }
    CHECK(distance(x, y) < 2e-6);
}

TEST_CASE("states follow a model whose order of memory changes") {
    torch::nn::Conv2d a(torch::nn::Conv2dOptions(3, 4, 3)), b(torch::nn::Conv2dOptions(3, 4, 3));
    auto x = a->parameters(), y = b->parameters();
    for (std::size_t i = 0; i < x.size(); ++i) y[i].set_data(x[i].detach().clone());
    just<zoo::adamw> mine(x);
    torch::optim::AdamW theirs(y);
    for (int t = 0; t < 6; ++t) {
        if (t == 3) x[0].set_data(x[0].detach().contiguous(torch::MemoryFormat::ChannelsLast));
        give_gradients(x, y);
        mine.step();
        theirs.step();
    }
    CHECK(distance(x, y) < 2e-6);
}

TEST_CASE("a sparse gradient steps its rows, as libtorch's Adagrad does") {
    for (auto type : {torch::kFloat, torch::kDouble}) {
        tensor_list x{parameter({10, 3}, type), parameter({4}, type)}, y = copies_of(x);
        just<zoo::adagrad, double> mine(x, {{"lr", 0.1}});
        torch::optim::Adagrad theirs(y, torch::optim::AdagradOptions(0.1));
        for (std::int64_t t = 0; t < 12; ++t) {
            give_gradients(x, y, {static_cast<std::size_t>(t % 3)});
            // Row 2 is named twice; sometimes a gradient is dense.
            if (t % 3 != 0 && t % 4 != 0) x[0].mutable_grad() = y[0].mutable_grad() = rows_of({2, t % 10, 2}, torch::randn({3, 3}).to(type), 10);
            mine.step();
            theirs.step();
        }
        CHECK(distance(x, y) < (type == torch::kFloat ? 1e-6 : 1e-14));

        std::stringstream file;
        torch::save(mine, file);
        auto z = copies_of(x);
        just<zoo::adagrad, double> loaded(z);
        torch::load(loaded, file);
        x[1].mutable_grad().reset();
        x[0].mutable_grad() = z[0].mutable_grad() = rows_of({7}, torch::ones({1, 3}).to(type), 10);
        mine.step();
        loaded.step();
        CHECK(have_equal_bits(x, z));
    }
}

TEST_CASE("rows that a sparse gradient does not name keep their values and states, and the table counts its own steps") {
    torch::nn::Embedding words(torch::nn::EmbeddingOptions(50, 4).sparse(true));
    auto table = words->weight;
    just<adam_of_rows> opt(words->parameters());
    std::vector<double> m(200), v(200), w(200);
    for (std::int64_t i = 0; i < 200; ++i) w[static_cast<std::size_t>(i)] = table.view({-1})[i].item<double>();
    for (int t = 1; t <= 4; ++t) {
        opt.zero_grad();
        const std::int64_t named[] = {t, 7};
        words->forward(torch::tensor({named[0], named[1], named[1]})).pow(2).sum().backward();
        REQUIRE(table.grad().is_sparse());
        for (auto row : named)
            for (std::size_t j = 0; j < 4; ++j) {
                const auto k = static_cast<std::size_t>(row) * 4 + j;
                const double g = (row == 7 ? 4 : 2) * w[k];
                m[k] = 0.9 * m[k] + 0.1 * g;
                v[k] = 0.99 * v[k] + 0.01 * g * g;
                w[k] -= 0.1 * m[k] / (1 - std::pow(0.9, t)) / (std::sqrt(v[k] / (1 - std::pow(0.99, t))) + 1e-8);
            }
        opt.step();
    }
    for (std::int64_t i = 0; i < 200; ++i) {
        CHECK(table.view({-1})[i].item<double>() == doctest::Approx(w[static_cast<std::size_t>(i)]).epsilon(1e-5));
        CHECK(opt.state("v", table).view({-1})[i].item<double>() == doctest::Approx(v[static_cast<std::size_t>(i)]).epsilon(1e-5));
    }
}

TEST_CASE("a tensor of more than two dimensions has a row for each slice, in any order of memory") {
    auto plain = torch::randn({4, 3, 2, 2}).requires_grad_();
    auto last = plain.detach().contiguous(torch::MemoryFormat::ChannelsLast).clone().requires_grad_();
    const auto before = plain.detach().clone(), g = torch::randn({4, 3, 2, 2});
    just<by_rows_and_columns> opt({plain, last});
    plain.mutable_grad() = g;
    last.mutable_grad() = g;
    opt.step();
    const auto c = 0.5 * g.pow(2).mean(0), r = g.pow(2).mean(torch::IntArrayRef{1, 2, 3});
    const auto expected = before - 0.5 * g / r.sqrt().view({4, 1, 1, 1}) / (1 + c);
    CHECK(torch::allclose(plain.detach(), expected, 1e-5, 1e-6));
    CHECK(torch::allclose(last.detach(), expected, 1e-5, 1e-6));
    CHECK((opt.state("c", last).sizes() == torch::IntArrayRef{3, 2, 2}));
    CHECK(torch::allclose(opt.state("c", last), c));
    CHECK(torch::allclose(opt.state("r", plain), r));
}

TEST_CASE("a rule may zero gradients and skip steps") {
    auto w = torch::ones({2, 3}).requires_grad_();
    w.mutable_grad() = torch::ones({3, 2}).t();  // in another order, so the step sees a copy
    just<zeroing_sgd> zeroing({w});
    zeroing.step();
    CHECK(w.sum().item<float>() == 3);
    CHECK(w.grad().abs().sum().item<float>() == 0);

    just<guarded_sgd> guarded({w});
    w.mutable_grad() = torch::full({2, 3}, std::numeric_limits<float>::infinity());
    guarded.step();
    CHECK_FALSE(guarded.stepped());
    CHECK(w.sum().item<float>() == 3);
    w.mutable_grad() = torch::ones({2, 3});
    guarded.step();
    CHECK(guarded.stepped());
    CHECK(w.sum().item<float>() == 0);
}

TEST_CASE("a hyperparameter of each tensor has the value of its group") {
    tensor_list x{torch::ones({2}).requires_grad_(), torch::ones({2}).requires_grad_()};
    for (auto& p : x) p.mutable_grad() = torch::zeros({2});
    just<decays_by_tensor> opt(parameter_groups{furl::torch_group({x[0]}), furl::torch_group({x[1]}, {{"decay", 0.5}})});
    opt.step();
    CHECK(x[0][1].item<float>() == 0.75f);
    CHECK(x[1][1].item<float>() == 0.5f);
}

TEST_CASE("the bits do not depend on the number of threads") {
    auto x = tensor_list{parameter({300, 1000}), parameter({77})}, y = copies_of(x);
    const auto before = at::get_num_threads();
    just<zoo::adamw> one(x), two(y);
    for (int t = 0; t < 3; ++t) {
        give_gradients(x, y);
        at::set_num_threads(1);
        one.step();
        at::set_num_threads(2);
        two.step();
    }
    at::set_num_threads(before);
    CHECK(have_equal_bits(x, y));
}

TEST_CASE("a parameter that is twice in a group is stepped once") {
    auto w = torch::ones({2}).requires_grad_();
    w.mutable_grad() = torch::ones({2});
    just<zeroing_sgd> opt({w, parameter({3}), w});
    opt.step();
    CHECK(w[0].item<float>() == 0.5f);
    std::stringstream file;
    torch::save(opt, file);
    torch::load(opt, file);
    w.mutable_grad() = torch::ones({2});
    opt.step();
    CHECK(w[0].item<float>() == 0);
}

TEST_CASE("what does not fit is refused in the user's words, and changes nothing") {
    const auto w = torch::ones({4, 3}).requires_grad_();
    const auto made_of = [](const torch::Tensor& x) { return message_of([&] { just<zoo::adamw> opt({x}); }); };
    CHECK(made_of(torch::ones({2}, torch::kMeta)) ==
          "furl: parameter 0 of group 0 is on meta; furl steps tensors in the memory of the CPU: model->to(torch::kCPU)");
    CHECK(made_of(torch::ones({2}, torch::kInt)) == "furl: parameter 0 of group 0 has elements of type Int; furl steps Float, Double, BFloat16 and Half");
    CHECK(made_of(torch::ones({2}, torch::kComplexFloat)).find("type ComplexFloat;") != std::string::npos);
    CHECK(made_of(torch::ones({2}, torch::kDouble)) == "furl: parameter 0 of group 0 has elements of type Double, which the rule or furl::torch_types excludes");
    CHECK(made_of(torch::ones({4, 4}).slice(1, 0, 2)) ==
          "furl: parameter 0 of group 0 has gaps in memory, or elements that share memory: sizes [4, 2], strides [4, 1]; make it contiguous()");
    CHECK(made_of(torch::Tensor()) == "furl: parameter 0 of group 0 is undefined");
    CHECK(message_of([&] { just<by_rows_and_columns> opt({torch::ones({4, 3}).t()}); }).find("does not lie row by row") != std::string::npos);
    CHECK(message_of([&] { just<zoo::adamw> opt({w}, {{"learning_rate", 1}}); }) ==
          "furl: no hyperparameter 'learning_rate'; the rule has: lr, weight_decay, beta1, beta2, eps");
    CHECK(message_of([&] { just<zoo::adamw> opt({w}, {{"lr", NAN}}); }) == "furl: hyperparameter 'lr' cannot be NaN");
    CHECK(message_of([&] { just<zoo::adamw> opt(parameter_groups{{{w}, std::make_unique<torch::optim::SGDOptions>(0.1)}}); }) ==
          "furl: group 0 has options of another optimizer; give it furl::torch_options");
    CHECK(message_of([&] { just<reads_input> opt({w}); }) == "furl: the rule reads input 'hessian', which libtorch does not give");

    auto other = torch::ones({5}).requires_grad_();
    just<zoo::sgd_momentum> opt(parameter_groups{furl::torch_group({w}), furl::torch_group({other})}, {{"lr", 0.5}});
    CHECK(message_of([&] { opt.add_param_group(furl::torch_group({other})); }) ==
          "furl: parameter 0 of group 2 is parameter 0 of group 1 too; a parameter belongs to one group");
    CHECK(opt.param_groups().size() == 2);
    just<zoo::adamw> of_another_rule({parameter({2})});
    CHECK(message_of([&] { of_another_rule.add_param_group(opt.param_groups()[1]); }).find("furl: no hyperparameter 'momentum'") == 0);
    CHECK(message_of([&] { opt.options(1).set("lrr", 1); }).find("did you mean 'lr'?") != std::string::npos);
    CHECK(message_of([&] { opt.state("moment", w); }).find("furl: no state 'moment'") == 0);

    w.mutable_grad() = torch::ones({4, 3});
    const auto step_with = [&](const torch::Tensor& gradient) {
        other.mutable_grad() = gradient;
        return message_of([&] { opt.step(); });
    };
    CHECK(step_with(torch::ones({6})) == "furl: the gradient of parameter 0 of group 1 has sizes [6], expected [5] as the parameter");
    CHECK(step_with(torch::ones({5}, torch::kDouble)) == "furl: the gradient of parameter 0 of group 1 has elements of type Double, expected Float as the parameter");
    CHECK(step_with(torch::sparse_coo_tensor(torch::zeros({1, 1}, torch::kLong), torch::ones({1}), {5}).to(torch::kDouble)).find("type Double") != std::string::npos);
    CHECK(step_with(other.detach()).find("overlap") != std::string::npos);
    CHECK(w.sum().item<float>() == 12);
    CHECK(step_with(torch::ones({5})) == "no exception");
    CHECK(w.sum().item<float>() == 6);
    other.set_data(torch::ones({7}));
    CHECK(step_with(torch::ones({7})) == "furl: parameter 0 of group 1 was Float[5] in earlier steps, and is Float[7]; make a new optimizer");

    other = torch::ones({4, 2}).requires_grad_();
    just<guarded_sgd> whole({other});
    other.mutable_grad() = rows_of({1}, torch::ones({1, 2}), 4);
    CHECK(message_of([&] { whole.step(); }).find("sparse, and the rule has a reduction over more than a row, or a state that starts") != std::string::npos);
    just<zoo::adagrad> by_rows({other});
    other.mutable_grad() = torch::ones({4, 2}).to_sparse();
    CHECK(message_of([&] { by_rows.step(); }).find("is sparse in 2 dimensions") != std::string::npos);
    auto dense = torch::ones({3}).requires_grad_();
    furl::torch_optimizer<zoo::sgd_momentum, furl::storage<furl::states_as<furl::block8>>, furl::torch_types<float>> in_blocks({dense, other});
    dense.mutable_grad() = torch::ones({3});
    other.mutable_grad() = rows_of({1}, torch::ones({1, 2}), 4);
    CHECK(message_of([&] { in_blocks.step(); }).find("rows need whole blocks") != std::string::npos);
    CHECK(dense.sum().item<float>() == 3);
    CHECK(other.sum().item<float>() == 8);

    auto first = torch::ones({6}), shifted = first.detach().slice(0, 2, 5);
    just<zoo::adamw> sharing(parameter_groups{furl::torch_group({first}), furl::torch_group({shifted})});
    first.mutable_grad() = torch::ones({6});
    shifted.mutable_grad() = torch::ones({3});
    CHECK(message_of([&] { sharing.step(); }).find("are different tensors that share memory") != std::string::npos);
    CHECK(first.sum().item<float>() == 6);
}

TEST_CASE("an archive that does not fit is refused, and changes nothing") {
    auto x = some_parameters(), y = copies_of(x);
    just<zoo::adamw> opt(x, {{"lr", 0.5}});
    give_gradients(x, y);
    opt.step();
    std::stringstream file;
    torch::save(opt, file);
    const auto load_into = [&](auto& other) {
        file.clear();
        file.seekg(0);
        return message_of([&] { torch::load(other, file); });
    };
    just<zoo::adagrad> rule(y);
    CHECK(load_into(rule).find("furl: the archive is of the rule ") == 0);
    just<zoo::adamw> fewer(tensor_list(y.begin(), y.begin() + 2));
    CHECK(load_into(fewer) == "furl: the archive has 6 parameters in group 0, the optimizer has 2");
    auto z = copies_of(x);
    z[1] = parameter({36});
    just<zoo::adamw> sizes(z);
    CHECK(load_into(sizes) == "furl: the state 'm' of parameter 1 of group 0 is Float[37] in the archive, expected Float[36]");
    CHECK(sizes.options().get("lr") == 1e-3);
    CHECK(sizes.state("steps", z[0]).item<double>() == 0);
    just<zoo::adamw> fits(y);
    CHECK(load_into(fits) == "no exception");

    std::stringstream theirs;
    torch::save(torch::optim::AdamW(x), theirs);
    CHECK(message_of([&] { torch::load(fits, theirs); }) == "furl: the archive has no 'furl'; it is not of a furl::torch_optimizer");
}
