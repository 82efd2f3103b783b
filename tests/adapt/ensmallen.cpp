#include <furl/adapt/ensmallen.hpp>
#include <furl/blocks/blocks.hpp>
#include <furl/zoo/adam_eps_hat.hpp>

#include <support/ensmallen.hpp>
#include <support/messages.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace furl;
using namespace furl::tests;

namespace {

// The sum of (p_j - target_k)^2 / 2 over all elements j and terms k.
struct squares {
    std::vector<double> targets{1, 2, 4, 5, 3};

    std::size_t NumFunctions() const { return targets.size(); }

    template <class M>
    void Gradient(const M& p, std::size_t begin, M& g, std::size_t batch) const {
        for (std::size_t j = 0; j < p.n_elem; ++j) {
            g[j] = 0;
            for (std::size_t k = begin; k < begin + batch; ++k)
                g[j] += p[j] - static_cast<typename M::elem_type>(targets[k] * (1 + static_cast<double>(j)));
        }
    }
};

// ensmallen's AdamUpdate on an element.
template <class M>
void adam_by_hand(const squares& f, M& p, int steps, std::size_t batch, double lr, double beta1) {
    M g(p.n_rows, p.n_cols);
    std::vector<double> m(p.n_elem), v(p.n_elem);
    std::size_t current = 0;
    for (int t = 1; t <= steps; ++t) {
        const auto now = std::min(batch, f.NumFunctions() - current);
        f.Gradient(p, current, g, now);
        current = (current + now) % f.NumFunctions();
        for (std::size_t j = 0; j < p.n_elem; ++j) {
            m[j] = beta1 * m[j] + (1 - beta1) * g[j];
            v[j] = 0.999 * v[j] + 0.001 * g[j] * g[j];
            p[j] -= static_cast<typename M::elem_type>(lr / static_cast<double>(now) * std::sqrt(1 - std::pow(0.999, t)) /
                                                       (1 - std::pow(beta1, t)) * m[j] / (std::sqrt(v[j]) + 1e-8));
        }
    }
}

struct no_rate {
    static constexpr auto update = param - 0.1 * grad;
};

using adam = ensmallen_update<zoo::adam_eps_hat>;

}  // namespace

TEST_CASE_TEMPLATE("a rule in ensmallen's SGD takes the steps of ensmallen's own Adam, batch by batch", M, arma::mat, arma::fmat) {
    squares f;
    M p(2, 3), expected(2, 3);
    ens::SGD<adam> sgd(0.2, 2, 300, 1e-5, false, {{"beta1", 0.8}});
    sgd.Optimize(f, p);  // 5 terms in batches of 2, 2 and 1: 180 steps
    adam_by_hand(f, expected, 180, 2, 0.2, 0.8);
    const double tolerance = std::is_same_v<M, arma::mat> ? 1e-12 : 1e-4;
    for (std::size_t j = 0; j < p.n_elem; ++j) CHECK(p[j] == doctest::Approx(expected[j]).epsilon(tolerance));
    CHECK(p[0] != 0);
}

TEST_CASE("a policy that is not reset goes on where the last Optimize stopped") {
    squares f;
    arma::mat whole(1, 4), halves(1, 4), restarted(1, 4);
    ens::SGD<adam> all(0.1, 5, 100, 1e-5, false), kept(0.1, 5, 50, 1e-5, false, {}, {}, false), fresh(0.1, 5, 50, 1e-5, false);
    all.Optimize(f, whole);
    for (int i = 0; i < 2; ++i) {
        kept.Optimize(f, halves);
        fresh.Optimize(f, restarted);
    }
    for (std::size_t j = 0; j < 4; ++j) CHECK(halves[j] == whole[j]);
    CHECK(restarted[0] != whole[0]);
    CHECK_THROWS_AS(kept.Optimize(f, *std::make_unique<arma::mat>(1, 5)), std::invalid_argument);  // the states are of 4
}

TEST_CASE("a name that the rule does not have is refused before a step") {
    squares f;
    arma::mat p(1, 2);
    ens::SGD<adam> misspelled(0.1, 5, 50, 1e-5, false, {{"beta_1", 0.8}});
    CHECK(message_of([&] { misspelled.Optimize(f, p); }).find("did you mean 'beta1'?") != std::string::npos);
    ens::SGD<ensmallen_update<no_rate>> without(0.1, 5, 50);
    CHECK(message_of([&] { without.Optimize(f, p); }).find("lr") != std::string::npos);
    CHECK(p[0] == 0);
}
