// The page "Names in other libraries".

// The page shows the regions as they stand.
// clang-format off
#include <furl/adapt/dlib.hpp>
#include <furl/adapt/ensmallen.hpp>
#include <furl/furl.hpp>
#include <furl/zoo/adam_eps_hat.hpp>
#include <furl/zoo/adamw.hpp>

#include "../../tests/support/dlib.hpp"       // a stand-in, as dlib takes a minute to compile
#include "../../tests/support/ensmallen.hpp"  // a stand-in for ensmallen, which Debian 12 does not have

#include <cstdio>
#include <vector>

// [dlib]
// dlib::adam(0.0005, 0.9, 0.999): its weight decay is an L2 penalty, so it enters both moments.
struct dlib_adam : furl::zoo::adam_eps_hat {
    static constexpr auto update =
        furl::coupled_weight_decay(furl::zoo::adam_eps_hat::update, furl::hyper<"weight_decay">(5e-4));
};
// [dlib]

struct mean_of_terms {
    std::size_t NumFunctions() const { return 64; }
    void Gradient(const arma::mat& p, std::size_t, arma::mat& gradient, std::size_t batch) const {
        for (std::size_t i = 0; i < p.n_elem; ++i) gradient[i] = (p[i] - 2) * static_cast<double>(batch);
    }
};

int main() {
    mean_of_terms f;
    arma::mat coordinates(3, 2);
// [ensmallen]
// Any rule in the place of ens::Adam: step size, batch size, iterations, tolerance, shuffle, hyperparameters by name.
ens::SGD<furl::ensmallen_update<furl::zoo::adamw>> sgd(0.1, 32, 100'000, 1e-5, true, {{"weight_decay", 1e-3}});
sgd.Optimize(f, coordinates);
// [ensmallen]
    std::vector<float> w(4, 1), g(4, 1);
    furl::optimizer<dlib_adam> opt(w.size());
    opt.set("weight_decay", 1e-4);
    opt.step(w, g);
    dlib::layer l;
    l.params = dlib::resizable_tensor(4);
    l.params = 1;
    dlib::resizable_tensor gradients(4);
    gradients = 1;
    dlib::layer& net = l;
    using net_type = dlib::layer;
// [solver]
// In the place of dlib::adam. A setting is by name; the others are the rule's.
using solver = furl::dlib_solver<dlib_adam>;
dlib::dnn_trainer<net_type, solver> trainer(net, solver({{"weight_decay", 1e-4}}));
// [solver]
    trainer.train_one_step(1e-3F, gradients);
    std::printf("%g %g\n", static_cast<double>(w[0]), static_cast<double>(l.params.host()[0]));
    const bool same = w[0] < 1 && w[0] - l.params.host()[0] < 1e-6F && l.params.host()[0] - w[0] < 1e-6F;
    std::printf("%.2f\n", coordinates[5]);
    return same && coordinates[5] > 1.8 && coordinates[5] < 2.2 ? 0 : 1;
}
