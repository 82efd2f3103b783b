// The page "furl in your framework": a network of libtorch, trained by a rule of furl.

// The page shows the regions as they stand.
// clang-format off
#include <furl/adapt/torch.hpp>
#include <furl/furl.hpp>

#include <torch/torch.h>

#include <cstdio>
#include <sstream>

// [rule]
struct my_adamw {
    static constexpr auto lr = furl::hyper<"lr">(1e-3);
    static constexpr auto beta1 = furl::hyper<"beta1">(0.9);
    static constexpr auto beta2 = furl::hyper<"beta2">(0.999);
    static constexpr auto eps = furl::hyper<"eps">(1e-8);
    static constexpr auto decay = furl::hyper<"weight_decay">(0.01);

    static constexpr auto g = furl::clip_by_global_norm<"norm", "factor">(furl::grad, 1.0);
    static constexpr auto m = furl::ema<"m">(g, beta1);
    static constexpr auto v = furl::ema<"v">(square(g), beta2);
    static constexpr auto update =
        furl::param * (1 - lr * decay) - lr * safe_divide(bias_corrected(m), sqrt(bias_corrected(v)), eps);
};
// [rule]

int main() {
    torch::manual_seed(1);
    const auto x = torch::randn({256, 16});
    const auto y = x.sin().sum(1, true);
// [model]
torch::nn::Sequential model(torch::nn::Linear(16, 64), torch::nn::Tanh(), torch::nn::Linear(64, 1));
furl::torch_optimizer<my_adamw> opt(model->parameters(), {{"lr", 1e-2}});
torch::optim::StepLR schedule(opt, 100, 0.5);
// [model]
    torch::Tensor loss;
// [loop]
for (int i = 0; i < 300; ++i) {
    opt.zero_grad();
    loss = torch::mse_loss(model->forward(x), y);
    loss.backward();
    opt.step();
    schedule.step();
}
// [loop]
    std::printf("loss below 0.02: %s\n", loss.item<double>() < 0.02 ? "yes" : "no");
    std::printf("lr %g, norm known: %s\n", opt.options().get("lr"), opt.value("norm") > 0 ? "yes" : "no");

    {
        std::vector<torch::Tensor> matrices, vectors;
// [groups]
for (const auto& p : model->parameters()) (p.dim() < 2 ? vectors : matrices).push_back(p);
furl::torch_optimizer<my_adamw> grouped({furl::torch_group(matrices), furl::torch_group(vectors, {{"weight_decay", 0}})}, {{"lr", 3e-4}});
grouped.options(1).set("lr", 1e-4);  // of the vectors, from now on
grouped.set("beta2", 0.95);          // of all groups
// [groups]
        grouped.step();
    }

    std::stringstream file;
// [save]
torch::save(opt, file);
furl::torch_optimizer<my_adamw> resumed(model->parameters());
torch::load(resumed, file);  // goes on to the bit
// [save]
    std::printf("resumed with lr %g\n", resumed.options().get("lr"));
// [state]
const auto weight = model->parameters()[0];
const torch::Tensor m = opt.state("m", weight);      // a copy, with the sizes of the weight
const double norm = opt.value("norm");               // what the last step computed
const bool done = opt.stepped();                     // false if the rule skipped it, or no parameter had a gradient
// [state]
    std::printf("m is like the weight: %s %s %s\n", m.sizes() == weight.sizes() ? "yes" : "no", norm > 0 ? "yes" : "no", done ? "yes" : "no");

// [narrow]
model->to(torch::kBFloat16);
model->zero_grad(true);  // else libtorch keeps the gradients of before, in float
using formats = furl::storage<furl::param_as<furl::split<furl::bfloat16>>, furl::states_as<furl::bfloat16>>;
furl::torch_optimizer<my_adamw, formats> narrow(model->parameters(), {{"lr", 3e-4}});
// [narrow]
    torch::mse_loss(model->forward(x.to(torch::kBFloat16)).to(torch::kFloat), y).backward();
    narrow.step();
    std::printf("stepped in bfloat16: %s\n", narrow.stepped() ? "yes" : "no");
}
