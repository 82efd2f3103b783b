// The page "Write your own rule".

// The page shows the regions as they stand.
// clang-format off
#include <furl/furl.hpp>

#include <iostream>
#include <vector>

// [sgd]
struct my_sgd {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto update = furl::param - lr * furl::grad;
};
// [sgd]

// [momentum]
struct my_momentum {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto mu = furl::hyper<"momentum">(0.9);

    static constexpr auto b = furl::state<"b">(0.0, [](auto old) { return mu * old + furl::grad; });

    static constexpr auto update = furl::param - lr * b;
};
// [momentum]

// [agreement]
// Adam that takes a smaller step where this gradient and the one before it point in different directions.
struct agreeing_adam {
    static constexpr auto lr    = furl::hyper<"lr">(1e-3);
    static constexpr auto beta1 = furl::hyper<"beta1">(0.9);
    static constexpr auto beta2 = furl::hyper<"beta2">(0.999);
    static constexpr auto eps   = furl::hyper<"eps">(1e-8);

    static constexpr auto m = furl::ema<"m">(furl::grad, beta1);
    static constexpr auto v = furl::ema<"v">(square(furl::grad), beta2);

    static constexpr auto last     = furl::delay<"last">(furl::grad);
    static constexpr auto friction = furl::let<"friction">(select(last * furl::grad < 0, 0.5, 1.0));
    static constexpr auto size     = furl::let<"size">(norm(furl::grad));

    static constexpr auto update =
        furl::param
        - lr * min(1.0, 10.0 / size) * friction * safe_divide(bias_corrected(m), sqrt(bias_corrected(v)), eps);
};
// [agreement]

// [promise]
static_assert(furl::cost<my_momentum>.passes == 1);
static_assert(furl::cost<my_momentum>.bytes_per_parameter == 20);  // reads param, grad, b; writes param, b
static_assert(furl::cost<agreeing_adam>.passes == 2);              // the norm must be known before the step
// [promise]

// [input]
struct newton {
    static constexpr auto curvature = furl::input<"curvature">;
    static constexpr auto update = furl::param - furl::grad / max(abs(curvature), 1e-3);
};
// [input]

int main() {
    std::vector<float> w{1, 2, 3}, g{0.1f, -0.2f, 0.3f}, h{1, 2, 4};
    furl::optimizer<my_sgd> sgd(w);
    furl::optimizer<my_momentum> momentum(w);
    sgd.step(w, g);
    momentum.step(w, g);
// [step-with-input]
furl::optimizer<newton> opt(w);
opt.step(w, g, newton::curvature = h);
// [step-with-input]
    std::cout << furl::text<agreeing_adam>();
}
