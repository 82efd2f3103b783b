// The page "Many tensors and groups".

// The page shows the regions as they stand.
// clang-format off
#include <furl/furl.hpp>
#include <furl/runtime/grouped_optimizer.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/lamb.hpp>
#include <furl/zoo/sgd_momentum.hpp>

#include <cstdio>
#include <vector>

// [clipped]
template <class Rule>
struct clipped : Rule {
    static constexpr auto update =
        furl::replace(Rule::update, furl::grad, furl::clip_by_global_norm(furl::grad, 1.0));
};
// [clipped]

static std::vector<float> backward(std::size_t) { return std::vector<float>(1000, 0.5f); }

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

    std::vector<float> table(1000), grad_table(1000), out(5000), grad_out(5000);
// [groups]
furl::grouped_optimizer<float> groups;
auto& matrices = groups.add<clipped<furl::zoo::adamw>>({w.size(), out.size()}, {.lr_scale = {1, 0.5}});
auto& biases = groups.add<clipped<furl::zoo::adamw>>({b.size()}, {.settings = {{"weight_decay", 0}}});
auto& embedding = groups.add<clipped<furl::zoo::sgd_momentum>>({table.size()}, {.frozen = true});

groups.set("lr", 3e-4);                 // of every group that has not set its own
embedding.set("lr", 0.1);               // its own from now on; embedding.inherit("lr") takes it back
embedding.freeze(false);
groups.step({w, out, b, table}, {grad_w, grad_out, grad_b, grad_table});     // in the order in which they were added
// [groups]
// [numbers]
furl::grouped_optimizer<float> by_number;                                    // for a list in the order of the network
by_number.add<furl::zoo::adamw>({w.size(), out.size()}, {.tensors = {0, 2}});
by_number.add<furl::zoo::adamw>({b.size()}, {.settings = {{"weight_decay", 0}}, .tensors = {1}});
by_number.step({w, b, out}, {grad_w, grad_b, grad_out});
// [numbers]
    for (const auto& group : groups)
        std::printf("lr %g%s, weight_decay %g\n", group.get("lr"), group.is_set("lr") ? " of its own" : "",
                    &group == &embedding ? 0.0 : group.get("weight_decay"));
    matrices.set("beta1", biases.get("beta1"));
// [backward]
std::vector<std::vector<float>> network(3, std::vector<float>(1000, 1.0f));
furl::optimizer<furl::zoo::adamw> inside(network);
for (std::size_t i = network.size(); i-- > 0;) {
    const std::vector<float> gradient = backward(i);     // yours: of layer i
    inside.step_tensor(i, network[i], gradient);         // the last of the three ends the step
}                                                        // and here each gradient is freed
// [backward]
    std::printf("%zu tensors, %zu values of m, steps %lld and %lld\n", opt.tensors(), momentum_of_b.size(),
                static_cast<long long>(many.step_count()), static_cast<long long>(inside.step_count()));
}
