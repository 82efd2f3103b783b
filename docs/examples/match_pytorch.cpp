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
}
