#include <furl/blocks/clip.hpp>
#include <furl/language/language.hpp>
#include <furl/optimizer.hpp>
#include <furl/threads/thread_pool.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

// Sums of products where the products leave the range of float and what is made of their sum does not.
namespace {

using namespace furl;
using tensors = std::vector<std::vector<float>>;

/// Directions that do not depend on the scale of the gradient, nor does the last, whose factors are two.
struct scale_free {
    static constexpr auto by_norm = grad / norm(grad);
    static constexpr auto by_all = grad / sqrt(global(mean(square(grad))));
    static constexpr auto by_dot = grad / sqrt(dot(grad, input<"half">));
    static constexpr auto clipped = clip_by_global_norm(grad / global(norm(grad)) * 3, 1.0);
    static constexpr auto update = param - 0.1 * (by_norm + by_all + by_dot + clipped);
};

struct dot_alone {
    static constexpr auto d = let<"d">(global(dot(grad, input<"other">)));
    static constexpr auto update = param - d * 0;
};

const std::vector<std::size_t> sizes{5000, 3, 1, 4096, 4113};

tensors gradients(double scale) {
    tensors g;
    for (auto n : sizes) {
        auto& one = g.emplace_back(n);
        for (std::size_t i = 0; i < n; ++i) one[i] = static_cast<float>(std::sin(static_cast<double>(7 * i + n)) * scale);
    }
    return g;
}

template <class Optimizer, class... Pool>
tensors after_a_step(double scale, Pool&... pool) {
    Optimizer opt(sizes);
    tensors w;
    for (auto n : sizes) w.emplace_back(n, 0.5F);
    const auto g = gradients(scale), half = gradients(scale / 2);
    opt.step(pool..., w, g, input<"half"> = half);
    return w;
}

double dot_of(float a, float b) {
    optimizer<dot_alone> opt(5);
    std::vector<float> w(5), g(5, a), other(5, b);
    opt.step(w, g, input<"other"> = other);
    return opt.value("d");
}

}  // namespace

TEST_CASE("norms, mean squares and dots have the same bits for gradients of any scale, times the scale") {
    const auto expected = after_a_step<optimizer<scale_free>>(1);
    const auto as_written = after_a_step<optimizer<scale_free, float, strict>>(1);
    // In double, with nothing of furl: the first element of the first tensor.
    double squares = 0, all = 0, elements = 0;
    const auto g = gradients(1);
    for (std::size_t k = 0; k < sizes.size(); ++k)
        for (double x : g[k]) (k == 0 ? squares : all) += x * x, ++elements;
    all += squares;
    const double length = 1 / std::sqrt(squares) * (1 + std::sqrt(2.0)) + std::sqrt(elements / all) + 1 / std::sqrt(all);
    CHECK(expected[0][0] == doctest::Approx(0.5 - 0.1 * length * static_cast<double>(g[0][0])).epsilon(1e-5));

    thread_pool pool(3);
    for (int power : {-110, -80, -64, -63, -50, -46, -45, -44, -43, -20, 30, 58, 60, 62, 64, 65, 66, 90, 110}) {
        CAPTURE(power);
        const double scale = std::ldexp(1.0, power);
        CHECK(after_a_step<optimizer<scale_free>>(scale) == expected);
        CHECK(after_a_step<optimizer<scale_free>>(scale, pool) == expected);
        CHECK(after_a_step<optimizer<scale_free, float, strict>>(scale) == as_written);
        CHECK(after_a_step<naive<scale_free>>(scale) == as_written);
    }
}

TEST_CASE("a dot has the range of double, as long as its factors have that of float") {
    const auto two = [](int power) { return std::ldexp(1.0F, power); };
    CHECK(dot_of(0, two(100)) == 0);
    CHECK(dot_of(two(120), 0) == 0);
    CHECK(dot_of(-two(-70), two(-75)) == std::ldexp(-5.0, -145));
    CHECK(dot_of(two(-126), two(20)) == std::ldexp(5.0, -106));
    CHECK(dot_of(two(100), two(90)) == std::ldexp(5.0, 190));
    CHECK(dot_of(two(127), -two(127)) == std::ldexp(-5.0, 254));
    CHECK(dot_of(two(127), two(-126)) == 10);
    CHECK(dot_of(two(-126), two(-126)) == std::ldexp(5.0, -252));
    const float infinity = std::numeric_limits<float>::infinity();
    CHECK(dot_of(infinity, 1) == HUGE_VAL);
    CHECK(dot_of(two(-100), -infinity) == -HUGE_VAL);
    CHECK(std::isnan(dot_of(infinity, 0)));
    CHECK(std::isnan(dot_of(std::numeric_limits<float>::quiet_NaN(), 1)));
}
