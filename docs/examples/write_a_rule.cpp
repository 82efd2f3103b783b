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

// [loss]
// Polyak's step length: how far the loss is above 0, over the squared norm of the gradient. A loss that is NaN or infinite skips the step.
struct polyak {
    static constexpr auto longest = furl::hyper<"lr">(1.0);
    static constexpr auto loss = furl::step_input<"loss">;
    static constexpr auto rate = furl::let<"rate">(min(longest, loss / global(dot(furl::grad, furl::grad))));
    static constexpr auto update = skip_unless(abs(loss) < 1e30, furl::param - rate * furl::grad);
};
// [loss]

namespace {

struct evaluation {
    double loss;
    std::vector<float> gradient;
};

// The mean squared error of a line through points of the line 3 x - 1, and its gradient.
evaluation error_of(const std::vector<float>& line) {
    evaluation e{0, {0, 0}};
    for (float x : {-1.0f, 0.0f, 0.5f, 2.0f}) {
        const float off = line[0] * x + line[1] - (3 * x - 1);
        e.loss += static_cast<double>(off * off / 4);
        e.gradient[0] += off * x / 2;
        e.gradient[1] += off / 2;
    }
    return e;
}

}  // namespace

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
// [step-with-loss]
std::vector<float> line{0, 0};
furl::optimizer<polyak> fit(line);
for (int t = 0; t < 100; ++t) {
    const auto [loss, gradient] = error_of(line);              // yours: the forward and the backward pass
    fit.step(line, gradient, polyak::loss = loss);             // fit.value("rate") is the step length
}
// [step-with-loss]
    if (error_of(line).loss > 1e-6) return 1;
    std::cout << furl::text<agreeing_adam>();
}
