#include <furl/optimizer.hpp>
#include <furl/zoo/adafactor.hpp>
#include <furl/zoo/adagrad.hpp>
#include <furl/zoo/adam_mini.hpp>
#include <furl/zoo/adamp.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/came.hpp>
#include <furl/zoo/nero.hpp>
#include <furl/zoo/racs.hpp>
#include <furl/zoo/rowwise_adagrad.hpp>
#include <furl/zoo/rowwise_adam.hpp>
#include <furl/zoo/scion.hpp>
#include <furl/zoo/sgdp.hpp>
#include <furl/zoo/sm3.hpp>
#include <furl/zoo/weight_norm_sgd.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

// What rules of rows and columns do is said by golden values (rows_golden.cpp); here is what follows from their equations.
namespace {

using namespace furl;
using numbers = std::vector<double>;

numbers values(const shape& s, int t) {
    numbers x;
    for (std::size_t k = 0; k < s.size(); ++k)
        x.push_back(std::sin(0.7 * t + 1.3 * static_cast<double>(k)) * std::pow(4.0, static_cast<double>(k % 3)));
    return x;
}

constexpr int steps = 10;

template <class Rule>
numbers path(optimizer<Rule, double>& opt, const shape& s) {
    auto x = values(s, 100);
    for (int t = 1; t <= steps; ++t) opt.step(x, values(s, t));
    return x;
}
template <class Rule>
numbers path(const shape& s) {
    optimizer<Rule, double> opt(s);
    return path(opt, s);
}

double distance(const numbers& a, const numbers& b) {
    double worst = 0;
    for (std::size_t k = 0; k < a.size(); ++k) worst = std::max(worst, std::fabs(a[k] - b[k]) / (1 + std::fabs(b[k])));
    return worst;
}

constexpr double few_roundings = 1e-13;
constexpr shape square_table{4, 4}, flat{3, 11}, tall{9, 2}, vector{1, 20};

}  // namespace

TEST_CASE_TEMPLATE("a gradient of 0 from the start moves nothing in a matrix", Rule, zoo::adafactor, zoo::adafactor_optax,
                   zoo::adafactor_momentum, zoo::came, zoo::sm3, zoo::adam_mini, zoo::rowwise_adagrad, zoo::partial_rowwise_lamb,
                   zoo::rowwise_lamb, zoo::adamp, zoo::sgdp, zoo::nero_unconstrained, zoo::racs, zoo::weight_norm_sgd) {
    for (const auto& s : {square_table, flat, tall, vector}) {
        optimizer<Rule, double> opt(s);
        auto x = values(s, 100);
        const auto before = x;
        for (int t = 1; t <= 3; ++t) opt.step(x, numbers(s.size()));
        CHECK(x == before);
    }
}

TEST_CASE_TEMPLATE("a row without a gradient stays, while others move", Rule, zoo::adafactor, zoo::adafactor_optax, zoo::came,
                   zoo::sm3, zoo::adam_mini, zoo::rowwise_adagrad, zoo::partial_rowwise_adam, zoo::partial_rowwise_lamb,
                   zoo::nero_unconstrained, zoo::racs, zoo::scion_row, zoo::weight_norm_sgd) {
    optimizer<Rule, double> opt(flat);
    if constexpr (requires { Rule::scale; Rule::alpha; }) opt[Rule::lr] = 0;  // Scion shrinks all rows
    auto x = values(flat, 100);
    const auto before = x;
    for (int t = 1; t <= steps; ++t) {
        auto g = values(flat, t);
        std::fill_n(g.begin() + 11, 11, 0.0);
        opt.step(x, g);
    }
    CHECK(std::equal(before.begin() + 11, before.begin() + 22, x.begin() + 11));
    if constexpr (!requires { Rule::scale; Rule::alpha; }) CHECK(x[0] != before[0]);
}

TEST_CASE_TEMPLATE("two matrices in one optimizer do what each does by itself", Rule, zoo::adafactor, zoo::came, zoo::sm3,
                   zoo::adam_mini, zoo::rowwise_lamb, zoo::adamp, zoo::nero, zoo::nero_unconstrained, zoo::racs, zoo::scion_column) {
    optimizer<Rule, double> both({flat, tall});
    std::vector<numbers> x{values(flat, 100), values(tall, 100)};
    for (int t = 1; t <= steps; ++t) both.step(x, std::vector<numbers>{values(flat, t), values(tall, t)});
    CHECK(x[0] == path<Rule>(flat));
    CHECK(x[1] == path<Rule>(tall));
}

