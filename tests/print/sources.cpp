// Writes to a folder rules as texts in other languages, and runs of some rules that are not in the zoo: see sources.py. With
// FURL_TEST_WHOLE_ZOO the texts are those of all rules of the zoo, else of a few, whose references are in the tests of every day.
#include "print/run_files.hpp"

#include <furl/furl.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/aggmo.hpp>
#include <furl/zoo/lamb.hpp>
#include <furl/zoo/lars.hpp>
#include <furl/zoo/lion.hpp>
#include <furl/zoo/mars.hpp>
#include <furl/zoo/radam.hpp>
#include <furl/zoo/rprop.hpp>

#include <examples/support/sources.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <type_traits>
#include <vector>

namespace rules {

using namespace furl;

// States that take each other's old values, and one that takes the old parameters; a hyperparameter whose name is a keyword.
struct delayed {
    static constexpr auto g1 = delay<"g1">(grad);
    static constexpr auto g2 = delay<"g2">(g1);
    static constexpr auto before = state<"before">(0.0, [](auto) { return param; });
    static constexpr auto update = param - hyper<"lambda">(0.01) * (grad + g2 - 0.25 * before);
};

// Random numbers, whose bits are the same in each language; logarithms and cosines are not.
struct scattered {
    static constexpr auto update = param - hyper<"lr">(0.1) * grad * random(hyper<"seed">(3.0), 2) + random(4.0, 1) / step;
};

// A guard, a hyperparameter of each tensor, a state of the step, and gradients that are set to 0.
struct guarded {
    static constexpr auto size = let<"size">(global(norm(grad)));
    static constexpr auto mean_size = ema<"mean_size">(size, 0.9, size);
    static constexpr auto decay = per_tensor<"weight_decay">(0.01);
    static constexpr auto update = zero_grad(skip_unless(size < 3 * mean_size, param * (1 - decay) - 0.01 * grad * min(1.0, mean_size / size)));
};

// Rows and columns: maxima, a mean of a row's values, the shape, a state of each.
struct lined {
    static constexpr auto r = ema<"r">(per_row(max_abs(grad)), 0.9);
    static constexpr auto c = ema<"c">(per_column(norm1(grad)), 0.8);
    static constexpr auto x = let<"x">(grad * rsqrt(1 + r * c / (mean(r) * rows)));
    static constexpr auto update = param - 0.01 * x / max(1.0, norm(x) / sqrt(columns)) + 1e-3 * global(mean(r)) * global(max_abs(x));
};

// Functions of numbers, of each element and of the step.
struct functional {
    static constexpr auto s = let<"s">(clamp(sin(step) + cbrt(step - 3.0), -1.0, 1.5));
    static constexpr auto x = let<"x">(tanh(grad) + log1p(abs(grad)) * sign(param) - expm1(-abs(param)) * atan2(grad, param) + copysign(floor(grad), param));
    static constexpr auto y = let<"y">(select(grad > 0.5 || (grad < -0.5 && !(param < 0)), lerp(x, param, 0.3), min(x, 2.0) + max(param, s)));
    static constexpr auto update = param - 1e-3 * clamp(y * sigmoid(x) * pow(abs(grad) + 1e-3, 0.3), -5.0, 5.0) - 1e-3 * exp(-square(grad)) * cos(grad);
};

}  // namespace rules

namespace {

using namespace furl;
using namespace furl::tests;

template <class... Rules>
void append(std::vector<examples::source>& list) {
    (list.push_back(examples::source_of<Rules>()), ...);
}

std::vector<examples::source> sources() {
    std::vector<examples::source> list;
#ifdef FURL_TEST_WHOLE_ZOO
    list = examples::sources_of_zoo();
#else
    append<zoo::adamw, zoo::aggmo, zoo::lamb, zoo::lars, zoo::lion, zoo::mars, zoo::radam, zoo::rprop>(list);
#endif
    append<rules::delayed, rules::scattered, rules::guarded, rules::lined, rules::functional>(list);
    return list;
}

template <class T>
using tensors = std::vector<std::vector<T>>;

const std::vector<shape> shapes{{7, 5}, {1, 13}, {2, 2300}};

// Numbers between -scale and scale, from a counter.
template <class T>
tensors<T> numbers(std::size_t seed, double scale) {
    tensors<T> list;
    for (const auto& s : shapes) {
        list.emplace_back();
        for (std::size_t i = 0; i < s.size(); ++i) list.back().push_back(static_cast<T>(scale * std::sin(static_cast<double>(++seed * 7919 % 10007))));
    }
    return list;
}

constexpr std::size_t steps = 50;

template <class T>
tensors<T> gradient(std::size_t t) {
    return numbers<T>(100 * t, t % 11 == 0 ? 100 : 2);  // a guard may refuse every 11th step
}

// Runs a rule of this file, and writes what it ends at.
template <class Rule, class T, class... Policies>
void run(const std::filesystem::path& folder) {
    optimizer<Rule, T, Policies...> opt(shapes);
    auto parameters = numbers<T>(1, 1);
    for (std::size_t t = 1; t <= steps; ++t) {
        auto gradients = gradient<T>(t);
        opt.step(parameters, gradients);
    }
    number_file file(folder / (std::string(short_name<Rule>()) + (std::is_same_v<T, float> ? ".float" : ".double")));
    for (std::size_t k = 0; k < shapes.size(); ++k) {
        file.line("param", k, std::span<const T>(parameters[k]));
        for (auto name : opt.states()) file.line(name, k, std::span<const T>(opt.state(name, k)));
        for (auto name : opt.scalar_states()) file.line(name, k, std::span<const double>(&opt.scalar_state(name, k), 1));
    }
}

template <class T>
void write_data(const std::filesystem::path& folder) {
    data_file<T> data(folder);
    data.start(shapes, numbers<T>(1, 1));
    for (std::size_t t = 1; t <= steps; ++t) data.step(t, 0, gradient<T>(t), gradient<T>(t));
}

template <class... Rules>
void run_references(const std::filesystem::path& folder) {
    (run<Rules, double, one_element_at_a_time>(folder), ...);
}

// Runs rules of + - * / and sqrt alone in float.
template <class... Rules>
void run_strict(const std::filesystem::path& folder) {
    (run<Rules, float, strict>(folder), ...);
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2 || !std::filesystem::is_directory(arguments[1])) {
        std::cerr << "usage: " << arguments[0] << " FOLDER, an existing one\n";
        return 2;
    }
    const std::filesystem::path folder(arguments[1]);
    for (const auto& rule : sources())
        for (const auto& text : rule.texts) std::ofstream(folder / (rule.name + "." + std::string(text.ending))) << text.print();
    const auto own_runs = folder / "own";
    std::filesystem::create_directories(own_runs);
    write_data<double>(own_runs);
    write_data<float>(own_runs);
    run_references<rules::delayed, rules::scattered, rules::guarded, rules::lined, rules::functional>(own_runs);
    run_strict<rules::delayed, rules::guarded>(own_runs);
}
