#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <random>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

// The other side of random rules: what random_rules.py writes beside each rule is run here, one whole array after the
// other, without anything of furl: no program, no passes, no kernel.
namespace random_rules {

/// Where a value of a step is the same: the bits say what it differs by.
enum domain : unsigned { of_step = 0, of_tensor = 1, of_row = 3, of_column = 5, of_element = 7 };

/// The shape of a tensor.
struct extent {
    std::size_t rows, columns;
    constexpr std::size_t size() const { return rows * columns; }
};

/// A value of a step, for each tensor: of its elements, of its rows or columns, or one number. A value per step is the same for
/// all tensors.
template <class N, class U>
struct value {
    unsigned where = of_step;
    std::vector<std::vector<N>> elements{};
    std::vector<std::vector<U>> others{};  // where it is not one of elements
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

    /// @param row_by_row  whether the rule has values of rows or columns. Then each row is a part of its own in a sum over a tensor.
    evaluator(Rounding r, std::span<const extent> s, bool row_by_row) : rounding(r), shapes(s), by_rows(row_by_row) {}

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
    V number(double x) const {
        return of_tensors(of_step, [&](const extent&) { return x; });
    }
    V hyper(const char* name) const { return number(hypers.at(name)); }
    V step() const { return number(static_cast<double>(step_number)); }

    /// The number of elements that a reduction goes over.
    V count(unsigned over) const {
        std::size_t all = 0;
        for (const auto& s : shapes) all += s.size();
        return of_tensors(over & of_tensor, [&](const extent& s) {
            return static_cast<double>(over == of_row ? s.columns : over == of_column ? s.rows : over == of_tensor ? s.size() : all);
        });
    }

