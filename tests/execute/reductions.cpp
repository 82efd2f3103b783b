#include <doctest/doctest.h>

#include <support/agreeing_paths.hpp>

#include <cmath>
#include <limits>
#include <numeric>

using namespace furl;
using namespace furl::tests;

namespace {

/// Every reduction, each kept as a value of the tensor.
struct all_reductions {
    static constexpr auto total = record<"total">(sum(grad));
    static constexpr auto average = record<"average">(mean(grad));
    static constexpr auto product = record<"product">(dot(param, grad));
    static constexpr auto length = record<"length">(norm(grad));
    static constexpr auto length1 = record<"length1">(norm1(grad));
    static constexpr auto largest = record<"largest">(max_abs(grad));
    static constexpr auto finite = record<"finite">(truth(all_finite(grad)));
    static constexpr auto elements = record<"elements">(count);
    static constexpr auto update = with(param, total, average, product, length, length1, largest, finite, elements);
};

struct found {
    double total, average, product, length, length1, largest, finite, elements;
    bool operator==(const found& o) const {
        const double a[]{total, average, product, length, length1, largest, finite, elements};
        const double b[]{o.total, o.average, o.product, o.length, o.length1, o.largest, o.finite, o.elements};
        return first_difference(a, b) == nowhere;
    }
};

template <class Optimizer, class X>
found reduce_all(const X& x, const X& y) {
    using R = all_reductions;
    Optimizer opt(x.size());
    std::vector<typename Optimizer::value_type> parameters(x.begin(), x.end());
    opt.step(parameters, y);
    const auto of = [&](const auto& symbol) { return opt.state(symbol)[0]; };
    return {of(R::total),   of(R::average), of(R::product), of(R::length),
            of(R::length1), of(R::largest), of(R::finite),  of(R::elements)};
}

template <class T>
using on_vectors = optimizer<all_reductions, T, strict>;
template <class T>
using on_scalars = optimizer<all_reductions, T, one_element_at_a_time, flush_denormals>;
template <class T>
using in_loops = naive<all_reductions, T>;

// The distance from the exact value, in units of the element type's rounding of a sum of magnitudes.
template <class T>
double units(double x, long double exact, long double magnitude) {
    return static_cast<double>(std::fabs(x - exact) / (magnitude * std::numeric_limits<T>::epsilon() / 2));
}

}  // namespace

TEST_CASE_TEMPLATE_DEFINE("a rule with reductions gives the same bits fused, naive, and one element at a time", Rule,
                          reducing_paths) {
    check_paths_agree<Rule, float>();
}
TEST_CASE_TEMPLATE_APPLY(reducing_paths, reducing_rules);

TEST_CASE_TEMPLATE("a reduction gives the same bits for any vector width", T, float, double) {
    for (std::size_t n = 0; n < 1100; n = n < 70 ? n + 1 : n + 37) {
        CAPTURE(n);
        const auto x = normal_values<T>(n, 1), y = normal_values<T>(n, 2);
        const auto expected = reduce_all<on_scalars<T>>(x, y);
        const bool vector_is_same = reduce_all<on_vectors<T>>(x, y) == expected;
        const bool naive_is_same = reduce_all<in_loops<T>>(x, y) == expected;
        CHECK(vector_is_same);
        CHECK(naive_is_same);
    }
}

TEST_CASE_TEMPLATE("a reduction gives the same bits for any alignment", T, float, double) {
    for (std::size_t n : {1u, 15u, 16u, 17u, 100u, 511u, 512u, 513u, 2000u}) {
        const auto x = normal_values<T>(n, 1), y = normal_values<T>(n, 2);
        const auto expected = reduce_all<on_vectors<T>>(x, y);
        for (std::size_t offset = 0; offset < 17; ++offset) {
            CAPTURE(n);
            CAPTURE(offset);
            std::vector<T> memory(n + offset);
            std::copy(y.begin(), y.end(), memory.begin() + static_cast<std::ptrdiff_t>(offset));
            const bool same = reduce_all<on_vectors<T>>(std::span<const T>(x),
                                                        std::span<const T>(memory).subspan(offset)) == expected;
            CHECK(same);
        }
    }
}

