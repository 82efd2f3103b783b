// The page "Names in other libraries".

// The page shows the regions as they stand.
// clang-format off
#include <furl/adapt/ensmallen.hpp>
#include <furl/furl.hpp>
#include <furl/zoo/adam_eps_hat.hpp>
#include <furl/zoo/adamw.hpp>

#include "../../tests/support/dlib.hpp"       // a stand-in, as dlib takes a minute to compile
#include "../../tests/support/ensmallen.hpp"  // a stand-in for ensmallen, which Debian 12 does not have

#include <cstdio>
#include <optional>
#include <span>

// [dlib]
// dlib::adam(0.0005, 0.9, 0.999): its weight decay is an L2 penalty, so it enters both moments.
struct dlib_adam : furl::zoo::adam_eps_hat {
    static constexpr auto update =
        furl::coupled_weight_decay(furl::zoo::adam_eps_hat::update, furl::hyper<"weight_decay">(5e-4));
};
// [dlib]

// [solver]
// A solver of dlib: each layer has one, which returns its step; the trainer adds it to the parameters.
struct dlib_solver {
    struct rule : dlib_adam {
        static constexpr auto update = furl::as_step(dlib_adam::update);
    };

    template <class Layer>
    const dlib::tensor& operator()(float learning_rate, const Layer& l, const dlib::tensor& gradients) {
        const dlib::tensor& weights = l.get_layer_params();
        if (!opt) opt.emplace(weights.size());
        (*opt)[rule::lr] = learning_rate * get_learning_rate_multiplier(l);
        change.copy_size(weights);
        const bool stepped = opt->step(std::span(change.host(), change.size()), std::span(gradients.host(), gradients.size()),
                                       furl::input<"param"> = std::span(weights.host(), weights.size()));
        if (!stepped) change = 0;
        return change;
    }

    std::optional<furl::optimizer<rule>> opt;
    dlib::resizable_tensor change;
};
// [solver]

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
    opt.step(w, g);
    dlib_solver solver;
    dlib::layer l{dlib::resizable_tensor(4)};
    for (std::size_t i = 0; i < 4; ++i) l.params.host()[i] = 1;
    dlib::resizable_tensor gradients(4);
    gradients = 1;
    dlib::update_parameters(solver, 1e-3F, l, gradients);
    std::printf("%g %g\n", static_cast<double>(w[0]), static_cast<double>(l.params.host()[0]));
    const bool same = w[0] < 1 && w[0] - l.params.host()[0] < 1e-6F && l.params.host()[0] - w[0] < 1e-6F;
    std::printf("%.2f\n", coordinates[5]);
    return same && coordinates[5] > 1.8 && coordinates[5] < 2.2 ? 0 : 1;
}