    /// A state before the step; in the first one, its initial value.
    V old(const char* name, const V& initial, unsigned where) {
        return step_number > 1 ? kept.at(name) : where == of_element ? spread(initial) : copied(initial, where);
    }
    /// Keeps a state: one of rows or columns in the element type, as it lies in memory.
    void keep(const char* name, const V& x, unsigned where) {
        if (where == of_element) return static_cast<void>(kept[name] = spread(x));
        auto& to = kept[name] = copied(x, where);
        if (where == of_row || where == of_column)
            for (auto& tensor : to.others)
                for (auto& number : tensor) number = static_cast<U>(rounding.to_element(number));
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

    V sum(const V& x, unsigned over) {
        if (is_shared(x, over)) return apply([](auto a, auto b) { return a * b; }, x, count(over));
        const bool of_lines = x.where != of_element;
        return reduce(x, over, [this, of_lines](auto a, auto b) { return of_lines ? rounding.whole(a + b) : rounding_of(a + b); });
    }
    V maximum(const V& x, unsigned over) {
        return is_shared(x, over) ? x : reduce(x, over, [](auto a, auto b) { return b < a || a != a ? a : b; });
    }

    /// The number of values of x that a reduction goes over: of a value of rows, the rows.
    V terms(const V& x, unsigned over) const {
        if (is_shared(x, over) || (x.where != of_row && x.where != of_column)) return count(over);
        if (over != of_step) return count(x.where == of_row ? of_column : of_row);
        std::size_t all = 0;
        for (const auto& s : shapes)
            if (s.size() > 0) all += lines(x.where, s);
        return number(static_cast<double>(all));
    }

    V spread(const V& x) {
        if (x.where == of_element) return x;
        V r{of_element};
        for (std::size_t k = 0; k < shapes.size(); ++k) {
            std::vector<N> rounded;
            for (auto number : x.others[k]) rounded.push_back(static_cast<N>(rounding.to_element(number)));
            const auto [R, C] = shapes[k];
            auto& to = r.elements.emplace_back(R * C);
            for (std::size_t i = 0; i < R * C; ++i) to[i] = rounded[x.where == of_row ? i / C : x.where == of_column ? i % C : 0];
        }
        return r;
    }

  private:
    Rounding rounding;
    std::span<const extent> shapes;
    bool by_rows;
    V param_, grad_, input_;

    static std::size_t lines(unsigned where, const extent& s) { return where == of_row ? s.rows : where == of_column ? s.columns : 1; }
    static bool is_shared(const V& x, unsigned over) { return (x.where & over) == x.where; }

    template <class F>
    V of_tensors(unsigned where, F f) const {
        V r{where};
        for (const auto& s : shapes) r.others.emplace_back(1, static_cast<U>(f(s)));
        return r;
    }

    // Copies a value that is not one of elements for all tensors, rows or columns.
    V copied(const V& x, unsigned where) const {
        V r{where};
        for (std::size_t k = 0; k < shapes.size(); ++k) {
            const auto n = lines(where, shapes[k]);
            if (x.where == of_row || x.where == of_column) r.others.push_back(x.others[k]);
            else r.others.emplace_back(n, x.others[k][0]);
        }
        return r;
    }

    template <bool Rounds, class F, class... Vs>
    V map(F f, const Vs&... xs) {
        const auto where = (xs.where | ...);
        if (where == of_element) return map_elements<Rounds>(f, spread(xs)...);
        V r{where};
        const auto at = [](const V& x, std::size_t k, std::size_t i) { return x.others[k][x.where == of_row || x.where == of_column ? i : 0]; };
        for (std::size_t k = 0; k < shapes.size(); ++k) {
            auto& to = r.others.emplace_back(lines(where, shapes[k]));
            for (std::size_t i = 0; i < to.size(); ++i) {
                const auto x = static_cast<U>(f(at(xs, k, i)...));
                to[i] = Rounds ? rounding.whole(x) : x;
            }
        }
        return r;
    }

    template <bool Rounds, class F, class... Vs>
    V map_elements(F f, const Vs&... xs) {
        V r{of_element};
        for (std::size_t k = 0; k < shapes.size(); ++k) {
            auto& to = r.elements.emplace_back(shapes[k].size());
            for (std::size_t i = 0; i < to.size(); ++i) {
                const auto x = static_cast<N>(f(xs.elements[k][i]...));
                to[i] = Rounds ? rounding.element(x) : x;
            }
        }
        return r;
    }

    template <class X>
    X rounding_of(X x) {
        if constexpr (std::is_same_v<X, N> && !Rounding::is_exact) return rounding.element(x);
        else return x;
    }

    template <class F>
    V reduce(const V& given, unsigned over, F f) {
        if (given.where == of_row || given.where == of_column) return reduce_lines(given, over, f);
        const V x = spread(given);
        V r{over};
        for (std::size_t k = 0; k < shapes.size(); ++k) {
            const auto [R, C] = shapes[k];
            const std::span<const N> all(x.elements[k]);
            auto& to = r.others.emplace_back();
            if (over == of_column) {
                for (std::size_t j = 0; j < C; ++j) to.push_back(reduce_column(all.subspan(j), R, C, f));
            } else if (over == of_row) {
                for (std::size_t i = 0; i < R; ++i) to.push_back(reduce_run(all.subspan(i * C, C), f));
            } else if (by_rows) {
                std::vector<U> parts;
                for (std::size_t i = 0; i < R; ++i)
                    for (std::size_t j = 0; j < C; j += 4096) parts.push_back(reduce_run(all.subspan(i * C + j, std::min<std::size_t>(C - j, 4096)), f));
                to.push_back(meet(parts, 0, parts.size(), f));
            } else {
                to.push_back(reduce_run(all, f));
            }
        }
        return over == of_step ? over_tensors(r, f) : r;
    }

    // Values of rows or columns meet in double, one by one. Those of a tensor without elements have no part in a value of all.
    template <class F>
    V reduce_lines(const V& x, unsigned over, F f) {
        V r{over & of_tensor};
        for (std::size_t k = 0; k < shapes.size(); ++k)
            r.others.emplace_back(1, over == of_step && shapes[k].size() == 0 ? U{0} : meet(x.others[k], 0, x.others[k].size(), f));
        return over == of_step ? over_tensors(r, f) : r;
    }

    template <class F>
    V over_tensors(const V& tensors, F f) const {
        std::vector<U> all;
        for (const auto& t : tensors.others) all.push_back(t[0]);
        const auto total = meet(all, 0, all.size(), f);
        return of_tensors(of_step, [&](const extent&) { return total; });
    }

    // What the documents say of a reduction: elements go to 32 lanes in turn, 512 make a block, the lanes of a block meet
    // pairwise, down to 8 in the element type, and on in double; and so do the blocks, then the tensors, in double.
    template <class F>
    static U reduce_run(std::span<const N> x, F f) {
        std::vector<U> blocks;
        for (std::size_t begin = 0; begin < x.size(); begin += 512) {
            std::vector<N> lanes(32, N{0});
            for (std::size_t i = begin; i < std::min<std::size_t>(x.size(), begin + 512); ++i)
                lanes[(i - begin) % 32] = f(lanes[(i - begin) % 32], x[i]);
            for (std::size_t half = 16; half >= 8; half /= 2)
                for (std::size_t i = 0; i < half; ++i) lanes[i] = f(lanes[i], lanes[i + half]);
            std::vector<U> ends(lanes.begin(), lanes.begin() + 8);
            for (std::size_t half = 4; half > 0; half /= 2)
                for (std::size_t i = 0; i < half; ++i) ends[i] = f(ends[i], ends[i + half]);
            blocks.push_back(ends[0]);
        }
        return meet(blocks, 0, blocks.size(), f);
    }

    // A column: 16 rows in turn in the element type, then these results in turn in double.
    template <class F>
    static U reduce_column(std::span<const N> x, std::size_t rows, std::size_t columns, F f) {
        U all = 0;
        for (std::size_t begin = 0; begin < rows; begin += 16) {
            N run = 0;
            for (std::size_t i = begin; i < std::min(rows, begin + 16); ++i) run = f(run, x[i * columns]);
            all = f(all, static_cast<U>(run));
        }
        return all;
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

}  // namespace random_rules
