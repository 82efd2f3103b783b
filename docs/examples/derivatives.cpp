// The page "Derivatives".

// The page shows the regions as they stand.
// clang-format off
// [include]
#include <furl/blocks/hypergradient_descent.hpp>  // includes furl/blocks/derivative.hpp; furl/furl.hpp has neither
// [include]
#include <furl/furl.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/momentum.hpp>

#include <iostream>
#include <vector>

// [watched]
struct watched_momentum : furl::zoo::momentum {
    static constexpr auto z = furl::derivative<furl::zoo::momentum>(lr);
    static constexpr auto update = with(furl::zoo::momentum::update, z);
};
// [watched]

// [hessian]
// The loss is a sum of h x^2 / 2, so the derivative of the gradient is h times that of x.
struct watched_training : furl::zoo::momentum {
    static constexpr auto z = furl::derivative<furl::zoo::momentum>(lr, [](auto old) { return furl::input<"hessian"> * old; });
    static constexpr auto update = with(furl::zoo::momentum::update, z);
};
// [hessian]

// [any]
template <class Rule>
struct learning : Rule {
    static constexpr auto update = furl::hypergradient_descent(Rule::update, Rule::lr, furl::hyper<"kappa">(1e-3));
};
// [any]

// [promise]
static_assert(furl::cost<watched_momentum>.passes == 1);
static_assert(furl::cost<learning<furl::zoo::adam>>.passes == 2);
// [promise]

int main(int argc, char**) {
    std::vector<float> w{1, 2, 3}, g{0.5f, -0.25f, 4}, h{1, 1, 2};
// [use]
furl::optimizer<watched_momentum> opt(w);
opt.step(w, g);
const auto z = opt.state(watched_momentum::z);              // d w / d lr, for each parameter
// [use]
    furl::optimizer<watched_training> training(w);
    training.step(w, g, furl::input<"hessian"> = h);

// [learn]
furl::optimizer<learning<furl::zoo::adam>> student(w);
student.set("lr", 1e-3);                                    // where the learning rate starts
student.set("kappa", 1e-7);                                 // how fast it is learned
student.step(w, g);
const double learned = student.scalar_state("learned_lr", 0);
// [learn]
    std::cout << (argc > 1 ? furl::text<learning<furl::zoo::adam>>() : furl::text<watched_momentum>());
    return z[2] == -4 && learned > 0 ? 0 : 1;
}
