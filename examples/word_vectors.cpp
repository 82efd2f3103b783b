// Shows:  steps of some rows of a table (step_rows): vectors for the words of a text, learned by skip-grams with negative samples.
//         Each word counts its own steps (steps_per_row), so that rare words are corrected for their own age.
// Prints: the plan; as it learns, the loss; the nearest words of a few; what a step of some rows costs beside one of all.
#include <furl/furl.hpp>
#include <furl/zoo/adam.hpp>

#include "support/plot_option.hpp"
#include "support/progress.hpp"
#include "support/random_source.hpp"
#include "support/run_example.hpp"
#include "support/smoothed.hpp"
#include "support/symbols.hpp"
#include "support/timing.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace examples;

/// Adam whose bias correction follows the steps of each word.
struct word_rule : furl::zoo::adam {
    static constexpr auto update = furl::steps_per_row(furl::zoo::adam::update);
};
static_assert(furl::cost<word_rule>.passes == 1);

struct options {
    std::vector<std::string> files;
    std::size_t dimensions = 32, steps = 10000, batch = 64, window = 4, negatives = 5, least = 2;
    double lr = 0.01;
    std::uint64_t seed = 1;
};

/// A text as words 0, 1, ..., the most frequent first.
struct word_text {
    std::vector<std::string> words;
    std::vector<std::uint32_t> text;

    word_text(const std::vector<std::string>& files, std::size_t least) {
        std::vector<std::string> all;
        const symbol_text symbols(files);
        std::string word;
        for (const char c : symbols.decode(symbols.symbols) + " ") {
            const auto letter = static_cast<unsigned char>(c);
            if (std::isalpha(letter) != 0) word += static_cast<char>(std::tolower(letter));
            else if (!word.empty()) all.push_back(std::exchange(word, {}));
        }
        std::map<std::string, std::size_t> counts;
        for (const auto& w : all) ++counts[w];
        for (const auto& [w, n] : counts)
            if (n >= least) words.push_back(w);
        std::ranges::stable_sort(words, [&](const auto& a, const auto& b) { return counts[a] > counts[b]; });
        std::map<std::string, std::uint32_t> number;
        for (const auto& w : words) number.emplace(w, static_cast<std::uint32_t>(number.size()));
        for (const auto& w : all)
            if (const auto at = number.find(w); at != number.end()) text.push_back(at->second);
    }
};

/// Two tables with a vector for each word: as the middle of a window, and as its surroundings.
struct model {
    std::size_t words, dimensions;
    std::vector<float> middle, around;

    model(std::size_t n, std::size_t d, random_source& random) : words(n), dimensions(d), middle(n * d), around(n * d) {
        for (auto& x : middle) x = static_cast<float>(random.normal() / static_cast<double>(d));
    }
    const float* vector(const std::vector<float>& table, std::size_t word) const { return table.data() + word * dimensions; }

    double cosine(std::size_t a, std::size_t b) const {
        double dot = 0, aa = 0, bb = 0;
        for (std::size_t k = 0; k < dimensions; ++k) {
            const double x = vector(middle, a)[k], y = vector(middle, b)[k];
            dot += x * y, aa += x * x, bb += y * y;
        }
        return dot / std::sqrt(aa * bb);
    }
    std::vector<std::size_t> nearest(std::size_t word, std::size_t count) const {
        std::vector<std::pair<double, std::size_t>> all;
        for (std::size_t w = 0; w < words; ++w)
            if (w != word) all.emplace_back(-cosine(word, w), w);
        std::ranges::partial_sort(all, all.begin() + static_cast<std::ptrdiff_t>(std::min(count, all.size())));
        std::vector<std::size_t> result;
        for (std::size_t i = 0; i < std::min(count, all.size()); ++i) result.push_back(all[i].second);
        return result;
    }
};

/// The gradients of a batch: one row for each word that occurs in it, as often as it occurs.
struct sparse_gradient {
    std::vector<std::uint32_t> rows;
    std::vector<float> values;

    float* add(std::uint32_t row, std::size_t dimensions) {
        rows.push_back(row);
        values.resize(values.size() + dimensions);
        return values.data() + values.size() - dimensions;
    }
};

