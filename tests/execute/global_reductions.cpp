#include <furl/furl.hpp>

#include <doctest/doctest.h>

#include <support/rules.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

// Reductions over all tensors of a step. Those over one tensor: reductions.cpp.
namespace {

using namespace furl;
using namespace furl::tests;

struct reductions_of_all {
    static constexpr auto total = record<"total">(global(sum(grad)));
    static constexpr auto average = record<"average">(global(mean(grad)));
    static constexpr auto product = record<"product">(global(dot(param, grad)));
    static constexpr auto length = record<"length">(global(norm(grad)));
    static constexpr auto length1 = record<"length1">(global(norm1(grad)));
    static constexpr auto largest = record<"largest">(global(max_abs(grad)));
    static constexpr auto finite = record<"finite">(truth(global(all_finite(grad))));
    static constexpr auto elements = record<"elements">(global(count));
    static constexpr auto update = with(param, total, average, product, length, length1, largest, finite, elements);
};

static_assert(cost<reductions_of_all>.passes == 2);
static_assert(cost<reductions_of_all>.states == 0);  // no buffers: all of them are single numbers

struct results {
    double total, average, product, length, length1, largest, finite, elements;
};

template <class T>
using tensors = std::vector<std::vector<T>>;

template <class Optimizer, class T>
results reduce_all(const tensors<T>& x, const std::vector<std::span<const T>>& y) {
    using R = reductions_of_all;
    std::vector<std::size_t> sizes;
    for (const auto& tensor : x) sizes.push_back(tensor.size());
    Optimizer opt(sizes);
    auto parameters = x;
    opt.step(parameters, y);
    const auto of = [&](const auto& symbol) { return opt.state(symbol, 0)[0]; };
    return {of(R::total),   of(R::average), of(R::product), of(R::length),
            of(R::length1), of(R::largest), of(R::finite),  of(R::elements)};
}

template <class Optimizer, class T>
results reduce_all(const tensors<T>& x, const tensors<T>& y) {
    return reduce_all<Optimizer, T>(x, std::vector<std::span<const T>>(y.begin(), y.end()));
}

bool same_results(const results& a, const results& b) {
    const auto list = [](const results& r) {
        return std::vector{r.total, r.average, r.product, r.length, r.length1, r.largest, r.finite, r.elements};
    };
    return first_difference(list(a), list(b)) == tests::nowhere;
}

const std::vector<std::size_t> various{1, 0, 7, 512, 16, 513, 40, 3000, 511, 2};

template <class T>
tensors<T> normal_tensors(unsigned seed) {
    tensors<T> result;
    for (auto n : various) {
        result.push_back(normal_values<T>(n, seed, std::pow(10.0, seed % 3)));
        ++seed;
    }
    return result;
}

// The distance from the exact value, in units of the element type's rounding of a sum of magnitudes.
template <class T>
double units(double x, long double exact, long double magnitude) {
    return static_cast<double>(std::fabs(x - exact) / (magnitude * std::numeric_limits<T>::epsilon() / 2));
}

template <class T>
using on_scalars = optimizer<reductions_of_all, T, one_element_at_a_time, flush_denormals>;

/// Few enough to be quick over many elements.
struct sums {
    static constexpr auto total = record<"total">(global(sum(grad)));
    static constexpr auto length = record<"length">(global(norm(grad)));
    static constexpr auto product = record<"product">(global(dot(param, grad)));
    static constexpr auto update = with(param, total, length, product);
};

/// A sum of norms of what is scaled by a norm: each needs a pass, and the last one writes.
struct nested {
    static constexpr auto scaled = let<"scaled">(grad / norm(grad));
    static constexpr auto tensors = record<"tensors">(global(dot(scaled, scaled)));
    static constexpr auto elements = record<"elements">(global(sum(norm(scaled))));
    static constexpr auto update = with(param, tensors, elements);
};

static_assert(cost<nested>.passes == 4);

}  // namespace

