// Shows:  AdamW, warm-up, cosine, clipping by global norm and an average of the weights as one rule of two passes; it
//         trains a small transformer to write text, symbol by symbol. Then the same around Muon: a group of it has the
//         matrices of the hidden layers, and a group of AdamW the rest.
// Prints: the plans; as each learns, the loss in bits per symbol and a sample of text from the averaged weights; where the
//         steps spend their time.
#include <furl/furl.hpp>
#include <furl/matrix/eigen.hpp>
#include <furl/runtime/grouped_optimizer.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/matrix/muon.hpp>

#include "support/plot_option.hpp"
#include "support/progress.hpp"
#include "support/run_example.hpp"
#include "support/smoothed.hpp"
#include "support/symbols.hpp"
#include "support/text_pieces.hpp"
#include "support/timing.hpp"
#include "support/transformer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <string>
#include <vector>

namespace {

using namespace examples;

/// All that such training needs, around a rule of the zoo. The groups of an optimizer share one norm of the gradient, because their
/// rules have the same reduction.
template <class Rule>
struct gpt : Rule {
    static constexpr auto warmup = furl::hyper<"warmup">(100);
    static constexpr auto steps = furl::hyper<"steps">(1000);
    static constexpr auto clip = furl::hyper<"clip">(1.0);
    static constexpr auto average = furl::hyper<"average">(0.99);

