#pragma once

#include <furl/optimizer.hpp>

#include <support/compare.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

// The other side of random rules: what random_rules.py writes beside each rule is run here, one whole array after the
// other, without anything of furl: no program, no passes, no kernel.
namespace random_rules {

/// A value of a step: of each element of each tensor, or one for each tensor (a value per step is the same for all).
template <class N, class U>
struct value {
    bool is_element = false;
    std::vector<std::vector<N>> elements;
    std::vector<U> uniform;  // by tensor
};

/// Rounds nothing more than the number types do: in T as furl::strict promises it, to the bit.
template <class T>
struct as_written {
    using number = T;
    using uniform = double;
    static constexpr bool is_exact = true;

    T element(T x) { return x; }
    double whole(double x) { return x; }
    T to_element(double x) { return static_cast<T>(x); }
};

/// Long double, where each result is off by a few units of the last place of T: how far such evaluations differ from each
/// other says how far rounding can bring a correct one.
template <class T>
struct perturbed {
    using number = long double;
    using uniform = long double;
    static constexpr bool is_exact = false;

    explicit perturbed(unsigned seed, double units) : random(seed), scale(units) {}

    long double element(long double x) { return off<T>(x); }
    long double whole(long double x) { return off<double>(x); }
    long double to_element(long double x) { return off<T>(x); }

  private:
    std::minstd_rand random;
    double scale;

    template <class U>
    long double off(long double x) {
        const double u = static_cast<double>(random()) / 2147483647.0 * 2 - 1;
        return x * (1 + scale * u * static_cast<long double>(std::numeric_limits<U>::epsilon()));
    }
};

/// Evaluates operations on whole values; the model of a rule is a sequence of them.
template <class Rounding>
class evaluator {
  public:
    using N = typename Rounding::number;
    using U = typename Rounding::uniform;
    using V = value<N, U>;

    evaluator(Rounding r, const std::vector<std::size_t>& n) : rounding(r), sizes(n) {}

    std::map<std::string, double> hypers;
    std::map<std::string, V> kept;  // states after the last step
    long step_number = 0;

    void begin_step(const V& p, const V& g, const V& h) {
        ++step_number;
        param_ = p, grad_ = g, input_ = h;
    }

    V param() const { return param_; }
    V grad() const { return grad_; }
    V input() const { return input_; }
    V number(double x) const { return {false, {}, std::vector<U>(sizes.size(), x)}; }
    V hyper(const char* name) const { return number(hypers.at(name)); }
    V step() const { return number(static_cast<double>(step_number)); }
    V count() const {
        V r = number(0);
        for (std::size_t k = 0; k < sizes.size(); ++k) r.uniform[k] = static_cast<U>(sizes[k]);
        return r;
    }

    /// A state before the step; in the first one, its initial value.
    V old(const char* name, const V& initial, bool of_elements) {
        if (step_number > 1) return kept.at(name);
        return of_elements ? spread(initial) : initial;
    }
    void keep(const char* name, const V& x, bool of_elements) {
        kept[name] = of_elements ? spread(x) : x;
    }

    template <class F, class... Vs>
    V apply(F f, const Vs&... xs) {
        return map<true>(f, xs...);
    }

    /// The same, of a result that is one of the operands, or a truth: nothing is rounded.
    template <class F, class... Vs>
    V choose(F f, const Vs&... xs) {
        return map<false>(f, xs...);
    }

    V sum(const V& x, bool global) { return reduce(x, global, [this](auto a, auto b) { return rounding_of(a + b); }); }
    V maximum(const V& x, bool global) {
        return reduce(x, global, [](auto a, auto b) { return b < a || a != a ? a : b; });
    }

    /// The product with the number of elements that a reduction went over.
    V elements_of(bool global) const {
        V r = count();
        if (!global) return r;
        U all = 0;
        for (auto n : sizes) all += static_cast<U>(n);
        return number(static_cast<double>(all));
    }

    V spread(const V& x) {
        if (x.is_element) return x;
        V r{true, {}, {}};
        for (std::size_t k = 0; k < sizes.size(); ++k)
            r.elements.emplace_back(sizes[k], rounding.to_element(x.uniform[k]));
        return r;
    }

  private:
    Rounding rounding;
    std::vector<std::size_t> sizes;
    V param_, grad_, input_;

    template <bool Rounds, class F, class... Vs>
    V map(F f, const Vs&... xs) {
        if ((xs.is_element || ...)) return map_elements<Rounds>(f, spread(xs)...);
        V r = number(0);
        for (std::size_t k = 0; k < sizes.size(); ++k) {
            const auto x = static_cast<U>(f(xs.uniform[k]...));
            r.uniform[k] = Rounds ? rounding.whole(x) : x;
        }
        return r;
    }

    template <bool Rounds, class F, class... Vs>
    V map_elements(F f, const Vs&... xs) {
        V r{true, {}, {}};
        for (std::size_t k = 0; k < sizes.size(); ++k) {
            r.elements.emplace_back(sizes[k]);
            for (std::size_t i = 0; i < sizes[k]; ++i) {
                const auto x = static_cast<N>(f(xs.elements[k][i]...));
                r.elements[k][i] = Rounds ? rounding.element(x) : x;
            }
        }
        return r;
    }

    template <class X>
    X rounding_of(X x) {
        if constexpr (std::is_same_v<X, N> && !Rounding::is_exact) return rounding.element(x);
        else return x;
    }