TEST_CASE_TEMPLATE("reductions over small tensors are those of plain loops", T, float, double) {
    for (std::size_t n = 1; n < 70; ++n) {
        CAPTURE(n);
        const auto x = normal_values<T>(n, 3), y = normal_values<T>(n, 4);
        const auto r = reduce_all<on_vectors<T>>(x, y);
        long double total = 0, magnitude = 0, product = 0, products = 0, squares = 0, largest = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const long double a = x[i], b = y[i];
            total += b, magnitude += std::fabs(b), squares += b * b, product += a * b, products += std::fabs(a * b);
            largest = std::max(largest, std::fabs(b));
        }
        CHECK(units<T>(r.total, total, magnitude) < 4);
        CHECK(units<T>(r.average, total / n, magnitude / n) < 4);
        CHECK(units<T>(r.product, product, products) < 6);
        CHECK(units<T>(r.length, std::sqrt(squares), std::sqrt(squares)) < 4);
        CHECK(units<T>(r.length1, magnitude, magnitude) < 4);
        CHECK(r.largest == static_cast<double>(largest));
        CHECK(r.finite == 1);
        CHECK(r.elements == static_cast<double>(n));
    }
}

TEST_CASE("reductions over no elements are 0, and nothing is found that is not finite") {
    const std::vector<float> none;
    const auto r = reduce_all<on_vectors<float>>(none, none);
    CHECK(r.total == 0);
    CHECK(r.length == 0);
    CHECK(r.largest == 0);
    CHECK(r.finite == 1);
    CHECK(r.elements == 0);
}

TEST_CASE("over a million elements a float reduction is within 8 units of rounding") {
    const std::size_t n = 1000003;
    auto x = normal_values<float>(n, 5), y = normal_values<float>(n, 6);
    for (std::size_t i = 0; i < n; i += 3) y[i] += 3;
    const auto r = reduce_all<optimizer<all_reductions>>(x, y);
    long double total = 0, magnitude = 0, product = 0, products = 0, squares = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const long double a = x[i], b = y[i];
        total += b, magnitude += std::fabs(b), squares += b * b, product += a * b, products += std::fabs(a * b);
    }
    // Measured: 0.02, 0.02, 0.001, 0.001, 0.001.
    CHECK(units<float>(r.total, total, magnitude) < 1);
    CHECK(units<float>(r.average, total / n, magnitude / n) < 1);
    CHECK(units<float>(r.product, product, products) < 1);
    CHECK(units<float>(r.length, std::sqrt(squares), std::sqrt(squares)) < 1);
    CHECK(units<float>(r.length1, magnitude, magnitude) < 1);

    // The worst case: all of one sign, each rounding in one direction.
    std::vector<float> ones(n, 1.0F + 0x1p-20F);
    const auto worst = reduce_all<optimizer<all_reductions>>(x, ones);
    const long double exact = (1 + 0x1p-20L) * n;
    CHECK(units<float>(worst.total, exact, exact) < 8);
}

TEST_CASE_TEMPLATE("one NaN or infinity anywhere is seen by every reduction", Optimizer, on_vectors<float>,
                   on_vectors<double>, on_scalars<float>, in_loops<float>, in_loops<double>) {
    using T = typename Optimizer::value_type;
    for (std::size_t n : {1u, 7u, 16u, 33u, 530u})
        for (std::size_t i = 0; i < n; i = n < 100 ? i + 1 : i + 41) {
            CAPTURE(n);
            CAPTURE(i);
            const auto x = normal_values<T>(n, 7);
            auto y = normal_values<T>(n, 8);
            y[i] = std::numeric_limits<T>::quiet_NaN();
            const auto nan = reduce_all<Optimizer>(x, y);
            CHECK(std::isnan(nan.total));
            CHECK(std::isnan(nan.average));
            CHECK(std::isnan(nan.product));
            CHECK(std::isnan(nan.length));
            CHECK(std::isnan(nan.length1));
            CHECK(std::isnan(nan.largest));
            CHECK(nan.finite == 0);
            y[i] = -std::numeric_limits<T>::infinity();
            const auto infinite = reduce_all<Optimizer>(x, y);
            CHECK(infinite.total == -HUGE_VAL);
            CHECK(std::isinf(infinite.product));
            CHECK(infinite.length == HUGE_VAL);
            CHECK(infinite.length1 == HUGE_VAL);
            CHECK(infinite.largest == HUGE_VAL);
            CHECK(infinite.finite == 0);
        }
}
