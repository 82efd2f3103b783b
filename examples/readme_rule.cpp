// Shows:  the README's first program: AdamW as its equation, in one pass.
// Prints: the plan of that pass, and the equations as LaTeX, both told from the type of the rule.

// The README shows the regions byte for byte.
// clang-format off
#include <iostream>
#include <vector>

// [rule]
#include <furl/furl.hpp>

struct my_adamw {
    static constexpr auto lr    = furl::hyper<"lr">(1e-3);
    static constexpr auto beta1 = furl::hyper<"beta1">(0.9);
    static constexpr auto beta2 = furl::hyper<"beta2">(0.999);
    static constexpr auto eps   = furl::hyper<"eps">(1e-8);
    static constexpr auto decay = furl::hyper<"weight_decay">(0.01);

    static constexpr auto m = furl::ema<"m">(furl::grad, beta1);
    static constexpr auto v = furl::ema<"v">(square(furl::grad), beta2);

    static constexpr auto update =
        furl::param * (1 - lr * decay)
        - lr * safe_divide(bias_corrected(m), sqrt(bias_corrected(v)), eps);
};
// [rule]

int main() {
const std::size_t n = 1000;
// [use]
std::vector<float> weights(n), gradients(n);

furl::optimizer<my_adamw> opt(weights.size());   // owns m and v, starts at step 0
opt[my_adamw::lr] = 3e-4;                        // hyperparameters are run-time values
opt.step(weights, gradients);                    // one loop: reads g, w, m, v once, writes w, m, v once
auto m = opt.state(my_adamw::m);                 // std::span over the state
std::cout << furl::explain<my_adamw>();          // the plan: passes, bytes and operations per parameter
std::cout << furl::latex<my_adamw>();            // the equations, from the very type that runs
// [use]
return m.size() == n ? 0 : 1;
}
