// Shows:  AdamW, warm-up, cosine, clipping by global norm and an average of the weights as one rule of two passes; it
//         trains a small transformer to write text, symbol by symbol.
// Prints: the plan; as it learns, the loss in bits per symbol and a sample of text from the averaged weights.
#include <furl/furl.hpp>
#include <furl/zoo/adamw.hpp>

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

namespace {

using namespace examples;

struct gpt_rule : furl::zoo::adamw {
    static constexpr auto peak = furl::hyper<"lr">(3e-3);
    static constexpr auto warmup = furl::hyper<"warmup">(100);
    static constexpr auto steps = furl::hyper<"steps">(1000);
    static constexpr auto clip = furl::hyper<"clip">(1.0);
    static constexpr auto average = furl::hyper<"average">(0.99);

    static constexpr auto lr = furl::let<"rate">(
        furl::schedules::linear_warmup(peak, warmup, furl::schedules::cosine(peak, 0.1 * peak, steps - warmup)));
    static constexpr auto update =
        furl::weight_ema(furl::replace(furl::param * (1 - lr * weight_decay) - lr * direction, furl::grad,
                                       furl::clip_by_global_norm(furl::grad, clip)),
                         average);
};
static_assert(furl::cost<gpt_rule>.passes == 2);

struct options {
    std::vector<std::string> files;
    transformer_size size{.symbols = 0};
    std::size_t steps = 1000, batch = 16, samples = 5, length = 300;
    double lr = 3e-3, temperature = 0.8;
    std::uint64_t seed = 1;
};

/// The model with the average of its weights in the place of the weights.
transformer<> averaged(transformer<> model, furl::optimizer<gpt_rule>& opt) {
    for (std::size_t i = 0; const auto& tensor : model.parameters())
        std::ranges::copy(opt.state("weight_ema", i++), tensor.begin());
    return model;
}

void learn(transformer<>& model, const symbol_text& text, const options& o, const plot_option& plot) {
    std::vector<std::uint8_t> train, test;  // each tenth piece of the text is to test
    for (std::size_t i = 0; i < text.symbols.size(); ++i)
        (i / (4 * o.size.context) % 10 == 9 ? test : train).push_back(text.symbols[i]);

    furl::optimizer<gpt_rule> opt(model.parameters());
    opt[gpt_rule::peak] = o.lr;
    opt[gpt_rule::steps] = static_cast<double>(o.steps);
    opt[gpt_rule::warmup] = 0.1 * static_cast<double>(o.steps);

    random_source random(o.seed);
    text_pieces batch;
    Eigen::MatrixXf gradient;
    std::vector<curve> curves{{.name = "training"}, {.name = "test"}, {.name = "test, averaged weights"}};
    progress_bar bar(o.steps);
    const stopwatch watch;
    smoothed loss;
    const auto is_due = [&](std::size_t step, std::size_t times) {
        return step * times / o.steps > (step - 1) * times / o.steps;
    };
    for (std::size_t step = 1; step <= o.steps; ++step) {
        batch.draw(train, o.batch, o.size.context, random);
        loss(softmax_cross_entropy<float>(model.forward(batch.input), batch.next, gradient) / std::numbers::ln2);
        if (!std::isfinite(loss.value())) throw std::runtime_error("the loss is not finite: try a smaller --lr");
        model.backward(batch.input, gradient);
        opt.step(model.parameters(), model.gradients());
        bar.advance();
        if (!is_due(step, 20)) continue;
        transformer<> average = averaged(model, opt);
        const double bits[]{loss.value(), bits_per_symbol(model, test, o.seed), bits_per_symbol(average, test, o.seed)};
        for (std::size_t i = 0; i < curves.size(); ++i)
            curves[i].x.push_back(static_cast<double>(step)), curves[i].y.push_back(bits[i]);
        bar.clear();
        std::printf("step %5zu   bits per symbol: training %.3f   test %.3f   averaged %.3f   %.0f s\n", step, bits[0],
                    bits[1], bits[2], watch.seconds());
        if (is_due(step, o.samples)) {
            random_source dice(o.seed);
            const auto sample = go_on(average, {text.symbols[0]}, o.length, o.temperature, dice);
            std::printf("---\n%s\n---\n", text.decode(sample).c_str());
        }
        std::fflush(stdout);
    }
    plot.draw({{.title = "a transformer learns to write",
                .x_label = "step",
                .y_label = "bits per symbol",
                .curves = curves}});
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
    app.add_option("--lr", o.lr, "learning rate, at its highest")->check(between(1e-9, 1));
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
        std::size_t count = 0;
        for (const auto& tensor : model.parameters()) count += tensor.size();
        std::printf("%s\ntext: %zu symbols, %zu different; model: %zu parameters in %zu tensors\n\n",
                    furl::explain<gpt_rule>().c_str(), text.symbols.size(), text.alphabet.size(), count,
                    model.parameters().size());
        learn(model, text, o, plot);
    });
}