TEST_CASE_TEMPLATE("a reduction over all tensors is that of a plain loop over all of them", T, float, double) {
    const auto x = normal_tensors<T>(1), y = normal_tensors<T>(100);
    const auto r = reduce_all<optimizer<reductions_of_all, T>>(x, y);
    long double total = 0, magnitude = 0, product = 0, products = 0, squares = 0, largest = 0, n = 0;
    for (std::size_t k = 0; k < y.size(); ++k)
        for (std::size_t i = 0; i < y[k].size(); ++i) {
            const long double a = x[k][i], b = y[k][i];
            total += b, magnitude += std::fabs(b), squares += b * b, product += a * b, products += std::fabs(a * b);
            largest = std::max(largest, std::fabs(b));
            ++n;
        }
    CHECK(units<T>(r.total, total, magnitude) < 2);
    CHECK(units<T>(r.average, total / n, magnitude / n) < 2);
    CHECK(units<T>(r.product, product, products) < 2);
    CHECK(units<T>(r.length, std::sqrt(squares), std::sqrt(squares)) < 2);
    CHECK(units<T>(r.length1, magnitude, magnitude) < 2);
    CHECK(r.largest == static_cast<double>(largest));
    CHECK(r.finite == 1);
    CHECK(r.elements == static_cast<double>(n));
}

TEST_CASE_TEMPLATE("a reduction over all tensors gives the same bits for any vector width", T, float, double) {
    const auto x = normal_tensors<T>(2), y = normal_tensors<T>(200);
    const auto fused = reduce_all<optimizer<reductions_of_all, T>>(x, y);
    const bool strict_is_same = same_results(reduce_all<optimizer<reductions_of_all, T, strict>>(x, y), fused);
    const bool scalar_is_same = same_results(reduce_all<on_scalars<T>>(x, y), fused);
    const bool naive_is_same = same_results(reduce_all<naive<reductions_of_all, T>>(x, y), fused);
    CHECK(strict_is_same);
    CHECK(scalar_is_same);
    CHECK(naive_is_same);
}

TEST_CASE_TEMPLATE("a reduction over all tensors gives the same bits for any alignment", T, float, double) {
    const auto x = normal_tensors<T>(3), y = normal_tensors<T>(300);
    const auto expected = reduce_all<optimizer<reductions_of_all, T>>(x, y);
    for (std::size_t offset = 0; offset < 17; ++offset) {
        CAPTURE(offset);
        tensors<T> memory;
        std::vector<std::span<const T>> shifted;
        for (std::size_t k = 0; k < y.size(); ++k) {
            const auto room = (offset + k) % 17;  // of each tensor another one
            memory.emplace_back(room).insert(memory.back().end(), y[k].begin(), y[k].end());
        }
        for (std::size_t k = 0; k < y.size(); ++k) shifted.push_back(std::span<const T>(memory[k]).last(y[k].size()));
        const bool same = same_results(reduce_all<optimizer<reductions_of_all, T>, T>(x, shifted), expected);
        CHECK(same);
    }
}

TEST_CASE("one NaN or infinity in any tensor is seen by every reduction over all") {
    const auto x = normal_tensors<float>(4);
    for (std::size_t k = 0; k < x.size(); ++k) {
        if (x[k].empty()) continue;
        CAPTURE(k);
        auto y = normal_tensors<float>(400);
        y[k].back() = std::numeric_limits<float>::quiet_NaN();
        const auto nan = reduce_all<optimizer<reductions_of_all>>(x, y);
        CHECK(std::isnan(nan.total));
        CHECK(std::isnan(nan.product));
        CHECK(std::isnan(nan.length));
        CHECK(std::isnan(nan.largest));
        CHECK(nan.finite == 0);
        y[k].back() = std::numeric_limits<float>::infinity();
        const auto infinite = reduce_all<optimizer<reductions_of_all>>(x, y);
        CHECK(infinite.total == HUGE_VAL);
        CHECK(infinite.length == HUGE_VAL);
        CHECK(infinite.largest == HUGE_VAL);
        CHECK(infinite.finite == 0);
    }
}

