#include <doctest/doctest.h>

#include <support/compare.hpp>
#include <support/rules.hpp>

#include <furl/furl.hpp>
#include <furl/threads/thread_pool.hpp>
#include <furl/zoo/adam.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <type_traits>

using namespace furl;
using namespace furl::tests;

namespace {

/// Every reduction over rows and over columns.
struct all_of_lines {
    static constexpr auto row_sum = record<"row_sum">(per_row(sum(grad)));
    static constexpr auto row_mean = record<"row_mean">(per_row(mean(grad)));
    static constexpr auto row_dot = record<"row_dot">(per_row(dot(param, grad)));
    static constexpr auto row_norm = record<"row_norm">(per_row(norm(grad)));
    static constexpr auto row_norm1 = record<"row_norm1">(per_row(norm1(grad)));
    static constexpr auto row_max = record<"row_max">(per_row(max_abs(grad)));
    static constexpr auto row_finite = record<"row_finite">(truth(per_row(all_finite(grad))));
    static constexpr auto column_sum = record<"column_sum">(per_column(sum(grad)));
    static constexpr auto column_mean = record<"column_mean">(per_column(mean(grad)));
    static constexpr auto column_dot = record<"column_dot">(per_column(dot(param, grad)));
    static constexpr auto column_norm = record<"column_norm">(per_column(norm(grad)));
    static constexpr auto column_norm1 = record<"column_norm1">(per_column(norm1(grad)));
    static constexpr auto column_max = record<"column_max">(per_column(max_abs(grad)));
    static constexpr auto column_finite = record<"column_finite">(truth(per_column(all_finite(grad))));
    static constexpr auto shape_of_it = record<"shape">(rows + 1000 * columns);
    static constexpr auto update = with(param, row_sum, row_mean, row_dot, row_norm, row_norm1, row_max, row_finite, column_sum, column_mean,
                                        column_dot, column_norm, column_norm1, column_max, column_finite, shape_of_it);
};

/// Values of rows and columns that depend on each other, on the tensor and on all tensors, in several walks.
struct woven {
    static constexpr auto lr = hyper<"lr">(0.25);
    static constexpr auto r = ema<"r">(per_row(mean(square(grad))), 0.5);
    static constexpr auto c = ema<"c">(per_column(mean(square(grad))), 0.75);
    static constexpr auto scaled = let<"scaled">(grad / sqrt(r * c / mean(r) + 1e-3));
    static constexpr auto by_row = let<"by_row">(per_row(dot(scaled, c)) / columns);    // an element and a column value
    static constexpr auto total = let<"total">(global(sum(square(by_row))) / rows);      // over the rows of all tensors
    static constexpr auto spread = let<"spread">(max_abs(c) - norm1(by_row) / rows);
    static constexpr auto steps = record<"steps">(step + 0 * r);                           // of rows, though all are equal
    static constexpr auto update =
        with(param - lr * (scaled - by_row) / (1 + sqrt(total / (1 + rows)) + abs(spread)) * select(r > c, 1, 0.5), steps);
};

struct matrix {
    std::size_t rows, columns;
    std::vector<double> x;
    double operator()(std::size_t i, std::size_t j) const { return x[i * columns + j]; }
};

matrix draw(std::size_t height, std::size_t width, unsigned seed) {
    std::mt19937 generator(seed);
    std::uniform_real_distribution<float> d(-2, 2);  // exact in float
    matrix m{height, width, std::vector<double>(height * width)};
    for (auto& x : m.x) x = d(generator);
    return m;
}

template <class T>
std::vector<T> as(const matrix& m) {
    return {m.x.begin(), m.x.end()};
}

template <class T>
using on_vectors = optimizer<woven, T, strict>;
template <class T>
using on_scalars = optimizer<woven, T, one_element_at_a_time, flush_denormals>;
template <class T>
using in_loops = naive<woven, T>;

// Three steps of two tensors, as a double loop.
std::vector<matrix> woven_by_hand(std::vector<matrix> w, const std::vector<std::vector<matrix>>& gradients) {
    std::vector<std::vector<double>> r(w.size()), c(w.size());
    for (std::size_t t = 0; t < w.size(); ++t) r[t].resize(w[t].rows), c[t].resize(w[t].columns);
    for (const auto& g : gradients) {
        std::vector<matrix> scaled = g;
        std::vector<std::vector<double>> by_row(w.size());
        double total = 0;
        for (std::size_t t = 0; t < w.size(); ++t) {
            const auto R = w[t].rows, C = w[t].columns;
            double mean_r = 0;
            for (std::size_t i = 0; i < R; ++i) {
                double s = 0;
                for (std::size_t j = 0; j < C; ++j) s += g[t](i, j) * g[t](i, j);
                r[t][i] = 0.5 * r[t][i] + 0.5 * s / static_cast<double>(C);
                mean_r += r[t][i] / static_cast<double>(R);
            }
            for (std::size_t j = 0; j < C; ++j) {
                double s = 0;
                for (std::size_t i = 0; i < R; ++i) s += g[t](i, j) * g[t](i, j);
                c[t][j] = 0.75 * c[t][j] + 0.25 * s / static_cast<double>(R);
            }
            by_row[t].resize(R);
            for (std::size_t i = 0; i < R; ++i) {
                for (std::size_t j = 0; j < C; ++j) {
                    auto& u = scaled[t].x[i * C + j];
                    u = g[t](i, j) / std::sqrt(r[t][i] * c[t][j] / mean_r + 1e-3);
                    by_row[t][i] += u * c[t][j] / static_cast<double>(C);
                }
                total += by_row[t][i] * by_row[t][i];
            }
        }
        for (std::size_t t = 0; t < w.size(); ++t) {
            const auto R = w[t].rows, C = w[t].columns;
            double largest = 0, sum = 0;
            for (double x : c[t]) largest = std::max(largest, std::abs(x));
            for (double x : by_row[t]) sum += std::abs(x) / static_cast<double>(R);
            const double divisor = 1 + std::sqrt(total / static_cast<double>(R) / (1 + static_cast<double>(R))) + std::abs(largest - sum);
            for (std::size_t i = 0; i < R; ++i)
                for (std::size_t j = 0; j < C; ++j)
                    w[t].x[i * C + j] -= 0.25 * (scaled[t](i, j) - by_row[t][i]) / divisor * (r[t][i] > c[t][j] ? 1 : 0.5);
        }
    }
    return w;
}

template <class Optimizer, class Step>
std::vector<std::vector<typename Optimizer::value_type>> woven_by(const std::vector<matrix>& w, const std::vector<std::vector<matrix>>& gradients,
                                                                  Step step) {
    using T = typename Optimizer::value_type;
    std::vector<shape> shapes;
    std::vector<std::vector<T>> parameters;
    for (const auto& m : w) shapes.push_back({m.rows, m.columns}), parameters.push_back(as<T>(m));
    Optimizer opt(shapes);
    for (const auto& g : gradients) {
        std::vector<std::vector<T>> now;
        for (const auto& m : g) now.push_back(as<T>(m));
        step(opt, parameters, now);
    }
    return parameters;
}

const auto in_one = [](auto& opt, auto& w, const auto& g) { opt.step(w, g); };

}  // namespace

