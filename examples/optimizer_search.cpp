// Shows:  a search for optimizers: random rules are written as C++, compiled by the compiler at hand, loaded, and raced
//         on a small network; a taste of Bello et al. 2017, "Neural optimizer search with reinforcement learning".
// Prints: the best rules beside gradient descent, momentum, RMSprop and Adam, and their equations.
#include "support/candidate.hpp"
#include "support/compiled_library.hpp"
#include "support/digit_options.hpp"
#include "support/parallel.hpp"
#include "support/random_rule.hpp"
#include "support/training.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <mutex>
#include <set>

namespace {

using namespace examples;

struct options {
    digit_options digits;
    std::size_t rules = 64, best = 3;
    double seconds = 60;
    std::string compiler = FURL_COMPILER;
};

struct entry {
    std::string name;
    candidate rule;
    double lr, loss, accuracy;  ///< the best rate, and what it came to
};

/// Trains a small network for `epochs`, over some seeds; mean test loss and accuracy.
entry race(const entry& racer, double lr, const digit_data& data, std::size_t epochs, std::size_t seeds) {
    entry result{racer.name, racer.rule, lr, 0, 0};
    for (std::size_t seed = 1; seed <= seeds; ++seed) {
        dense_network<> network = digit_network(data, {32}, seed);
        furl::any_optimizer<float> opt = racer.rule.make(network.parameters());
        opt["lr"] = lr;
        const auto epochs_done = train(
            network, data, {.epochs = epochs, .batch = 25, .seed = seed},
            [&](double) { opt.step(network.parameters(), network.gradients()); }, [](const epoch_result&) {});
        const score& test = epochs_done.back().test;
        result.loss += (std::isfinite(test.loss) ? test.loss : INFINITY) / static_cast<double>(seeds);
        result.accuracy += test.accuracy / static_cast<double>(seeds);
    }
    return result;
}

/// At the best learning rate of a short race.
entry best_rate(const entry& racer, const digit_data& data) {
    entry best{racer.name, racer.rule, 0, INFINITY, 0};
    for (int i = -8; i <= 1; ++i) {
        const entry tried = race(racer, std::pow(10.0, i / 2.0), data, 1, 1);
        if (tried.loss < best.loss) best = tried;
    }
    return best;
}

std::vector<entry> search(const digit_data& data, const options& o, std::vector<compiled_library>& libraries) {
    constexpr std::size_t in_a_unit = 8;
    const std::size_t units = 1 + (o.rules + in_a_unit - 1) / in_a_unit;
    const stopwatch watch;
    std::vector<entry> entries;
    std::set<std::string> known;
    std::mutex one_at_a_time;
    progress_bar bar(units);
    parallel_for(units, [&](std::size_t i) {
        if (i > 0 && watch.seconds() > o.seconds) return;
        const rule_unit unit = i == 0 ? known_rules() : random_rules(o.digits.seed, i, in_a_unit);
        compiled_library library(o.compiler, unit.text());
        std::vector<candidate> rules;
        library.function<void(std::vector<candidate>&)>("candidates")(rules);
        for (std::size_t k = 0; k < rules.size(); ++k) {
            if (const std::scoped_lock lock(one_at_a_time); !known.insert(rules[k].text()).second) continue;
            const entry result = best_rate({unit.names[k], rules[k], 0, 0, 0}, data);
            const std::scoped_lock lock(one_at_a_time);
            entries.push_back(result);
        }
        const std::scoped_lock lock(one_at_a_time);
        libraries.push_back(std::move(library));
        bar.advance();
    });
    bar.clear();
    std::printf("%zu different rules in %.0f s\n\n", entries.size(), watch.seconds());
    return entries;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Random update rules: generated, compiled, raced.", "optimizer_search");
    setup(app);
    options o;
    o.digits.add_to(app);
    app.add_option("--rules", o.rules, "random rules to try")->check(between(1, 1e6));
    app.add_option("--seconds", o.seconds, "no more rules after that time")->check(between(0, 1e6));
    app.add_option("--best", o.best, "how many are shown")->check(between(1, 1000));
    app.add_option("--compiler", o.compiler, "C++20 compiler with its flags");

    return run_example(app, argc, argv, [&] {
        digit_data data = o.digits.load(2000, 1000);
        data.train = first_of(data.train, 2000);
        std::vector<compiled_library> libraries;  // outlive the rules
        std::vector<entry> entries = search(data, o, libraries);

        const auto by_loss = [](const entry& a, const entry& b) { return a.loss < b.loss; };
        std::ranges::sort(entries, by_loss);
        std::vector<entry> last;  // the best, and those that are known
        for (std::size_t shown = 0; const entry& e : entries)
            if (const bool random = e.name.starts_with("random"); !random || shown++ < 2 * o.best) last.push_back(e);
        parallel_for(last.size(), [&](std::size_t i) {  // a longer race may want a lower rate
            last[i] =
                std::min(race(last[i], last[i].lr, data, 3, 3), race(last[i], last[i].lr / 3, data, 3, 3), by_loss);
        });
        std::ranges::sort(last, by_loss);
        std::printf("the last race: three epochs, mean of three seeds\n%-18s %8s %10s %10s\n", "", "lr", "test loss",
                    "accuracy");
        std::size_t shown = 0;
        std::erase_if(last, [&](const entry& e) { return e.name.starts_with("random") && ++shown > o.best; });
        for (const entry& e : last)
            std::printf("%-18s %8.2g %10.4f %8.2f %%\n", e.name.c_str(), e.lr, e.loss, 100 * e.accuracy);
        for (const entry& e : last)
            if (e.name.starts_with("random"))
                std::printf("\n%s\n%s%s", e.name.c_str(), e.rule.text().c_str(), e.rule.latex().c_str());
    });
}
