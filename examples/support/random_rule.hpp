#pragma once

#include "random_source.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace examples {

/// Random update rules as C++ text, after Bello et al. 2017, section 3: an operand, or a binary function of unary
/// functions of two operands, which may be such trees themselves.
class random_rule {
  public:
    explicit random_rule(random_source& random) : random_(random) {}

    /// The direction of a step, which depends on the gradient.
    std::string operator()() {
        term direction;
        do direction = tree(2);
        while (!direction.of_gradient);
        return direction.code;
    }

  private:
    struct term {
        std::string code;
        bool of_gradient = false, number = false;
    };

    term tree(int depth) {
        if (depth == 0 || random_.uniform() < 0.3) return leaf();
        const term a = unary(tree(depth - 1)), b = unary(tree(depth - 1));
        if (a.number && b.number) return a;
        static constexpr std::array<std::array<const char*, 2>, 6> functions{
            {{" + ", ""}, {" - ", ""}, {" * ", ""}, {" * ", ""}, {" / (abs(", ") + 1e-8)"}, {nullptr, nullptr}}};
        const auto [middle, end] = functions[random_.below(functions.size())];
        if (middle == nullptr) return a;  // the left one only
        if (*end != '\0' && b.number) return a;
        return {"(" + a.code + middle + b.code + end + ")", a.of_gradient || b.of_gradient, false};
    }

    term leaf() {
        static const std::array<term, 13> leaves{{{"grad", true},
                                                  {"square(grad)", true},
                                                  {"cube(grad)", true},
                                                  {"bias_corrected(m)", true},
                                                  {"bias_corrected(v)", true},
                                                  {"sign(grad)", true},
                                                  {"sign(m)", true},
                                                  {"adam", true},
                                                  {"rmsprop", true},
                                                  {"param * 1e-3"},
                                                  {"1.0", false, true},
                                                  {"2.0", false, true},
                                                  {"grad", true}}};
        return leaves[random_.below(leaves.size())];
    }

    term unary(const term& x) {
        if (x.number) return x;
        static constexpr std::array<std::array<const char*, 2>, 10> functions{{{"", ""},
                                                                               {"", ""},
                                                                               {"", ""},
                                                                               {"-", ""},
                                                                               {"exp(", ")"},
                                                                               {"log(abs(", ") + 1e-8)"},
                                                                               {"sqrt(abs(", "))"},
                                                                               {"clamp(", ", -0.01, 0.01)"},
                                                                               {"sign(", ")"},
                                                                               {"tanh(", ")"}}};
        const auto [begin, end] = functions[random_.below(functions.size())];
        return {begin + x.code + end, x.of_gradient, false};
    }

    random_source& random_;
};

/// Rules of names and directions, to be compiled together.
struct rule_unit {
    std::vector<std::string> names, directions;

    /// One translation unit, with a function `candidates` that lists them.
    std::string text() const {
        std::string unit = R"(#include "support/candidate.hpp"
using namespace furl;
namespace {
struct operands {
    static constexpr auto lr = hyper<"lr">(1.0);
    static constexpr auto m = ema<"m">(grad, 0.9);
    static constexpr auto v = ema<"v">(square(grad), 0.99);
    static constexpr auto adam = safe_divide(bias_corrected(m), sqrt(bias_corrected(v)), 1e-8);
    static constexpr auto rmsprop = safe_divide(grad, sqrt(bias_corrected(v)), 1e-8);
};
)";
        for (std::size_t i = 0; i < names.size(); ++i) {
            unit += "struct rule_" + std::to_string(i) +
                    " : operands {\n    static constexpr auto update = param - lr * (" + directions[i] + ");\n};\n";
        }
        unit += "}\nextern \"C\" void candidates(std::vector<examples::candidate>& list) {\n";
        for (std::size_t i = 0; i < names.size(); ++i)
            unit += "    list.push_back(examples::candidate_of<rule_" + std::to_string(i) + ">());\n";
        return unit + "}\n";
    }
};

/// What the random ones are held against.
inline rule_unit known_rules() {
    return {{"gradient descent", "momentum", "RMSprop", "Adam"}, {"grad", "m", "rmsprop", "adam"}};
}

/// The unit-th lot of random rules; the same ones for the same seed.
inline rule_unit random_rules(std::uint64_t seed, std::size_t unit, std::size_t count) {
    random_source random(seed * 1000 + unit);
    random_rule next(random);
    rule_unit rules;
    for (std::size_t i = 1; i <= count; ++i) {
        rules.names.push_back("random " + std::to_string((unit - 1) * count + i));
        rules.directions.push_back(next());
    }
    return rules;
}

}  // namespace examples