TEST_CASE_TEMPLATE("reductions over rows and columns have their values, for every small shape and some odd large ones", T, float, double) {
    const auto check = [](std::size_t R, std::size_t C) {
        CAPTURE(R);
        CAPTURE(C);
        const auto w = draw(R, C, 1), g = draw(R, C, 2);
        optimizer<all_of_lines, T> opt(shape{R, C});
        auto parameters = as<T>(w);
        REQUIRE(opt.step(parameters, as<T>(g)));
        using A = all_of_lines;
        const auto n = std::max(R, C);
        const double tolerance = 32 * std::numeric_limits<T>::epsilon() * static_cast<double>(n + 1);
        const auto compare = [&](bool by_rows, const auto& sum, const auto& mean, const auto& dot, const auto& norm, const auto& norm1, const auto& max,
                                 const auto& finite) {
            const auto lines = by_rows ? R : C, length = by_rows ? C : R;
            REQUIRE(opt.state(sum).size() == lines);
            for (std::size_t i = 0; i < lines; ++i) {
                double s = 0, d = 0, q = 0, a = 0, m = 0;
                for (std::size_t j = 0; j < length; ++j) {
                    const double x = by_rows ? g(i, j) : g(j, i), y = by_rows ? w(i, j) : w(j, i);
                    s += x, d += x * y, q += x * x, a += std::abs(x), m = std::max(m, std::abs(x));
                }
                CHECK(std::abs(opt.state(sum)[i] - s) <= tolerance);
                if (length > 0) CHECK(std::abs(opt.state(mean)[i] - s / static_cast<double>(length)) <= tolerance);
                CHECK(std::abs(opt.state(dot)[i] - d) <= 4 * tolerance);
                CHECK(std::abs(opt.state(norm)[i] - std::sqrt(q)) <= tolerance);
                CHECK(std::abs(opt.state(norm1)[i] - a) <= 2 * tolerance);
                CHECK(opt.state(max)[i] == static_cast<T>(m));
                CHECK(opt.state(finite)[i] == 1);
            }
        };
        compare(true, A::row_sum, A::row_mean, A::row_dot, A::row_norm, A::row_norm1, A::row_max, A::row_finite);
        compare(false, A::column_sum, A::column_mean, A::column_dot, A::column_norm, A::column_norm1, A::column_max, A::column_finite);
        CHECK(opt.state(A::shape_of_it)[0] == static_cast<double>(R) + 1000 * static_cast<double>(C));
        CHECK(parameters == as<T>(w));
    };
    for (std::size_t R = 0; R < 10; ++R)
        for (std::size_t C = 0; C < 10; ++C) check(R, C);
    for (const auto& s : {shape{1, 5000}, {5000, 1}, {3, 4097}, {300, 33}, {17, 1000}, {70, 4096}, {2000, 3}, {2, 100'003}})
        check(s.rows, s.columns);
}

TEST_CASE("a size is one row") {
    optimizer<all_of_lines> a(7), b(shape{1, 7});
    CHECK(a.shapes()[0] == shape{1, 7});
    std::vector<float> w(7, 1.0f), g{1, 2, 3, 4, 5, 6, 7}, v = w;
    a.step(w, g), b.step(v, g);
    CHECK(a.state(all_of_lines::row_sum).size() == 1);
    CHECK(a.state(all_of_lines::row_sum)[0] == 28);
    CHECK(a.state(all_of_lines::column_sum)[3] == 4);
    CHECK(b.state(all_of_lines::row_sum)[0] == 28);
}

TEST_CASE("values of rows, columns, tensors and all tensors that depend on each other") {
    for (const auto& s : {shape{1, 1}, {4, 9}, {33, 40}, {500, 7}, {9, 4100}, {600, 600}}) {
        const auto R = s.rows, C = s.columns;
        CAPTURE(R);
        CAPTURE(C);
        const std::vector<matrix> w{draw(R, C, 1), draw(C, 2, 2)};
        std::vector<std::vector<matrix>> gradients;
        for (unsigned t = 0; t < 3; ++t) gradients.push_back({draw(R, C, 10 + t), draw(C, 2, 20 + t)});
        const auto wanted = woven_by_hand(w, gradients);
        const auto check = [&]<class Optimizer>(std::type_identity<Optimizer>, double tolerance) {
            const auto found = woven_by<Optimizer>(w, gradients, in_one);
            for (std::size_t t = 0; t < 2; ++t) {
                double worst = 0;
                for (std::size_t i = 0; i < found[t].size(); ++i) worst = std::max(worst, std::abs(found[t][i] - wanted[t].x[i]));
                CHECK(worst < tolerance);
            }
        };
        check(std::type_identity<optimizer<woven, double>>{}, 1e-12);
        check(std::type_identity<reference<woven>>{}, 1e-12);
        check(std::type_identity<optimizer<woven>>{}, 2e-4);
        check(std::type_identity<naive<woven>>{}, 2e-4);
    }
}

TEST_CASE_TEMPLATE("the same bits by vectors, by single elements, by one loop for each operation, and by any number of threads", T, float, double) {
    thread_pool two(2), five(5);
    for (const auto& s : {shape{5, 3}, {33, 40}, {500, 7}, {9, 4100}, {1300, 600}, {1, 300'000}}) {
        const auto R = s.rows, C = s.columns;
        CAPTURE(R);
        CAPTURE(C);
        const std::vector<matrix> w{draw(R, C, 1), draw(7, 2, 2), draw(C, 1, 3)};
        std::vector<std::vector<matrix>> gradients;
        for (unsigned t = 0; t < 2; ++t) gradients.push_back({draw(R, C, 10 + t), draw(7, 2, 20 + t), draw(C, 1, 30 + t)});
        const auto one = woven_by<on_vectors<T>>(w, gradients, in_one);
        CHECK(woven_by<on_scalars<T>>(w, gradients, in_one) == one);
        CHECK(woven_by<in_loops<T>>(w, gradients, in_one) == one);
        CHECK(woven_by<on_vectors<T>>(w, gradients, [&](auto& opt, auto& p, const auto& g) { opt.step(two, p, g); }) == one);
        CHECK(woven_by<on_vectors<T>>(w, gradients, [&](auto& opt, auto& p, const auto& g) { opt.step(five, p, g); }) == one);
    }
}

namespace {

/// Row reductions alone, with states of elements.
struct row_centered {
    static constexpr auto g = let<"centered">(grad - per_row(mean(grad)));
    static constexpr auto m = ema<"m">(g, 0.9);
    static constexpr auto v = ema<"v">(per_row(mean(square(g))), 0.99);
    static constexpr auto update = param - 0.125 * m / (sqrt(v) + 1e-3);
};
static_assert(cost<row_centered>.passes == 1, "row reductions alone need one walk over memory");
static_assert(cost<row_centered>.loads == 3 && cost<row_centered>.stores == 2);
static_assert(plan<row_centered, contracted>::order.passes == 3, "the mean of a row, that of the squares, and the last");
static_assert(cost<woven>.passes == 3);

/// Everything that meets rows: an input, noise, a gradient that is zeroed, a skipped step, a value per tensor.
struct crossing {
    static constexpr auto by_row = record<"by_row">(per_row(norm(input<"h"> * grad)));
    static constexpr auto tensors_own = record<"own">(sum(by_row) * per_tensor<"factor">(0.5));
    static constexpr auto of_column = record<"of_column">(per_column(max_abs(grad)) + per_column(count));
    static constexpr auto noise = random(hyper<"seed">(1), 3);
    static constexpr auto update = zero_grad(skip_nonfinite(param - 0.125 * grad * noise / (1 + by_row) - 1e-3 * tensors_own * of_column));
};

template <class Optimizer, class Do>
auto cross(Optimizer& opt, Do step) {
    std::vector<std::vector<float>> w{as<float>(draw(6, 50, 1)), as<float>(draw(3, 4, 2))}, all;
    const std::vector<std::vector<float>> h{as<float>(draw(6, 50, 3)), as<float>(draw(3, 4, 4))};
    for (unsigned t = 0; t < 4; ++t) {
        std::vector<std::vector<float>> g{as<float>(draw(6, 50, 10 + t)), as<float>(draw(3, 4, 20 + t))};
        if (t == 1) g[0][77] = std::numeric_limits<float>::infinity();
        const auto kept_g = g;
        const bool done = step(opt, w, g, h);
        CHECK(done == (t != 1));
        CHECK((g == kept_g) == (t == 1));
        if (t == 2) opt.set("factor", 1, 2.0);
    }
    all = w;
    for (std::size_t i = 0; i < 2; ++i)
        for (auto name : {"by_row", "of_column"}) all.push_back(opt.read_state(name, i));
    return all;
}

}  // namespace

TEST_CASE("rows meet inputs, noise, zeroed gradients, skipped steps, values per tensor, names of run time and single tensors") {
    const std::vector<shape> shapes{{6, 50}, {3, 4}};
    const auto take_step = [](auto& opt, auto& w, auto& g, const auto& h) { return opt.step(w, g, input<"h"> = h); };
    optimizer<crossing, float, strict> fused_one(shapes);
    const auto wanted = cross(fused_one, take_step);
    optimizer<crossing, float, one_element_at_a_time, flush_denormals> scalar(shapes);
    CHECK(cross(scalar, take_step) == wanted);
    naive<crossing> loops(shapes);
    CHECK(cross(loops, take_step) == wanted);
    thread_pool pool(3);
    optimizer<crossing, float, strict> threaded(shapes);
    CHECK(cross(threaded, [&](auto& opt, auto& w, auto& g, const auto& h) { return opt.step(pool, w, g, input<"h"> = h); }) == wanted);
    CHECK(wanted[0] != as<float>(draw(6, 50, 1)));
    CHECK(wanted[2].size() == 6);
    CHECK(wanted[3].size() == 50);
}

TEST_CASE("a rule of rows steps tensor by tensor") {
    const std::vector<shape> shapes{{6, 50}, {3, 4}, {1, 9}};
    optimizer<row_centered> whole(shapes), apart(shapes);
    std::vector<std::vector<float>> w, v;
    for (auto s : shapes) w.push_back(as<float>(draw(s.rows, s.columns, 5)));
    v = w;
    for (unsigned t = 0; t < 3; ++t) {
        std::vector<std::vector<float>> g;
        for (auto s : shapes) g.push_back(as<float>(draw(s.rows, s.columns, 50 + t)));
        whole.step(w, g);
        for (std::size_t i : {2u, 0u, 1u}) apart.step_tensor(i, v[i], g[i]);
    }
    CHECK(v == w);
    CHECK(apart.step_count() == 3);
    CHECK(apart.read_state("v", 1) == whole.read_state("v", 1));
}

TEST_CASE("a rule without rows runs on matrices as on vectors") {
    optimizer<zoo::adam> a(12), b(shape{3, 4});
    std::vector<float> w(12, 1.0f), g{1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3}, v = w;
    a.step(w, g), b.step(v, g);
    CHECK(w == v);
    CHECK(b.sizes()[0] == 12);
    CHECK(b.shapes()[0] == shape{3, 4});
}

namespace {

/// A value of each column and of each row, with a state that can be stored in 8 bits.
struct stored_narrow {
    static constexpr auto m = ema<"m">(grad / (1 + per_column(max_abs(grad))), 0.9);
    static constexpr auto update = param - 0.125 * m / (1 + per_row(norm(grad)));
};

}  // namespace

namespace {

struct means_of_all {
    static constexpr auto rows_mean = let<"rows_mean">(global(mean(per_row(sum(grad)))));
    static constexpr auto columns_mean = let<"columns_mean">(global(mean(per_column(sum(grad)))));
    static constexpr auto columns_sum = let<"columns_sum">(global(sum(per_column(mean(grad)))));
    static constexpr auto update = param - rows_mean - 0 * columns_mean - 0 * columns_sum;
};

}  // namespace

TEST_CASE("a mean over the rows or columns of all tensors divides by their number; empty tensors add nothing") {
    const std::vector<shape> shapes{{2, 3}, {1, 4}, {0, 5}, {5, 0}};
    const std::vector<std::vector<float>> g{{1, 2, 3, 4, 5, 6}, {1, 1, 1, 1}, {}, {}};
    const auto check = [&](auto opt) {
        std::vector<std::vector<typename decltype(opt)::value_type>> w{std::vector<typename decltype(opt)::value_type>(6), std::vector<typename decltype(opt)::value_type>(4), {}, {}};
        std::vector<std::vector<typename decltype(opt)::value_type>> h;
        for (const auto& x : g) h.emplace_back(x.begin(), x.end());
        REQUIRE(opt.step(w, h));
        // Rows: 6, 15, 4. Columns: 5, 7, 9, 1, 1, 1, 1; their means 2.5, 3.5, 4.5, 1, 1, 1, 1. Empty tensors have no part in them.
        CHECK(opt.value("rows_mean") == doctest::Approx(25.0 / 3));
        CHECK(opt.value("columns_mean") == doctest::Approx(25.0 / 7));
        CHECK(opt.value("columns_sum") == doctest::Approx(14.5));
        CHECK(w[1][2] == doctest::Approx(-25.0 / 3));
    };
    check(optimizer<means_of_all>(shapes));
    check(naive<means_of_all>(shapes));
    check(reference<means_of_all>(shapes));
    optimizer<means_of_all> vector(4);
    std::vector<float> w(4);
    vector.step(w, g[1]);
    CHECK(vector.value("rows_mean") == 4);
    CHECK(vector.value("columns_mean") == 1);
}

TEST_CASE("states in blocks of 8 bits, in rows longer than a batch of them") {
    const std::size_t R = 3, C = 256 * 9;
    optimizer<stored_narrow> wide(shape{R, C});
    optimizer<stored_narrow, float, storage<state_as<"m", block8>>> narrow(shape{R, C});
    auto w = as<float>(draw(R, C, 1)), v = w;
    for (unsigned t = 0; t < 3; ++t) {
        const auto g = as<float>(draw(R, C, 10 + t));
        wide.step(w, g), narrow.step(v, g);
    }
    double worst = 0;
    for (std::size_t i = 0; i < w.size(); ++i) worst = std::max(worst, std::abs(static_cast<double>(w[i]) - v[i]));
    CHECK(worst < 1e-4);
    CHECK(worst > 0);
    using narrow_type = decltype(narrow);
    CHECK_THROWS_WITH_AS(narrow_type(shape{3, 300}), doctest::Contains("rows have 300 elements, and a state is stored in blocks of 256"),
                         std::invalid_argument);
    CHECK(narrow_type(300).sizes()[0] == 300);  // one row
}
