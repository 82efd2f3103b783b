// Shows:  gradient descent that learns its learning rate while it trains a network, by hypergradient descent, against
// the
//         same rule at fixed rates.
// Prints: the equations; for rates that are far too small to far too large, what becomes of the rate, and the loss and
//         accuracy with and without learning it; the plots show the rates over the steps and the losses over the rates.
#include <furl/blocks/hypergradient_descent.hpp>
#include <furl/furl.hpp>
#include <furl/zoo/sgd.hpp>

#include "support/digit_options.hpp"
#include "support/plot_option.hpp"
#include "support/run_example.hpp"
#include "support/training.hpp"

#include <cmath>
#include <cstdio>
#include <vector>

// Any rule whose learning rate is called lr: the step length is learned, the direction is that of the rule.
template <class Rule>
struct learning : Rule {
    static constexpr auto kappa = furl::hyper<"kappa">(0.1);
    static constexpr auto update = furl::multiplicative_hypergradient_descent(Rule::update, Rule::lr, kappa);
};

namespace {

using namespace examples;
using rule = furl::zoo::sgd;

struct options {
    digit_options digits;
    std::size_t epochs = 5, batch = 64, hidden = 100, to_train = 4000;
    double kappa = 0.1;
};

struct result {
    double loss, accuracy;      // on the test digits, at the end
    std::vector<double> rates;  // after each step
};

template <class Rule>
result learn(const digit_data& data, const options& o, double lr) {
    dense_network<> network = digit_network(data, {o.hidden}, o.digits.seed);
    furl::optimizer<Rule> opt(network.parameters());
    opt[rule::lr] = lr;
    result r{};
    if constexpr (requires { Rule::kappa; }) opt[Rule::kappa] = o.kappa;
    train(
        network, data, {.epochs = o.epochs, .batch = o.batch, .seed = o.digits.seed},
        [&](double) {
            opt.step(network.parameters(), network.gradients());
            if constexpr (requires { Rule::kappa; }) r.rates.push_back(opt.scalar_state("learned_lr", 0));
        },
        [&](const epoch_result& epoch) { r.loss = epoch.test.loss, r.accuracy = epoch.test.accuracy; });
    return r;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Gradient descent that learns its learning rate, from several rates.", "learned_rate");
    setup(app);
    options o;
    o.digits.add_to(app);
    app.add_option("--epochs", o.epochs, "of each training")->check(between(1, 1000));
    app.add_option("--digits", o.to_train, "to train with")->check(between(10, 60000));
    app.add_option("--hidden", o.hidden, "neurons in the hidden layer")->check(between(1, 10000));
    app.add_option("--batch", o.batch, "digits per step")->check(between(1, 60000));
    app.add_option("--kappa", o.kappa, "the most that the rate changes in a step, relative")->check(between(0, 0.99));
    const plot_option plot(app, argv[0]);

    return run_example(app, argc, argv, [&] {
        digit_data data = o.digits.load(o.to_train);
        data.train = first_of(data.train, o.to_train);
        std::printf("%s\n", furl::text<learning<rule>>().c_str());
        std::printf("%8s   %-22s   %s\n", "", "at this rate", "learned from this rate");
        std::printf("%8s   %9s %12s   %9s %12s %12s\n", "lr", "test loss", "accuracy", "test loss", "accuracy",
                    "lr at the end");

        chart rates{
            .title = "learning rate", .x_label = "step", .y_label = "learned rate", .log_y = true, .legend = "off"};
        chart losses{.title = "test loss",
                     .x_label = "learning rate at the start",
                     .y_label = "loss",
                     .log_x = true,
                     .log_y = true,
                     .legend = "bottom left"};
        curve fixed{.name = "fixed", .drawn = curve::both}, learned{.name = "learned", .drawn = curve::both};
        for (const double lr : {1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1}) {
            const result plain = learn<rule>(data, o, lr), own = learn<learning<rule>>(data, o, lr);
            std::printf("%8g   %9.3f %10.2f %%   %9.3f %10.2f %% %12.3g\n", lr, plain.loss, 100 * plain.accuracy,
                        own.loss, 100 * own.accuracy, own.rates.back());
            std::fflush(stdout);
            fixed.x.push_back(lr), fixed.y.push_back(plain.loss);
            learned.x.push_back(lr), learned.y.push_back(own.loss);
            curve& path = rates.curves.emplace_back();
            for (const double rate : own.rates)
                path.x.push_back(static_cast<double>(path.x.size() + 1)), path.y.push_back(rate);
        }
        losses.curves = {fixed, learned};
        plot.draw({rates, losses});
    });
}
