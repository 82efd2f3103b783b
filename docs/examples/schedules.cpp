// The page "Schedules".

// The page shows the regions as they stand.
// clang-format off
#include <furl/furl.hpp>
#include <furl/zoo/adam.hpp>

#include <cstdio>
#include <vector>

// [rule]
struct scheduled_adam : furl::zoo::adam {
    static constexpr auto peak = furl::hyper<"lr">(1e-3);
    static constexpr auto rate =
        furl::let<"rate">(furl::schedules::linear_warmup(peak, 100, furl::schedules::cosine(peak, 1e-5, 900)));

    static constexpr auto update = furl::param - rate * direction;
};
// [rule]

// [own]
// Any expression of furl::step is a schedule.
inline constexpr auto sawtooth = 0.1 * (1 - (furl::step - 1 - 10 * floor((furl::step - 1) / 10)) / 10);
// [own]

struct sawn : furl::zoo::adam {
    static constexpr auto update = furl::param - sawtooth * direction;
};
static_assert(furl::cost<sawn>.passes == 1);

int main() {
    std::vector<float> w(8, 1), g(8, 0.5f);
// [plateau]
furl::optimizer<scheduled_adam> opt(w.size());
furl::reduce_on_plateau plateau;                       // a schedule that watches a metric, not the step
for (int epoch = 0; epoch < 20; ++epoch) {
    opt.step(w, g);
    const double validation_loss = 1.0;                // yours
    if (plateau.step(validation_loss, opt[scheduled_adam::peak])) std::puts("the learning rate was reduced");
}
// [plateau]
    std::printf("%g\n", opt[scheduled_adam::peak]);
}
