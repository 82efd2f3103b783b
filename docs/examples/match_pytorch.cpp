// The page "Match PyTorch": the first steps of torch.optim.AdamW, as PyTorch prints them.

// The page shows the regions as they stand.
// clang-format off
#include <furl/furl.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/rmsprop.hpp>
#include <furl/zoo/sgd_momentum.hpp>

#include <cstdio>
#include <vector>

// [sgd]
// torch.optim.SGD(parameters, lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=True)
struct torch_sgd : furl::zoo::sgd_nesterov {
    static constexpr auto update =
        furl::coupled_weight_decay(furl::zoo::sgd_nesterov::update, furl::hyper<"decay">(1e-4));
};
// [sgd]

// [own_steps]
// As PyTorch: a step count for each parameter tensor, which a step without a gradient leaves as it is.
struct torch_adamw : furl::zoo::adamw {
    static constexpr auto update = furl::steps_per_tensor(furl::zoo::adamw::update);
};
// [own_steps]

// [per_tensor]
// llm.c's habit: matrices decay, vectors do not, all in one optimizer.
struct decaying_by_tensor : furl::zoo::adamw {
    static constexpr auto decay = furl::per_tensor<"decay">(0.1);
    static constexpr auto update = furl::replace(furl::zoo::adamw::update, weight_decay, decay);
};
// [per_tensor]

int main() {
// [adamw]
// torch.optim.AdamW(parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
using rule = furl::zoo::adamw;
std::vector<float> weights{1, -2, 3}, gradients{0.5f, -0.25f, 0.125f};

furl::optimizer<rule> opt(weights.size());
opt[rule::lr] = 1e-3;
opt[rule::weight_decay] = 0.01;
opt.step(weights, gradients);
// [adamw]
    std::printf("%.6f %.6f %.6f\n", weights[0], weights[1], weights[2]);
    furl::optimizer<torch_sgd> sgd(weights.size());
    sgd.step(weights, gradients);

// [absent]
std::vector<float> used(100, 1.0f), unused(100, 1.0f), gradient(100, 0.5f);
furl::optimizer<torch_adamw> some({used.size(), unused.size()});
some.step({used, unused}, {gradient, {}});            // {}: what is None in PyTorch
// [absent]
// [set]
furl::optimizer<decaying_by_tensor> model({784 * 500, 500});
model[decaying_by_tensor::decay][1] = 0;              // or by name: model.set("decay", 1, 0.0)
// [set]
    std::printf("%.3f %.3f\n", used[0], unused[0]);
}