TEST_CASE("a vector is one row: Adafactor does not factor it, and SM3 is AdaGrad") {
    CHECK(distance(path<zoo::adafactor>(vector), path<zoo::adafactor_unfactored>(vector)) < few_roundings);
    optimizer<zoo::sm3, double> sm3(vector);
    optimizer<zoo::adagrad, double> adagrad(vector);
    sm3[zoo::sm3::beta1] = 0, sm3[zoo::sm3::eps] = 0, adagrad[zoo::adagrad::eps] = 0;
    adagrad[zoo::adagrad::lr] = sm3[zoo::sm3::lr];
    CHECK(distance(path(sm3, vector), path(adagrad, vector)) < few_roundings);
}

TEST_CASE("rows of one element: Adam-mini is AdamW") {
    const shape column{20, 1};
    optimizer<zoo::adam_mini, double> mini(column);
    optimizer<zoo::adamw, double> adamw(column);
    mini[zoo::adam_mini::weight_decay] = 0.1, adamw[zoo::adamw::weight_decay] = 0.1;
    CHECK(distance(path(mini, column), path(adamw, column)) < few_roundings);
    CHECK(mini.state(zoo::adam_mini::v).size() == 20);
}

TEST_CASE("the named rows of a table take the steps that they take in the whole table, where rows without a gradient stay") {
    optimizer<zoo::rowwise_adagrad, double> dense(tall), sparse(tall);
    auto x = values(tall, 100), y = x;
    for (std::size_t t = 1; t <= steps; ++t) {
        const std::vector<std::size_t> named{t % 9, (t + 3) % 9, (t * t + 5) % 9 == t % 9 ? (t + 1) % 9 : (t + 7) % 9};
        numbers all(tall.size()), some;
        for (auto i : named)
            for (std::size_t j = 0; j < 2; ++j) {
                all[2 * i + j] = values(tall, static_cast<int>(t))[2 * i + j];
                some.push_back(all[2 * i + j]);
            }
        dense.step(x, all);
        sparse.step_rows(named, y, some);
    }
    CHECK(x == y);
    const auto s = dense.state(zoo::rowwise_adagrad::s), of_named = sparse.state(zoo::rowwise_adagrad::s);
    CHECK(std::equal(s.begin(), s.end(), of_named.begin()));
}

TEST_CASE("states have as many values as there are rows or columns") {
    optimizer<zoo::came, double> opt(flat);
    path(opt, flat);
    CHECK(opt.state(zoo::came::r).size() == 3);
    CHECK(opt.state(zoo::came::c).size() == 11);
    CHECK(opt.state(zoo::came::R).size() == 3);
    CHECK(opt.state(zoo::came::C).size() == 11);
    CHECK(opt.state(zoo::came::m).size() == 33);
}

TEST_CASE("SM3's bounds of a row and of a column hold the sum of squares of each element") {
    optimizer<zoo::sm3, double> opt(square_table);
    path(opt, square_table);
    const auto r = opt.state(zoo::sm3::r), c = opt.state(zoo::sm3::c);
    numbers sum(square_table.size());
    for (int t = 1; t <= steps; ++t) {
        const auto g = values(square_table, t);
        for (std::size_t k = 0; k < g.size(); ++k) sum[k] += g[k] * g[k];
    }
    for (std::size_t k = 0; k < sum.size(); ++k) CHECK(std::min(r[k / 4], c[k % 4]) >= sum[k] * (1 - few_roundings));
}

TEST_CASE("Nero's rows are centred and of length 1") {
    const auto x = path<zoo::nero>(flat);
    for (std::size_t i = 0; i < 3; ++i) {
        double sum = 0, square = 0;
        for (std::size_t j = 0; j < 11; ++j) sum += x[11 * i + j], square += x[11 * i + j] * x[11 * i + j];
        CHECK(std::fabs(sum) < few_roundings);
        CHECK(std::fabs(square - 1) < few_roundings);
    }
}

