#include <doctest/doctest.h>

#include <matrix/by_hand.hpp>

#include <furl/zoo/matrix/adamuon.hpp>
#include <furl/zoo/matrix/muon.hpp>
#include <furl/zoo/matrix/scion.hpp>

#include <functional>

#include <string_view>

using namespace furl;
using namespace furl::tests;

namespace {

double norm_of(const matrix& x) {
    double sum = 0;
    for (const auto& row : x)
        for (double v : row) sum += v * v;
    return std::sqrt(sum);
}

struct dialect {
    double lr, decay;
    bool average, torch_eps, by_rms, by_rows;
};

// Six steps from the same matrix with the same gradients, after each source.
matrix by_hand(std::size_t height, std::size_t width, const dialect& d) {
    auto w = draw(height, width, 1);
    matrix m(height, std::vector<double>(width));
    std::vector<double> v(height);
    for (unsigned t = 0; t < 6; ++t) {
        const auto g = draw(height, width, 100 + t);
        m = linear(0.95, m, d.average ? 0.05 : 1, g);
        const auto u = d.average ? linear(0.05, g, 0.95, m) : linear(1, g, 0.95, m);
        auto o = newton_schulz_by_hand(u, d.torch_eps ? muon_quintic_torch : muon_quintic);
        if (d.by_rows) {
            const double before = norm_of(o);
            for (std::size_t i = 0; i < height; ++i) {
                double square = 0;
                for (double x : o[i]) square += x * x;
                v[i] = 0.95 * v[i] + 0.05 * square / static_cast<double>(width);
                for (double& x : o[i]) x /= std::sqrt(v[i]) + 1e-10;
            }
            const double after = norm_of(o);
            for (auto& row : o)
                for (double& x : row) x *= before / after;
        }
        const auto r = static_cast<double>(height), c = static_cast<double>(width);
        const double scale = d.by_rms ? 0.2 * std::sqrt(std::max(r, c)) : std::sqrt(std::max(1.0, r / c));
        w = linear(1 - d.lr * d.decay, w, -d.lr * scale, o);
    }
    return w;
}

// Scion with the spectral norm, its scale changed.
matrix scion_by_hand(std::size_t height, std::size_t width) {
    auto w = draw(height, width, 1);
    matrix m(height, std::vector<double>(width));
    for (unsigned t = 0; t < 6; ++t) {
        m = linear(0.9, m, 0.1, draw(height, width, 100 + t));
        const double radius = std::sqrt(static_cast<double>(height) / static_cast<double>(width));
        w = linear(1 - 1e-3, w, -1e-3 * radius, newton_schulz_by_hand(m, muon_quintic));
    }
    return w;
}

// AdaMuon, and as it was first.
matrix adamuon_by_hand(std::size_t height, std::size_t width, bool first) {
    auto w = draw(height, width, 1);
    matrix m(height, std::vector<double>(width)), v = m;
    const double lr = first ? 0.02 : 1e-3, decay = first ? 0.01 : 0.1, beta = first ? 0.999 : 0.95, eps = 1e-8;
    for (unsigned t = 0; t < 6; ++t) {
        const auto g = draw(height, width, 100 + t);
        m = linear(0.95, m, first ? 0.05 : 1, g);
        auto u = first ? linear(0.05, g, 0.95, m) : m;
        if (!first)
            for (auto& row : u)
                for (double& x : row) x = x > 0 ? 1 : x < 0 ? -1 : 0;
        auto o = newton_schulz_by_hand(u, muon_quintic);
        const double correction = first ? 1 - std::pow(beta, t + 1.0) : 1;
        for (std::size_t i = 0; i < height; ++i)
            for (std::size_t j = 0; j < width; ++j) {
                v[i][j] = beta * v[i][j] + (1 - beta) * o[i][j] * o[i][j];
                o[i][j] /= std::sqrt(v[i][j] / correction) + eps;
            }
        const double scale = 0.2 * std::sqrt(static_cast<double>(height * width)) / (norm_of(o) + eps);
        w = linear(1 - lr * decay, w, -lr * scale, o);
    }
    return w;
}

template <class Rule>
void check(const std::function<matrix(std::size_t, std::size_t)>& by_hand) {
    for (auto size : {shape{4, 9}, {12, 5}, {8, 8}}) {
        const auto height = size.rows, width = size.columns;
        CAPTURE(height);
        const auto wanted = by_hand(height, width);
        const auto compare = [&]<class T>(T, double tolerance) {
            optimizer<Rule, T, plain_engine> opt(shape{height, width});
            auto w = flat<T>(draw(height, width, 1));
            for (unsigned t = 0; t < 6; ++t) opt.step(w, flat<T>(draw(height, width, 100 + t)));
            double worst = 0;
            for (std::size_t i = 0; i < height; ++i)
                for (std::size_t j = 0; j < width; ++j) worst = std::max(worst, std::abs(w[i * width + j] - wanted[i][j]));
            CHECK(worst < tolerance);
        };
        compare(double{}, 1e-12);
        compare(float{}, 2e-5);
    }
}

template <class Rule>
void check(const dialect& d) {
    check<Rule>([&](std::size_t height, std::size_t width) { return by_hand(height, width, d); });
}

}  // namespace

TEST_CASE("muon and its dialects do what their sources do") {
    check<zoo::muon>({.lr = 0.02, .decay = 0, .average = true, .torch_eps = false, .by_rms = false, .by_rows = false});
    check<zoo::muon_torch>({.lr = 1e-3, .decay = 0.1, .average = true, .torch_eps = true, .by_rms = false, .by_rows = false});
    check<zoo::muon_torch_rms>({.lr = 1e-3, .decay = 0.1, .average = true, .torch_eps = true, .by_rms = true, .by_rows = false});
    check<zoo::muon_moonlight>({.lr = 1e-3, .decay = 0.1, .average = false, .torch_eps = false, .by_rms = true, .by_rows = false});
    check<zoo::normuon>({.lr = 0.02, .decay = 0, .average = true, .torch_eps = false, .by_rms = false, .by_rows = true});
}

TEST_CASE("Scion with the spectral norm, and AdaMuon, do what their papers and authors do") {
    check<zoo::scion_spectral>(scion_by_hand);
    check<zoo::adamuon>([](std::size_t height, std::size_t width) { return adamuon_by_hand(height, width, false); });
    check<zoo::adamuon_first>([](std::size_t height, std::size_t width) { return adamuon_by_hand(height, width, true); });
}

TEST_CASE("the second moment of NorMuon has one value per row") {
    CHECK(explain<zoo::normuon>().find("v: one value per row") != std::string::npos);
}
