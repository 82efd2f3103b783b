// The page "Compose blocks".

// The page shows the regions as they stand.
// clang-format off
#include <furl/furl.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/sgd.hpp>

#include <iostream>
#include <vector>

// [two-kinds]
struct clipped_adam : furl::zoo::adam {          // a filter of a value: it takes the place of what it filters
    static constexpr auto update =
        furl::replace(furl::zoo::adam::update, furl::grad, furl::clip_by_global_norm(furl::grad, 1.0));
};

struct averaged_adam : furl::zoo::adam {         // a modifier of an update: call it
    static constexpr auto update = furl::weight_ema(furl::zoo::adam::update, 0.999);
};
// [two-kinds]

// [any]
template <class Rule>
struct careful : Rule {
    static constexpr auto clipped =
        furl::replace(Rule::update, furl::grad, furl::clip_by_global_norm(furl::grad, furl::hyper<"max_norm">(1.0)));
    static constexpr auto update =
        furl::skip_nonfinite(furl::lookahead(furl::decoupled_weight_decay(clipped, Rule::lr, 0.01), 5, 0.5));
};
// [any]

// [own]
// Softens a gradient: as it is where it is small, its logarithm where it is large.
template <furl::Expression X, class Scale>
constexpr auto softened(const X& x, const Scale& scale) {
    return copysign(scale * log1p(abs(x) / scale), x);
}

struct soft_sgd : furl::zoo::sgd {
    static constexpr auto update = furl::param - lr * softened(furl::grad, furl::hyper<"scale">(0.1));
};
// [own]

// [promise]
static_assert(furl::cost<careful<furl::zoo::adam>>.passes == 2);     // the norm and the test share the first one
static_assert(furl::cost<soft_sgd>.passes == 1);
// [promise]

int main() {
    std::vector<float> w{1, 2, 3}, g{0.5f, -0.25f, 4};
// [use]
furl::optimizer<careful<furl::zoo::adam>> opt(w.size());
opt[furl::zoo::adam::lr] = 1e-2;      // the symbols of the rule go on
opt.set("max_norm", 0.5);             // and every hyperparameter has its name at run time
const bool stepped = opt.step(w, g);  // false: the gradients were not finite, and nothing has changed
// [use]
    std::cout << furl::text<careful<furl::zoo::adam>>();
    return stepped ? 0 : 1;
}