TEST_CASE("RACS lets the norm of a step grow by its factor at most, and starts again after a step without a gradient") {
    optimizer<zoo::racs, double> opt(flat);
    auto x = values(flat, 100);
    double last = 0;
    for (int t = 1; t <= steps; ++t) {
        const auto before = x;
        auto g = t == 6 ? numbers(flat.size()) : values(flat, t);
        for (double& value : g) value *= t;
        opt.step(x, g);
        double way = 0;
        for (std::size_t k = 0; k < x.size(); ++k) way += (x[k] - before[k]) * (x[k] - before[k]);
        way = std::sqrt(way);
        if (t > 1 && t != 7) CHECK(way <= 1.01 * last * (1 + few_roundings));
        if (t == 7) CHECK(way > 0);
        last = way;
    }
}

TEST_CASE("the scales of RACS do not see the unit of the gradient, down to squares that float does not have") {
    optimizer<zoo::racs, double> as_given(flat);
    optimizer<zoo::racs, float> small(flat);
    auto x = values(flat, 100);
    std::vector<float> y(x.begin(), x.end());
    for (int t = 1; t <= steps; ++t) {
        const auto g = values(flat, t);
        std::vector<float> h;
        for (double value : g) h.push_back(static_cast<float>(value * 1e-9));
        as_given.step(x, g), small.step(y, h);
    }
    CHECK(distance({y.begin(), y.end()}, x) < 1e-5);
}

TEST_CASE("a row of zeros has no direction, and stays, with normalized weights") {
    optimizer<zoo::weight_norm_sgd, double> opt(flat);
    auto x = values(flat, 100);
    std::fill_n(x.begin() + 11, 11, 0.0);
    for (int t = 1; t <= steps; ++t) opt.step(x, values(flat, t));
    CHECK(std::all_of(x.begin() + 11, x.begin() + 22, [](double value) { return value == 0; }));
    CHECK(std::all_of(x.begin(), x.end(), [](double value) { return std::isfinite(value); }));
}

TEST_CASE_TEMPLATE("where AdamP and SGDP project rows, a step is orthogonal to each of them", Rule, zoo::adamp, zoo::adamp_nesterov,
                   zoo::sgdp, zoo::sgdp_nesterov) {
    optimizer<Rule, double> opt(flat);
    opt[Rule::delta] = 10;  // more than any cosine
    auto x = values(flat, 100);
    for (int t = 1; t <= steps; ++t) {
        const auto before = x;
        opt.step(x, values(flat, t));
        for (std::size_t i = 0; i < 3; ++i) {
            double along = 0, length = 0, way = 0;
            for (std::size_t k = 11 * i; k < 11 * i + 11; ++k) {
                along += before[k] * (x[k] - before[k]);
                length += before[k] * before[k], way += (x[k] - before[k]) * (x[k] - before[k]);
            }
            CHECK(std::fabs(along) < 1e-7 * std::sqrt(length * way));  // eps shortens the unit vectors
        }
    }
}

TEST_CASE_TEMPLATE("Scion's parameters come into its ball", Rule, zoo::scion_sign, zoo::scion_column, zoo::scion_row) {
    optimizer<Rule, double> opt(flat);
    opt[Rule::lr] = 0.1;
    auto x = values(flat, 100);
    for (int t = 1; t <= 400; ++t) opt.step(x, values(flat, t));
    if constexpr (std::is_same_v<Rule, zoo::scion_sign>)
        for (double value : x) CHECK(std::fabs(value) <= 1.0 / 11 + 1e-12);
    if constexpr (std::is_same_v<Rule, zoo::scion_row>)
        for (std::size_t i = 0; i < 3; ++i) {
            double square = 0;
            for (std::size_t j = 0; j < 11; ++j) square += x[11 * i + j] * x[11 * i + j];
            CHECK(std::sqrt(square) <= 1 / std::sqrt(11.0) + 1e-12);
        }
    if constexpr (std::is_same_v<Rule, zoo::scion_column>)
        for (std::size_t j = 0; j < 11; ++j) {
            double square = 0;
            for (std::size_t i = 0; i < 3; ++i) square += x[11 * i + j] * x[11 * i + j];
            CHECK(std::sqrt(square / 3) <= 1 + 1e-12);
        }
}
