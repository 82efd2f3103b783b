#include <doctest/doctest.h>

#include <matrix/by_hand.hpp>

#include <furl/furl.hpp>
#include <furl/runtime/grouped_optimizer.hpp>
#include <furl/threads/thread_pool.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace furl;
using namespace furl::tests;

namespace {

template <auto& Method>
struct orthogonalizing {
    static constexpr auto update = param - orthogonalize<Method>(grad);
};

inline constexpr newton_schulz<2> mine{{{2, -1.5, 0.5}, {1.5, -0.5, 0}}, 1e-3, 1, true};

template <auto& Method, class T>
void check_method(double tolerance) {
    for (auto size : {shape{1, 1}, {1, 9}, {9, 1}, {3, 3}, {4, 7}, {7, 4}, {17, 33}, {40, 12}}) {
        const auto height = size.rows, width = size.columns;
        CAPTURE(height);
        CAPTURE(width);
        const auto g = draw(height, width, 3);
        const auto wanted = newton_schulz_by_hand(g, Method);
        const auto check = [&](auto opt) {
            std::vector<T> w(height * width);
            REQUIRE(opt.step(w, flat<T>(g)));
            double worst = 0;
            for (std::size_t i = 0; i < height; ++i)
                for (std::size_t j = 0; j < width; ++j) worst = std::max(worst, std::abs(w[i * width + j] + wanted[i][j]));
            CHECK(worst < tolerance);
        };
        check(optimizer<orthogonalizing<Method>, T, plain_engine>(shape{height, width}));
        check(naive<orthogonalizing<Method>, T, plain_engine>(shape{height, width}));
        check(reference<orthogonalizing<Method>, T, plain_engine>(shape{height, width}));
    }
}

}  // namespace

TEST_CASE("orthogonalize is the published iteration, for wide and tall matrices") {
    check_method<muon_quintic, double>(1e-13);
    check_method<muon_quintic_torch, double>(1e-13);
    check_method<newton_schulz_cubic, double>(1e-13);
    check_method<polar_express, double>(1e-13);
    check_method<mine, double>(1e-13);
    check_method<muon_quintic, float>(2e-5);
    check_method<polar_express, float>(5e-5);
}

TEST_CASE("singular values become nearly 1; a zero matrix stays zero; an empty one is no error") {
    const auto g = draw(6, 11, 1);
    std::vector<double> w(66);
    optimizer<orthogonalizing<newton_schulz_cubic>, double, plain_engine> opt(shape{6, 11});
    opt.step(w, flat<double>(g));
    matrix q(6, std::vector<double>(11));
    for (std::size_t i = 0; i < 66; ++i) q[i / 11][i % 11] = -w[i];
    const auto gram = product(q, transposed(q));
    for (std::size_t i = 0; i < 6; ++i)
        for (std::size_t j = 0; j < 6; ++j) CHECK(gram[i][j] == doctest::Approx(i == j).epsilon(1e-6));
    optimizer<orthogonalizing<muon_quintic>, float, plain_engine> of_zero(shape{3, 4}), of_none({shape{0, 4}, shape{4, 0}, shape{0, 0}});
    std::vector<float> v(12);
    of_zero.step(v, std::vector<float>(12));
    CHECK(v == std::vector<float>(12));
    std::vector<std::vector<float>> none(3);
    CHECK(of_none.step(none, none));
}

namespace {

/// Orthogonalized momentum, with what may meet it: a norm of all, a skipped step, a row value, weight decay, two functions.
struct turned {
    static constexpr std::string_view name = "turned";

    template <class T>
    void operator()(matrix_view<const T> from, matrix_view<T> to) const {
        std::reverse_copy(from.data, from.data + from.size(), to.data);
    }
};
struct meeting {
    static constexpr auto m = momentum<"m">(clip_by_global_norm(grad, 0.5), 0.9);
    static constexpr auto o = let<"o">(orthogonalize(m));
    static constexpr auto scaled = o / (0.5 + per_row(norm(o)));
    static constexpr auto update = skip_nonfinite(param * 0.99 - 0.1 * scaled + 0.01 * matrix_function<turned>(scaled));
};
struct turning {
    static constexpr auto update = matrix_function<turned>(grad) + 0 * param;
};
static_assert(plan<meeting, contracted>::order.matrices.size() == 2);

const std::vector<shape> shapes{{5, 8}, {9, 3}, {1, 6}};

template <class Optimizer, class Step>
std::vector<std::vector<double>> run(Optimizer&& opt, Step step) {
    std::vector<std::vector<double>> w, g;
    for (auto s : shapes) w.push_back(flat<double>(draw(s.rows, s.columns, 1)));
    for (unsigned t = 0; t < 4; ++t) {
        g.clear();
        for (auto s : shapes) g.push_back(flat<double>(draw(s.rows, s.columns, 10 + t)));
        if (t == 2) g[1][4] = std::numeric_limits<double>::infinity();
        const auto before = w;
        CHECK(step(opt, w, g) == (t != 2));
        CHECK((w == before) == (t == 2));
    }
    return w;
}

const auto in_one = [](auto& opt, auto& w, const auto& g) { return opt.step(w, g); };

}  // namespace

TEST_CASE("functions of matrices meet norms of all, rows, guards, threads, groups, and each other") {
    const auto wanted = run(optimizer<meeting, double, strict, plain_engine>(shapes), in_one);
    CHECK(run(naive<meeting, double, plain_engine>(shapes), in_one) == wanted);
    CHECK(run(reference<meeting, double, plain_engine, flush_denormals>(shapes), in_one) == wanted);
    thread_pool pool(3);
    CHECK(run(optimizer<meeting, double, plain_engine, strict>(shapes), [&](auto& opt, auto& w, const auto& g) { return opt.step(pool, w, g); }) == wanted);
    grouped_optimizer<double> groups;
    groups.add<meeting, strict, plain_engine>({shapes[0]});
    groups.add<meeting, strict, plain_engine>({shapes[1], shapes[2]});
    CHECK(run(groups, in_one) == wanted);
    const auto contracted_too = run(optimizer<meeting, double, plain_engine>(shapes), in_one);
    for (std::size_t i = 0; i < wanted.size(); ++i)
        for (std::size_t k = 0; k < wanted[i].size(); ++k) CHECK(contracted_too[i][k] == doctest::Approx(wanted[i][k]).epsilon(1e-12));
}

TEST_CASE("the turned matrix is the turned matrix") {
    optimizer<turning> opt(shape{2, 3});
    std::vector<float> w(6), g{1, 2, 3, 4, 5, 6};
    opt.step(w, g);
    CHECK(w == std::vector<float>{6, 5, 4, 3, 2, 1});
    CHECK(text<turning>() == "updated = turned(grad) + 0 * param\n");
}

TEST_CASE("explain and cost say what a function of matrices takes") {
    using rule = orthogonalizing<muon_quintic>;
    static_assert(cost<rule>.passes == 2 && cost<rule>.loads == 3 && cost<rule>.stores == 2);
    CHECK(explain<rule>().find("pass 1: reads grad; writes the operand of orthogonalize\n") != std::string::npos);
    CHECK(explain<rule>().find("pass 2: reads param, orthogonalize; writes param\n") != std::string::npos);
    CHECK(fingerprint<rule> != fingerprint<orthogonalizing<polar_express>>);
}