/// The loss of a batch of skip-grams, -log sigmoid(u v) of neighbors and -log sigmoid(-u v) of random words, and its gradients.
double draw_batch(const model& m, const word_text& text, const options& o, random_source& random, sparse_gradient& of_middle,
                  sparse_gradient& of_around) {
    of_middle = {}, of_around = {};
    double loss = 0;
    for (std::size_t b = 0; b < o.batch; ++b) {
        const std::size_t at = o.window + random.below(text.text.size() - 2 * o.window);
        const std::uint32_t word = text.text[at];
        const std::size_t distance = 1 + random.below(o.window);
        const std::uint32_t neighbor = text.text[random.below(2) == 0 ? at - distance : at + distance];
        std::vector<float> own(m.dimensions);
        for (std::size_t k = 0; k <= o.negatives; ++k) {
            const bool real = k == 0;
            const std::uint32_t other = real ? neighbor : text.text[random.below(text.text.size())];
            const float *v = m.vector(m.middle, word), *u = m.vector(m.around, other);
            double dot = 0;
            for (std::size_t i = 0; i < m.dimensions; ++i) dot += static_cast<double>(v[i]) * static_cast<double>(u[i]);
            const double p = 1 / (1 + std::exp(-dot));
            loss -= std::log(std::max(real ? p : 1 - p, 1e-12));
            const auto slope = static_cast<float>((p - (real ? 1 : 0)) / static_cast<double>(o.batch));
            float* g = of_around.add(other, m.dimensions);
            for (std::size_t i = 0; i < m.dimensions; ++i) g[i] = slope * v[i], own[i] += slope * u[i];
        }
        std::ranges::copy(own, of_middle.add(word, m.dimensions));
    }
    return loss / static_cast<double>(o.batch);
}

void learn(model& m, const word_text& text, const options& o, const plot_option& plot) {
    const furl::shape table{m.words, m.dimensions};
    furl::optimizer<word_rule> of_middle(table), of_around(table);
    of_middle[word_rule::lr] = of_around[word_rule::lr] = o.lr;

    random_source random(o.seed);
    sparse_gradient middle, around;
    curve losses{.name = "training"};
    progress_bar bar(o.steps);
    smoothed loss;
    for (std::size_t step = 1; step <= o.steps; ++step) {
        loss(draw_batch(m, text, o, random, middle, around));
        if (!std::isfinite(loss.value())) throw std::runtime_error("the loss is not finite: try a smaller --lr");
        // A word may occur several times in a batch: its gradients are added up first.
        of_middle.step_rows(furl::sum_duplicates, middle.rows, m.middle, middle.values);
        of_around.step_rows(furl::sum_duplicates, around.rows, m.around, around.values);
        bar.advance();
        if (step % std::max<std::size_t>(o.steps / 10, 1) != 0) continue;
        losses.x.push_back(static_cast<double>(step)), losses.y.push_back(loss.value());
        bar.clear();
        std::printf("step %5zu   loss %.3f\n", step, loss.value());
    }

    std::printf("\nnearest words\n");
    for (const char* word : {"gradient", "row", "float", "error", "test"}) {
        const auto at = std::ranges::find(text.words, word);
        if (at == text.words.end()) continue;
        std::printf("  %-9s", word);
        for (auto w : m.nearest(static_cast<std::size_t>(at - text.words.begin()), 6)) std::printf(" %s", text.words[w].c_str());
        std::printf("\n");
    }

    std::ranges::sort(around.rows);
    around.rows.erase(std::unique(around.rows.begin(), around.rows.end()), around.rows.end());
    const std::vector<float> some(around.rows.size() * m.dimensions), all(m.around.size());
    const comparison cost = compare(
        31, [&] { of_around.step_rows(around.rows, m.around, some); }, [&] { of_around.step(m.around, all); });
    std::printf("\na step of the %zu words of a batch: %.1f us; of all %zu words: %.1f times as long\n", around.rows.size(),
                cost.first.median / 1e3, m.words, cost.ratio);
    plot.draw({{.title = "skip-grams", .x_label = "step", .y_label = "loss of a pair and its negatives", .curves = {losses}}});
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Learns a vector for each word of a text; a step changes only the words of its batch.", "word_vectors");
    setup(app);
    options o;
    app.add_option("--text", o.files, "text files; without them, the documentation of furl")->type_name("FILE")->default_str("");
    app.add_option("--steps", o.steps, "of training")->check(between(10, 1e7));
    app.add_option("--batch", o.batch, "pairs of words per step")->check(between(1, 65536));
    app.add_option("--dimensions", o.dimensions, "of a word's vector")->check(between(1, 4096));
    app.add_option("--window", o.window, "words to either side that count as near")->check(between(1, 100));
    app.add_option("--negatives", o.negatives, "random words per pair")->check(between(1, 100));
    app.add_option("--least", o.least, "how often a word must occur to have a vector")->check(between(1, 1e6));
    app.add_option("--lr", o.lr, "learning rate")->check(between(1e-9, 1));
    app.add_option("--seed", o.seed, "of vectors and pairs")->check(between(0, 1e15));
    const plot_option plot(app, argv[0]);

    return run_example(app, argc, argv, [&] {
        const word_text text(o.files.empty() ? documentation(FURL_ROOT) : o.files, o.least);
        if (text.words.size() < 10 || text.text.size() < 100 + 2 * o.window) throw std::runtime_error("the text is too short for --least and --window");
        random_source random(o.seed);
        model m(text.words.size(), o.dimensions, random);
        std::printf("%s\ntext: %zu words, %zu different; %zu numbers for each in two tables\n\n", furl::explain<word_rule>().c_str(),
                    text.text.size(), text.words.size(), o.dimensions);
        learn(m, text, o, plot);
    });
}
