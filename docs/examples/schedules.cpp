// The page "Schedules".

// The page shows the regions as they stand.
// clang-format off
#include <furl/furl.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/adamw.hpp>

#include <cmath>
#include <cstdio>
#include <vector>

// [replace]
// AdamW, whose learning rate falls in half a wave of a cosine to 1e-5 in 10,000 steps.
struct cooling_adamw : furl::zoo::adamw {
    static constexpr auto update =
        furl::replace(furl::zoo::adamw::update, lr, furl::schedules::cosine(lr, 1e-5, 10'000));
};
// [replace]

// [llm.c]
// llm.c: 700 steps of warm-up to the learning rate, then a cosine to a tenth of it at step 18,865.
struct llm_c_adamw : furl::zoo::adamw {
    static constexpr auto schedule = furl::schedules::join(lr * furl::step / 700, 700,
                                                           furl::schedules::cosine(lr, 0.1 * lr, 18'865 - 700));
    static constexpr auto update = furl::replace(furl::zoo::adamw::update, lr, furl::let<"rate">(schedule));
};
// [llm.c]

// [momentum]
// PyTorch's OneCycleLR over 1,000 steps with Adam: beta1 is low while the learning rate is high.
struct one_cycle_adam : furl::zoo::adam {
    static constexpr auto cycled =
        furl::replace(furl::zoo::adam::update, lr, furl::schedules::one_cycle(lr, 1000));
    static constexpr auto update = furl::replace(cycled, beta1, furl::schedules::one_cycle_momentum(1000));
};
// [momentum]

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
// [peak]
furl::optimizer<cooling_adamw> cooling(w.size());
cooling[cooling_adamw::lr] = 3e-4;                     // where the cosine starts
cooling.step(w, g);
// [peak]
    furl::optimizer<llm_c_adamw> llm_c(w.size());
    llm_c[llm_c_adamw::lr] = 6e-4;
    // llm.c's get_learning_rate, whose steps count from 0.
    const auto rate_of = [](int step) {
        if (step < 700) return 6e-4 * (step + 1) / 700;
        return 6e-5 + 0.5 * (1 + std::cos(std::acos(-1.0) * (step - 700) / (18'865 - 700))) * (6e-4 - 6e-5);
    };
    for (int step = 0; step < 1000; ++step) {
        llm_c.step(w, g);
        if (std::abs(llm_c.value("rate") - rate_of(step)) > 1e-15) return 1;
    }
    furl::optimizer<one_cycle_adam> cycling(w.size());
    cycling.step(w, g);
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
