#pragma once

#include "evaluator.hpp"

#include <furl/optimizer.hpp>

#include <support/compare.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

// Runs a random rule by furl and by its model, and compares them.
namespace random_rules {

template <class T>
using tensors_of = std::vector<std::vector<T>>;

template <class N, class U, class T>
value<N, U> elements_of(const tensors_of<T>& x) {
    value<N, U> r{of_element};
    for (const auto& tensor : x) r.elements.emplace_back(tensor.begin(), tensor.end());
    return r;
}

constexpr int steps = 4;

/// The data of a rule's run.
template <class T>
struct data {
    std::span<const extent> shapes;
    tensors_of<T> start;
    std::vector<tensors_of<T>> gradients, inputs;

    data(std::span<const extent> of, unsigned seed, bool zeros) : shapes(of) {
        const auto make = [&](double scale) {
            tensors_of<T> r;
            for (const auto& s : shapes) {
                r.push_back(furl::tests::normal_values<T>(s.size(), seed++, scale));
                if (!zeros) continue;
                for (std::size_t i = 0; i < s.size(); i += 7) r.back()[i] = 0;
            }
            return r;
        };
        start = make(1);
        for (int t = 0; t < steps; ++t) gradients.push_back(make(t % 2 ? 0.1 : 3)), inputs.push_back(make(1));
    }
};

/// Parameters and states after the last step, by name.
template <class N>
using outcome = std::map<std::string, std::vector<N>>;

/// What an optimizer holds: the states of one value per parameter, row or column with the parameters, those of one per tensor or
/// step beside.
template <class Optimizer, class T>
std::pair<outcome<T>, outcome<double>> outcome_of(Optimizer& opt, const tensors_of<T>& parameters) {
    std::pair<outcome<T>, outcome<double>> r;
    for (std::size_t k = 0; k < parameters.size(); ++k) {
        auto& p = r.first["param"];
        p.insert(p.end(), parameters[k].begin(), parameters[k].end());
        for (auto name : opt.states()) {
            auto& s = r.first[std::string(name)];
            const auto state = opt.state(name, k);
            s.insert(s.end(), state.begin(), state.end());
        }
        for (auto name : opt.scalar_states())  // the oracle has no flags: in its runs all states start in the first step
            if (!name.starts_with("furl.started")) r.second[std::string(name)].push_back(opt.scalar_state(name, k));
    }
    return r;
}

/// The rule by furl.
template <class Optimizer, class T>
std::pair<outcome<T>, outcome<double>> run_furl(const data<T>& d) {
    std::vector<furl::shape> shapes;
    for (const auto& s : d.shapes) shapes.push_back({s.rows, s.columns});
    Optimizer opt(shapes);
    auto parameters = d.start;
    for (std::size_t t = 0; t < steps; ++t) {
        if constexpr (Optimizer::rule::takes_input) opt.step(parameters, d.gradients[t], furl::input<"h"> = d.inputs[t]);
        else opt.step(parameters, d.gradients[t]);
    }
    return outcome_of(opt, parameters);
}

/// The model of a rule, run the same way.
template <class Rule, class Rounding, class T>
std::pair<outcome<typename Rounding::number>, outcome<typename Rounding::uniform>> run_model(Rounding rounding,
                                                                                           const data<T>& d) {
    using N = typename Rounding::number;
    using U = typename Rounding::uniform;
    evaluator<Rounding> e(rounding, d.shapes, Rule::has_lines);
    auto parameters = elements_of<N, U>(d.start);
    for (std::size_t t = 0; t < steps; ++t) {
        e.begin_step(parameters, elements_of<N, U>(d.gradients[t]), elements_of<N, U>(d.inputs[t]));
        parameters = e.spread(Rule::model(e));
    }
    std::pair<outcome<N>, outcome<U>> r;
    e.kept["param"] = parameters;
    for (const auto& [name, x] : e.kept) {
        for (const auto& tensor : x.elements) r.first[name].insert(r.first[name].end(), tensor.begin(), tensor.end());
        for (const auto& tensor : x.others)
            for (const auto number : tensor) {
                if (x.where == of_row || x.where == of_column) r.first[name].push_back(static_cast<N>(number));
                else r.second[name].push_back(number);
            }
    }
    return r;
}

/// How many numbers could be compared, and of how many rounding says too little.
struct tally {
    long compared = 0, unsure = 0;
};
inline tally numbers;

/// Whether two outcomes have the same bits.
template <class N>
bool same_outcome(const outcome<N>& a, const outcome<N>& b, const char* rule, const char* how) {
    for (const auto& [name, x] : a) {
        for (const auto number : x) ++(number == number ? numbers.compared : numbers.unsure);
        if (!b.contains(name)) {
            std::printf("%s (%s): '%s' is missing\n", rule, how, name.c_str());
            return false;
        }
        const auto at = furl::tests::first_difference(x, b.at(name));
        if (at == furl::tests::nowhere) continue;
        const auto i = static_cast<std::size_t>(at);
        std::printf("%s (%s): '%s' [%zu]: %.17g, and by itself %.17g\n", rule, how, name.c_str(), i,
                    static_cast<double>(x[i]), static_cast<double>(b.at(name)[i]));
        return false;
    }
    return true;
}

/// Whether each number is no further from the exact one than rounding can bring it. Without a label it is silent.
template <class X, class N>
bool near_outcome(const outcome<X>& found, const std::vector<outcome<N>>& models, const char* rule, const char* how) {
    for (const auto& [name, x] : found) {
        if (!models[0].contains(name)) {
            std::printf("%s (%s): '%s' is no state of the model\n", rule, how, name.c_str());
            return false;
        }
        for (std::size_t i = 0; i < x.size(); ++i) {
            const N exact = models[0].at(name)[i];
            N spread = 0, largest = std::fabs(exact);
            bool unsure = exact != exact;
            for (const auto& m : models) {
                const N other = m.at(name)[i];
                unsure = unsure || other != other || std::isinf(other);
                spread = std::max(spread, std::fabs(other - exact));
                largest = std::max(largest, std::fabs(other));
            }
            // At the border of a domain or of the range, either side is right.
            unsure = unsure || largest > static_cast<N>(std::numeric_limits<X>::max()) / 1024;
            // Where an evaluation that is right may be off by a thousandth, this one says little.
            ++(unsure || spread > std::fabs(exact) / 1000 ? numbers.unsure : numbers.compared);
            if (unsure) continue;
            const N allowed = 8 * spread + 64 * static_cast<N>(std::numeric_limits<X>::min());
            if (std::fabs(static_cast<N>(x[i]) - exact) <= allowed) continue;
            if (how == nullptr) return false;
            std::printf("%s (%s): '%s' [%zu]: %.9g, exact %.9g, allowed %.3g\n", rule, how, name.c_str(), i,
                        static_cast<double>(x[i]), static_cast<double>(exact), static_cast<double>(allowed));
            return false;
        }
    }
    return true;
}

template <class Rule, class T>
bool is_near(const std::pair<outcome<T>, outcome<double>>& found, const data<T>& d, const char* name, const char* how) {
    for (const unsigned samples : {8U, 200U}) {  // the more, where the fewer say no: a flipped sign is rare
        const bool last = samples > 8;
        std::vector<outcome<long double>> model_elements, model_scalars;
        for (unsigned s = 0; s <= samples; ++s) {
            auto m = run_model<Rule>(perturbed<T>(s + 1, s == 0 ? 0 : 4), d);
            model_elements.push_back(std::move(m.first));
            model_scalars.push_back(std::move(m.second));
        }
        const char* label = last ? how : nullptr;
        if (near_outcome(found.first, model_elements, name, label) && near_outcome(found.second, model_scalars, name, label))
            return true;
    }
    return false;
}

/// Whether steps of all rows in another order, then of every other row, do to these rows what steps of the whole do.
template <class Rule, class T>
bool rows_agree(const data<T>& d, const char* name) {
    using optimizer = furl::optimizer<Rule, T, furl::strict, furl::keep_denormals>;
    bool fine = true;
    for (std::size_t k = 0; k < d.shapes.size(); ++k) {
        const auto [R, C] = d.shapes[k];
        if (R * C == 0) continue;
        optimizer whole(furl::shape{R, C}), apart(furl::shape{R, C});
        auto w = d.start[k], v = w;
        for (std::size_t t = 0; t < 2; ++t) {
            std::vector<std::size_t> named;
            for (std::size_t i = 0; i < R; ++i) named.push_back((R - i) * (R % 7 == 0 ? 1 : 7) % R);
            if (t % 2) std::erase_if(named, [](auto i) { return i % 2 != 0; });
            std::vector<T> g, h;
            for (auto i : named) {
                const auto from = static_cast<std::ptrdiff_t>(i * C), to = from + static_cast<std::ptrdiff_t>(C);
                g.insert(g.end(), d.gradients[t][k].begin() + from, d.gradients[t][k].begin() + to);
                h.insert(h.end(), d.inputs[t][k].begin() + from, d.inputs[t][k].begin() + to);
            }
            const auto before = outcome_of(apart, tensors_of<T>{v});
            if constexpr (Rule::takes_input) {
                whole.step(w, d.gradients[t][k], furl::input<"h"> = d.inputs[t][k]);
                apart.step_rows(named, v, g, furl::input<"h"> = h);
            } else {
                whole.step(w, d.gradients[t][k]);
                apart.step_rows(named, v, g);
            }
            const auto after = outcome_of(apart, tensors_of<T>{v}), wanted = outcome_of(whole, tensors_of<T>{w});
            for (const auto& [state, x] : after.first)
                for (std::size_t i = 0, length = x.size() / R; i < x.size(); ++i) {
                    const bool is_named = t % 2 == 0 || i / length % 2 == 0;
                    if (furl::tests::same_bits(x[i], (is_named ? wanted : before).first.at(state)[i]) || !fine) continue;
                    std::printf("%s (step_rows of %zu x %zu): '%s' [%zu]: %.9g\n", name, R, C, state.c_str(), i, static_cast<double>(x[i]));
                    fine = false;
                }
            fine &= same_outcome(wanted.second, after.second, name, "step_rows");
        }
    }
    return fine;
}

/// Runs a rule fused, in default numerics in A and as written in B, beside its model; if it has values of rows or columns, also by
/// another executor.
template <class Rule, class A, class B>
bool agrees(const char* name, unsigned seed) {
    bool fine = true;
    {
        using fused = furl::optimizer<Rule, A, furl::keep_denormals>;
        const data<A> d(Rule::shapes, seed, Rule::is_exact);
        fine &= is_near<Rule>(run_furl<fused>(d), d, name, sizeof(A) == 4 ? "fused, float" : "fused, double");
    }
    {
        using written = furl::optimizer<Rule, B, furl::strict, furl::keep_denormals>;
        const data<B> d(Rule::shapes, seed + 1000, Rule::is_exact);
        const char* how = sizeof(B) == 4 ? "strict, float" : "strict, double";
        const auto found = run_furl<written>(d);
        const auto same = [&](const auto& other, const char* other_name) {
            return same_outcome(found.first, other.first, name, other_name) && same_outcome(found.second, other.second, name, other_name);
        };
        if constexpr (Rule::is_exact) fine &= same(run_model<Rule>(as_written<B>{}, d), how);
        else fine &= is_near<Rule>(found, d, name, how);
        if constexpr (Rule::has_lines && Rule::is_exact) {
            fine &= same(run_furl<furl::optimizer<Rule, B, furl::one_loop_per_operation, furl::keep_denormals>>(d), "naive");
        } else if constexpr (Rule::has_lines) {
            fine &= is_near<Rule>(run_furl<furl::optimizer<Rule, B, furl::one_element_at_a_time>>(d), d, name, "one element at a time");
        }
        if constexpr (written::stored::steps_by_rows) fine &= rows_agree<Rule>(d, name);
    }
    return fine;
}

}  // namespace random_rules
