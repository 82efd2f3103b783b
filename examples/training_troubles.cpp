// Shows:  three troubles of training, and what tames each: weights that start wrong (and initialization), gradients
// that
//         explode (and clipping by global norm), over-fitting (and weight decay). Each remedy is one line of a rule.
// Prints: a table for each; the plots show the training with the trouble and without.
#include <furl/furl.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/sgd_momentum.hpp>

#include "support/digit_options.hpp"
#include "support/experiment.hpp"
#include "support/plot_option.hpp"

#include <cmath>
#include <vector>

namespace {

using namespace examples;

/// Any rule, with its gradient clipped. An infinite limit clips nothing; either way its norm can be read.
template <class Rule>
struct clipped : Rule {
    static constexpr auto limit = furl::hyper<"limit">(1.0);
    static constexpr auto length = furl::state<"length">(0.0, [](auto) { return global(norm(furl::grad)); });
    static constexpr auto update =
        furl::with(furl::replace(Rule::update, furl::grad, furl::clip_by_global_norm(furl::grad, limit)), length);
};

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Three troubles of training, and what tames each.", "training_troubles");
    setup(app);
    digit_options o;
    std::size_t digits_to_train = 2000, few = 200, epochs = 5, long_epochs = 150;
    double high_lr = 1, clip = 0.1;
    o.add_to(app);
    app.add_option("--digits", digits_to_train, "to train with")->check(between(10, 60000));
    app.add_option("--high-lr", high_lr, "learning rate that makes gradients explode")->check(between(1e-9, 1000));
    app.add_option("--clip", clip, "norm that they are clipped to")->check(between(1e-9, 1000));
    app.add_option("--few", few, "digits to over-fit")->check(between(10, 60000));
    app.add_option("--epochs", epochs, "of a training")->check(between(1, 1000));
    app.add_option("--long-epochs", long_epochs, "of a training that over-fits")->check(between(1, 10000));
    const plot_option plot(app, argv[0]);

    return run_example(app, argc, argv, [&] {
        digit_data data = o.load(digits_to_train, 2000);
        data.train = first_of(data.train, digits_to_train);
        const std::vector<std::size_t> deep(6, 64);

        using adam = experiment<furl::zoo::adam>;
        std::vector<adam> starts;
        for (const auto& [name, weights] : {std::pair("zero", initialization::zero),
                                            {"uniform", initialization::uniform},
                                            {"normal", initialization::normal},
                                            {"xavier", initialization::xavier},
                                            {"he", initialization::he}})
            starts.push_back({.name = name, .hidden = deep, .weights = weights, .epochs = epochs});
        run_all("Weights that start wrong: Adam, six hidden layers of 64", starts, data, o.seed);

        using momentum = experiment<clipped<furl::zoo::sgd_momentum>>;
        std::vector<momentum> clips;
        for (const auto& [name, limit] : {std::pair("not clipped", HUGE_VAL), {"clipped", clip}})
            clips.push_back(
                {.name = name, .hidden = deep, .lr = high_lr, .settings = {{"limit", limit}}, .epochs = epochs});
        run_all("Gradients that explode: SGD with momentum, six hidden layers of 64", clips, data, o.seed);

        using adamw = experiment<furl::zoo::adamw>;
        std::vector<adamw> decays;
        for (const auto& [name, decay] : {std::pair("no decay", 0.0), {"weight decay 1", 1.0}, {"weight decay 3", 3.0}})
            decays.push_back({.name = name,
                              .hidden = {256},
                              .lr = 3e-3,
                              .settings = {{"weight_decay", decay}},
                              .epochs = long_epochs});
        digit_data small{first_of(data.train, few), data.test, data.source};
        run_all("Over-fitting: AdamW, one hidden layer of 256, few digits", decays, small, o.seed);

        std::vector<chart> charts(3);
        for (const auto& e : starts) charts[0].curves.push_back(e.steps());
        for (const auto& e : clips) charts[1].curves.push_back(e.gradients());
        for (const auto& e : decays) charts[2].curves.push_back(e.test());
        charts[0].title = "weights that start wrong", charts[1].title = "gradients that explode";
        charts[2].title = "over-fitting";
        for (chart& c : charts) c.x_label = "step", c.y_label = "training loss";
        charts[2].x_label = "epoch", charts[2].y_label = "test loss";
        charts[1].y_label = "gradient's length", charts[1].log_y = true;
        charts[2].y_range = chart::range(0.4, 1);
        plot.draw(charts);
    });
}