TEST_CASE("over no tensors and over none but empty ones all reductions are 0") {
    const auto none = reduce_all<optimizer<reductions_of_all>>(tensors<float>(2), tensors<float>(2));
    CHECK(none.total == 0);
    CHECK(none.length == 0);
    CHECK(none.largest == 0);
    CHECK(none.finite == 1);
    CHECK(none.elements == 0);
    optimizer<reductions_of_all> opt(std::vector<std::size_t>{});
    tensors<float> nothing;
    CHECK(opt.step(nothing, nothing));
}

TEST_CASE("reductions of what is reduced by tensor count each tensor, or each of its elements") {
    tensors<double> x{{1, 2}, {3, 4, 5}}, y{{3, 4}, {1, -1, 7}};
    optimizer<nested, double> opt({2, 3});
    opt.step(x, y);
    CHECK(opt.state(nested::tensors, 0)[0] == doctest::Approx(2));   // a square of 1 for each tensor
    CHECK(opt.state(nested::elements, 0)[0] == doctest::Approx(5));  // a norm of 1 at each element
}

namespace {

/// What a reduction over many elements is off, in units of the element type's rounding: of numbers of one sign, of both
/// signs, and of equal numbers, whose roundings all go one way.
template <class T>
void check_many(const std::vector<std::size_t>& sizes, double allowed, double allowed_of_equal) {
    optimizer<sums, T> opt(sizes);
    // A cheap spread of digits: a random generator would take longer than the test.
    std::uint32_t digits = 1;
    const auto next = [&] {
        digits = digits * 1664525U + 1013904223U;
        return static_cast<T>(digits >> 8) * T(0x1p-24);
    };
    tensors<T> x, y;
    for (auto n : sizes) {
        x.emplace_back(n), y.emplace_back(n);
        for (std::size_t i = 0; i < n; ++i) x.back()[i] = next() - T(0.5), y.back()[i] = next();
    }
    opt.step(x, y);
    // In pieces: one long sum would round more than what it is to judge.
    constexpr std::size_t piece = 4096;
    long double total = 0, squares = 0, product = 0, products = 0;
    for (std::size_t k = 0; k < sizes.size(); ++k)
        for (std::size_t begin = 0; begin < sizes[k]; begin += piece) {
            long double sum = 0, square = 0, dot = 0, magnitude = 0;
            for (std::size_t i = begin; i < std::min(sizes[k], begin + piece); ++i) {
                const long double a = x[k][i], b = y[k][i];
                sum += b, square += b * b, dot += a * b, magnitude += std::fabs(a * b);
            }
            total += sum, squares += square, product += dot, products += magnitude;
        }
    const double sum_units = units<T>(opt.state(sums::total, 0)[0], total, total);
    const double norm_units = units<T>(opt.state(sums::length, 0)[0], std::sqrt(squares), std::sqrt(squares));
    const double dot_units = units<T>(opt.state(sums::product, 0)[0], product, products);
    CHECK(sum_units < allowed);
    CHECK(norm_units < allowed);
    CHECK(dot_units < allowed);

    const T almost_one = 1 + std::numeric_limits<T>::epsilon() * 8;
    std::size_t elements = 0;
    for (auto& tensor : y) std::ranges::fill(tensor, almost_one), elements += tensor.size();
    opt.step(x, y);
    const long double exact = static_cast<long double>(almost_one) * static_cast<long double>(elements);
    const double equal_units = units<T>(opt.state(sums::total, 0)[0], exact, exact);
    CHECK(equal_units < allowed_of_equal);
    MESSAGE(elements << " elements, units: sum " << sum_units << ", norm " << norm_units << ", dot " << dot_units
                     << ", sum of equal numbers " << equal_units);
}

}  // namespace

TEST_CASE("over ten million elements a float reduction is within 1 unit of rounding") {
    check_many<float>({4'000'001, 5'999'983, 16}, 1, 8);
}

// Gigabytes of memory: by --no-skip.
TEST_CASE("over a hundred million elements too, and a double reduction within 16" * doctest::skip()) {
    check_many<float>({40'000'001, 59'999'983, 16}, 1, 8);
    check_many<double>({40'000'001, 59'999'983, 16}, 16, 16);
}