    static constexpr auto rate = furl::let<"rate">(
        furl::schedules::linear_warmup(Rule::lr, warmup, furl::schedules::cosine(Rule::lr, 0.1 * Rule::lr, steps - warmup)));
    static constexpr auto update = furl::weight_ema(
        furl::replace(furl::replace(Rule::update, furl::grad, furl::clip_by_global_norm(furl::grad, clip)), Rule::lr, rate), average);
};
using gpt_adamw = gpt<furl::zoo::adamw>;
static_assert(furl::cost<gpt_adamw>.passes == 2);

// Muon in the dialect whose steps are as long as AdamW's. Its scale is that of the transposed matrix, too, so it does not matter
// that Eigen's matrices lie column by column.
using gpt_muon = gpt<furl::zoo::muon_torch_rms>;

struct options {
    std::vector<std::string> files;
    transformer_size size{.symbols = 0};
    std::size_t steps = 1000, batch = 16, samples = 5, length = 300;
    double lr = 1e-2, muon_lr = 1e-2, temperature = 0.8;
    std::uint64_t seed = 1;
};

/// The optimizers of a model: AdamW for all of it, or Muon for the matrices of the hidden layers and AdamW for the rest.
furl::grouped_optimizer<float> optimizer_of(transformer<>& model, const options& o, bool with_muon) {
    std::vector<furl::shape> matrices;
    std::vector<std::size_t> numbers, others, other_numbers;
    if (with_muon)
        for (const auto& m : model.hidden_matrices()) {
            matrices.push_back({m.inputs, m.outputs});  // row by row, as it lies
            numbers.push_back(m.number);
        }
    for (std::size_t i = 0; const auto& tensor : model.parameters()) {
        if (std::ranges::count(numbers, i) == 0) {
            others.push_back(tensor.size());
            other_numbers.push_back(i);
        }
        ++i;
    }
    furl::grouped_optimizer<float> groups;
    groups.add<gpt_adamw>(others, {.settings = {{"lr", o.lr}}, .tensors = other_numbers});
    if (with_muon) groups.add<gpt_muon, furl::eigen_engine>(matrices, {.settings = {{"lr", o.muon_lr}}, .tensors = numbers});
    groups.set("steps", static_cast<double>(o.steps));
    groups.set("warmup", 0.1 * static_cast<double>(o.steps));
    return groups;
}

/// The model with the average of its weights in the place of the weights.
transformer<> averaged(transformer<> model, furl::grouped_optimizer<float>& opt) {
    const auto parameters = model.parameters();
    for (auto& group : opt)
        for (std::size_t k = 0; k < group.tensors(); ++k)
            std::ranges::copy(group.state("weight_ema", k), parameters[group.number(k)].begin());
    return model;
}

/// Trains a model. Returns its losses on the test pieces: those of the model, and of its averaged weights.
std::vector<curve> learn(transformer<> model, const symbol_text& text, const options& o, bool with_muon) {
    std::vector<std::uint8_t> train, test;  // each tenth piece of the text is to test
    for (std::size_t i = 0; i < text.symbols.size(); ++i)
        (i / (4 * o.size.context) % 10 == 9 ? test : train).push_back(text.symbols[i]);

    const std::string name = with_muon ? "Muon and AdamW" : "AdamW";
    auto opt = optimizer_of(model, o, with_muon);
    random_source random(o.seed);
    text_pieces batch;
    Eigen::MatrixXf gradient;
    std::vector<curve> curves{{.name = name}, {.name = name + ", averaged weights"}};
    progress_bar bar(o.steps);
    const stopwatch watch;
    double in_steps = 0;
    smoothed loss;
    const auto is_due = [&](std::size_t step, std::size_t times) {
        return step * times / o.steps > (step - 1) * times / o.steps;
    };
    std::printf("%s\n", name.c_str());
    for (std::size_t step = 1; step <= o.steps; ++step) {
        batch.draw(train, o.batch, o.size.context, random);
        loss(softmax_cross_entropy<float>(model.forward(batch.input), batch.next, gradient) / std::numbers::ln2);
        if (!std::isfinite(loss.value())) throw std::runtime_error("the loss is not finite: try a smaller --lr or --muon-lr");
        model.backward(batch.input, gradient);
        const stopwatch of_step;
        opt.step(model.parameters(), model.gradients());
        in_steps += of_step.seconds();
        bar.advance();
        if (!is_due(step, 20)) continue;
        transformer<> average = averaged(model, opt);
        const double bits[]{bits_per_symbol(model, test, o.seed), bits_per_symbol(average, test, o.seed)};
        for (std::size_t i = 0; i < curves.size(); ++i)
            curves[i].x.push_back(static_cast<double>(step)), curves[i].y.push_back(bits[i]);
        bar.clear();
        std::printf("step %5zu   bits per symbol: training %.3f   test %.3f   averaged %.3f   %.0f s\n", step, loss.value(),
                    bits[0], bits[1], watch.seconds());
        if (is_due(step, o.samples)) {
            random_source dice(o.seed);
            const auto sample = go_on(average, {text.symbols[0]}, o.length, o.temperature, dice);
            std::printf("---\n%s\n---\n", text.decode(sample).c_str());
        }
        std::fflush(stdout);
    }
    std::printf("%.2f s in steps of the optimizer\n\n", in_steps);
    return curves;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("A transformer learns to write, symbol by symbol, by a rule of all that such training needs.",
                 "language_model");
    setup(app);
    options o;
    app.add_option("--text", o.files, "text files; without them, the documentation of furl")->type_name("FILE")->default_str("");
    app.add_option("--steps", o.steps, "of training")->check(between(1, 1e7));
    app.add_option("--batch", o.batch, "pieces of text per step")->check(between(1, 4096));
    app.add_option("--context", o.size.context, "symbols of a piece: how far back it sees")->check(between(2, 4096));
    app.add_option("--width", o.size.width, "values per symbol, a multiple of --heads")->check(between(1, 4096));
    app.add_option("--heads", o.size.heads, "of the attention")->check(between(1, 64));
    app.add_option("--layers", o.size.layers, "of the transformer")->check(between(1, 64));
    app.add_option("--lr", o.lr, "learning rate of AdamW, at its highest")->check(between(1e-9, 1));
    app.add_option("--muon-lr", o.muon_lr, "learning rate of Muon, at its highest")->check(between(1e-9, 1));
    app.add_option("--samples", o.samples, "how often it writes while it learns: 1, 2, 4, 5, 10 or 20 times")
        ->check(CLI::IsMember({1, 2, 4, 5, 10, 20}));
    app.add_option("--length", o.length, "symbols of a sample")->check(between(1, 1e6));
    app.add_option("--temperature", o.temperature, "of the sampling: low is timid")->check(between(0.01, 10));
    app.add_option("--seed", o.seed, "of weights, pieces and samples")->check(between(0, 1e15));
    const plot_option plot(app, argv[0]);

    return run_example(app, argc, argv, [&] {
        if (o.size.width % o.size.heads != 0) throw std::runtime_error("--width must be a multiple of --heads");
        const symbol_text text(o.files.empty() ? documentation(FURL_ROOT) : o.files);
        if (text.symbols.size() < 80 * o.size.context) throw std::runtime_error("the text is too short for --context");
        o.size.symbols = text.alphabet.size();
        transformer<> model(o.size, o.seed);
        std::size_t count = 0, hidden = 0;
        for (const auto& tensor : model.parameters()) count += tensor.size();
        for (const auto& m : model.hidden_matrices()) hidden += m.outputs * m.inputs;
        std::printf("%s\n%s\ntext: %zu symbols, %zu different; model: %zu parameters in %zu tensors, %zu of them in matrices of hidden layers\n\n",
                    furl::explain<gpt_adamw>().c_str(), furl::explain<gpt_muon>().c_str(), text.symbols.size(),
                    text.alphabet.size(), count, model.parameters().size(), hidden);
        std::vector<curve> curves;
        for (bool with_muon : {false, true}) {
            for (auto& c : learn(model, text, o, with_muon)) curves.push_back(std::move(c));
        }
        plot.draw({{.title = "a transformer learns to write: test pieces",
                    .x_label = "step",
                    .y_label = "bits per symbol",
                    .curves = curves}});
    });
}
