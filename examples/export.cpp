// Shows:  a rule in other languages: furl prints it as a file of NumPy, PyTorch, C, CUDA or OpenCL that runs as it is.
// Prints: that file; --list prints the names of the rules.
//
// A rule of your own is one more line below. A program of your own needs no more than std::cout << furl::numpy<my_rule>().
#include <furl/language/language.hpp>
#include <furl/blocks/blocks.hpp>

#include "support/run_example.hpp"
#include "support/sources.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace examples;

/// Gradient descent with a momentum, clipped by its norm.
struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto m = furl::ema<"m">(furl::clip_by_norm(furl::grad, 1.0), furl::hyper<"beta">(0.9));
    static constexpr auto update = furl::param - lr * m;
};

std::vector<source> all_rules() {
    std::vector<source> rules = sources_of_zoo();
    rules.push_back(source_of<my_rule>());
    return rules;
}

/// The text of a rule in a language, by name. The type matters only where the language needs one.
const source::text& text_of(const std::vector<source>& rules, const std::string& name, const std::string& language, const std::string& type) {
    const auto rule = std::ranges::find(rules, name, &source::name);
    if (rule == rules.end()) throw std::invalid_argument("no rule '" + name + "' (--list lists the rules)");
    const auto found = std::ranges::find_if(
        rule->texts, [&](const source::text& x) { return x.language == language && (x.type.empty() || x.type == type); });
    if (found == rule->texts.end()) throw std::invalid_argument("no language '" + language + "'");
    return *found;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Prints a rule in another language.", "export");
    std::string name = "adamw", language = "numpy", type = "float";
    bool list = false;
    setup(app);
    app.add_option("rule", name, "a rule of the zoo, or my_rule");
    app.add_option("--to", language, "language")->check(CLI::IsMember({"numpy", "torch", "c", "cuda", "opencl"}));
    app.add_option("--type", type, "element type of a text in C, CUDA or OpenCL")->check(CLI::IsMember({"float", "double"}));
    app.add_flag("--list", list, "print the names of the rules instead");

    return run_example(app, argc, argv, [&] {
        const std::vector<source> rules = all_rules();
        if (list)
            for (const source& rule : rules) std::printf("%s\n", rule.name.c_str());
        else std::fputs(text_of(rules, name, language, type).print().c_str(), stdout);
    });
}
