// The page "Many tensors and groups".

// The page shows the regions as they stand.
// clang-format off
#include <furl/furl.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/lamb.hpp>

#include <cstdio>
#include <vector>

int main() {
// [two]
std::vector<float> w(784 * 500), grad_w(784 * 500), b(500), grad_b(500);

furl::optimizer<furl::zoo::lamb> opt({w.size(), b.size()});
opt.step({w, b}, {grad_w, grad_b});                        // one step: t goes up by one, norms are those of each tensor

auto momentum_of_b = opt.state(furl::zoo::lamb::m, 1);     // the state of tensor 1: a std::span of 500 values
// [two]

// [list]
std::vector<std::vector<float>> layers(10, std::vector<float>(1000)), gradients = layers;
furl::optimizer<furl::zoo::adamw> many(layers);            // takes the sizes
many.step(layers, gradients);
// [list]

// [parts]
// Two groups: weights that decay, offsets that do not. Each has its own optimizer, so its own hyperparameters.
furl::optimizer<furl::zoo::adamw> decaying({w.size()}), plain({b.size()});
plain[furl::zoo::adamw::weight_decay] = 0;
decaying.step(w, grad_w);
plain.step(b, grad_b);
// [parts]
    std::printf("%zu tensors, %zu values of m, step %lld\n", opt.tensors(), momentum_of_b.size(),
                static_cast<long long>(many.step_count() + decaying.step_count() + plain.step_count()));
}
