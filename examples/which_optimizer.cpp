// Shows:  what the choice of the optimizer and of its learning rate does: the same network, trained by the classics, at
//         several rates, with several seeds.
// Prints: of each optimizer, at its best rate: loss, accuracy, steps to a target, time of a step; the plots show the
//         loss for each rate, and how it falls, with the spread over the seeds.
#include <furl/furl.hpp>
#include <furl/zoo/adadelta.hpp>
#include <furl/zoo/adagrad.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/amsgrad.hpp>
#include <furl/zoo/nadam.hpp>
#include <furl/zoo/rmsprop.hpp>
#include <furl/zoo/sgd.hpp>
#include <furl/zoo/sgd_momentum.hpp>

#include "support/digit_options.hpp"
#include "support/parallel.hpp"
#include "support/plot_option.hpp"
#include "support/trial.hpp"

#include <cmath>
#include <cstdio>
#include <mutex>
#include <vector>

namespace {

using namespace examples;

struct options {
    digit_options digits;
    trial_settings each;
    std::size_t seeds = 3, to_train = 4000;
};

std::vector<trials> classics() {
    using namespace furl::zoo;
    return {{"sgd", try_rule<sgd>, 3},
            {"momentum", try_rule<sgd_momentum>, 0.3},
            {"nesterov", try_rule<sgd_nesterov>, 0.3},
            {"adagrad", try_rule<adagrad>, 0.3},
            {"adadelta", try_rule<adadelta>, 10},
            {"rmsprop", try_rule<rmsprop>, 0.03},
            {"adam", try_rule<adam>, 0.1},
            {"nadam", try_rule<nadam>, 0.1},
            {"amsgrad", try_rule<amsgrad>, 0.1},
            {"adamw", try_rule<adamw>, 0.1}};
}

/// Prints the line of an optimizer at its best rate, and adds its curves to the charts.
void report(const trials& c, chart& rates, chart& losses) {
    const auto test_loss = [](const trial& r) { return r.test_loss; };
    std::size_t best = 0;
    curve over_rates{.name = c.name, .drawn = curve::both};
    for (std::size_t i = 0; i < c.runs.size(); ++i) {
        const spread s = c.over_seeds(i, test_loss);
        over_rates.x.push_back(c.lr(i)), over_rates.y.push_back(s.median);
        over_rates.low.push_back(s.low), over_rates.high.push_back(s.high);
        if (s.median < c.over_seeds(best, test_loss).median) best = i;
    }
    rates.curves.push_back(over_rates);
    curve falling{.name = c.name};
    for (std::size_t t = 0; t < c.runs[best][0].loss.size(); t += 5) {
        const spread s = c.over_seeds(best, [t](const trial& r) { return t < r.loss.size() ? r.loss[t] : NAN; });
        falling.x.push_back(static_cast<double>(t + 1)), falling.y.push_back(s.median);
        falling.low.push_back(s.low), falling.high.push_back(s.high);
    }
    losses.curves.push_back(falling);
    const spread loss = c.over_seeds(best, test_loss),
                 accuracy = c.over_seeds(best, [](auto&r) { return 100 * r.accuracy; });
    std::printf("%-9s %8.2g   %.3f [%.3f, %.3f]   %5.2f %% [%.2f, %.2f] %10.0f %12.1f us\n", c.name, c.lr(best),
                loss.median, loss.low, loss.high, accuracy.median, accuracy.low, accuracy.high,
                c.over_seeds(best, [](auto& r) { return r.steps_to_target; }).median,
                1e6 * c.over_seeds(best, [](auto& r) { return r.seconds_per_step; }).median);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("The same network, by all classic optimizers, at several rates, with several seeds.",
                 "which_optimizer");
    setup(app);
    options o;
    o.digits.add_to(app);
    app.add_option("--epochs", o.each.epochs, "of each training")->check(between(1, 1000));
    app.add_option("--digits", o.to_train, "to train with")->check(between(10, 60000));
    app.add_option("--hidden", o.each.hidden, "neurons in the hidden layer")->check(between(1, 10000));
    app.add_option("--batch", o.each.batch, "digits per step")->check(between(1, 60000));
    app.add_option("--seeds", o.seeds, "trainings of each kind")->check(between(1, 100));
    app.add_option("--target", o.each.target, "the training loss whose step is told")->check(between(0, 10));
    const plot_option plot(app, argv[0]);

    return run_example(app, argc, argv, [&] {
        digit_data data = o.digits.load(o.to_train);
        data.train = first_of(data.train, o.to_train);
        std::vector<trials> all = classics();
        const std::size_t rates = all[0].runs.size(), each = rates * o.seeds;
        for (trials& c : all)
            for (auto& runs : c.runs) runs.resize(o.seeds);
        progress_bar bar(all.size() * each);
        std::mutex one_at_a_time;
        parallel_for(all.size() * each, [&](std::size_t i) {
            trials& c = all[i / each];
            const std::size_t rate = i % each / o.seeds, seed = i % o.seeds;
            c.runs[rate][seed] = c.train(data, o.each, c.lr(rate), o.digits.seed + seed);
            const std::scoped_lock lock(one_at_a_time);
            bar.advance();
        });
        bar.clear();

        chart by_rate{.title = "test loss",
                      .x_label = "learning rate",
                      .y_label = "loss",
                      .log_x = true,
                      .log_y = true,
                      .y_range = chart::range(0.05, 5),
                      .legend = "off"};
        chart by_step{.title = "training loss at the best rate",
                      .x_label = "step",
                      .y_label = "loss",
                      .log_y = true,
                      .y_range = chart::range(0.02, 3),
                      .legend = "top right maxrows 5 width 2"};
        std::printf("%zu trainings; at the best of %zu rates, median and extremes of %zu seeds\n\n", all.size() * each,
                    rates, o.seeds);
        std::printf("%-9s %8s   %-22s %-24s  steps to %.2g   time of a step\n", "", "best lr", "test loss", "accuracy",
                    o.each.target);
        for (const trials& c : all) report(c, by_rate, by_step);
        plot.draw({by_rate, by_step});
    });
}