    // What the documents say of a reduction: elements go to 32 lanes in turn, 512 make a block, the lanes of a block meet
    // pairwise, down to 8 in the element type, and on in double; and so do the blocks, then the tensors, in double.
    template <class F>
    V reduce(const V& given, bool global, F f) {
        const V x = spread(given);
        V r = number(0);
        std::vector<U> tensors;
        for (const auto& tensor : x.elements) {
            std::vector<U> blocks;
            for (std::size_t begin = 0; begin < tensor.size(); begin += 512) {
                std::vector<N> lanes(32, N{0});
                for (std::size_t i = begin; i < std::min(tensor.size(), begin + 512); ++i)
                    lanes[(i - begin) % 32] = f(lanes[(i - begin) % 32], tensor[i]);
                for (std::size_t half = 16; half >= 8; half /= 2)
                    for (std::size_t i = 0; i < half; ++i) lanes[i] = f(lanes[i], lanes[i + half]);
                std::vector<U> ends(lanes.begin(), lanes.begin() + 8);
                for (std::size_t half = 4; half > 0; half /= 2)
                    for (std::size_t i = 0; i < half; ++i) ends[i] = f(ends[i], ends[i + half]);
                blocks.push_back(ends[0]);
            }
            tensors.push_back(meet(blocks, 0, blocks.size(), f));
        }
        if (global) r.uniform.assign(sizes.size(), meet(tensors, 0, tensors.size(), f));
        else r.uniform = tensors;
        return r;
    }

    // Halves where the number is a power of 2; else the largest power of 2, then the rest.
    template <class F>
    static U meet(const std::vector<U>& x, std::size_t begin, std::size_t n, F f) {
        if (n == 0) return 0;
        if (n == 1) return x[begin];
        std::size_t first = 1;
        while (2 * first < n) first *= 2;
        return f(meet(x, begin, first, f), meet(x, begin + first, n - first, f));
    }
};

template <class T>
using tensors_of = std::vector<std::vector<T>>;

template <class N, class U, class T>
value<N, U> elements_of(const tensors_of<T>& x) {
    value<N, U> r{true, {}, {}};
    for (const auto& tensor : x) r.elements.emplace_back(tensor.begin(), tensor.end());
    return r;
}

inline const std::vector<std::size_t> sizes{37, 530, 0, 3};
constexpr int steps = 4;

/// The data of a rule's run.
template <class T>
struct data {
    tensors_of<T> start;
    std::vector<tensors_of<T>> gradients, inputs;

    explicit data(unsigned seed, bool zeros) {
        const auto make = [&](double scale) {
            tensors_of<T> r;
            for (auto n : sizes) {
                r.push_back(furl::tests::normal_values<T>(n, seed++, scale));
                if (!zeros) continue;
                for (std::size_t i = 0; i < n; i += 7) r.back()[i] = 0;
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

/// The rule by furl: the states of one value per parameter with the parameters, those of one per tensor or step beside.
template <class Optimizer, class T>
std::pair<outcome<T>, outcome<double>> run_furl(const data<T>& d) {
    Optimizer opt(sizes);
    auto parameters = d.start;
    for (std::size_t t = 0; t < steps; ++t) {
        if constexpr (Optimizer::rule::takes_input) opt.step(parameters, d.gradients[t], furl::input<"h"> = d.inputs[t]);
        else opt.step(parameters, d.gradients[t]);
    }
    std::pair<outcome<T>, outcome<double>> r;
    for (std::size_t k = 0; k < sizes.size(); ++k) {
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

/// The model of a rule, run the same way. Elements of its outcome come first, then values of tensors.
template <class Rule, class Rounding, class T>
std::pair<outcome<typename Rounding::number>, outcome<typename Rounding::uniform>> run_model(Rounding rounding,
                                                                                           const data<T>& d) {
    using N = typename Rounding::number;
    using U = typename Rounding::uniform;
    evaluator<Rounding> e(rounding, sizes);
    auto parameters = elements_of<N, U>(d.start);
    for (std::size_t t = 0; t < steps; ++t) {
        e.begin_step(parameters, elements_of<N, U>(d.gradients[t]), elements_of<N, U>(d.inputs[t]));
        parameters = e.spread(Rule::model(e));
    }
    std::pair<outcome<N>, outcome<U>> r;
    e.kept["param"] = parameters;
    for (const auto& [name, x] : e.kept) {
        if (!x.is_element) r.second[name] = x.uniform;
        else
            for (const auto& tensor : x.elements) {
                auto& all = r.first[name];
                all.insert(all.end(), tensor.begin(), tensor.end());
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

/// Runs a rule fused, in default numerics in A and as written in B, beside its model.
template <class Rule, class A, class B>
bool agrees(const char* name, unsigned seed) {
    bool fine = true;
    {
        using fused = furl::optimizer<Rule, A, furl::keep_denormals>;
        const data<A> d(seed, Rule::is_exact);
        fine &= is_near<Rule>(run_furl<fused>(d), d, name, sizeof(A) == 4 ? "fused, float" : "fused, double");
    }
    {
        using written = furl::optimizer<Rule, B, furl::strict, furl::keep_denormals>;
        const data<B> d(seed + 1000, Rule::is_exact);
        const char* how = sizeof(B) == 4 ? "strict, float" : "strict, double";
        const auto found = run_furl<written>(d);
        if constexpr (Rule::is_exact) {
            const auto model = run_model<Rule>(as_written<B>{}, d);
            fine &= same_outcome(found.first, model.first, name, how) && same_outcome(found.second, model.second, name, how);
        } else {
            fine &= is_near<Rule>(found, d, name, how);
        }
    }
    return fine;
}

}  // namespace random_rules
