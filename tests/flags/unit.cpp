// One of several units of a program, each compiled with other flags; UNIT is its name.
#include "units.hpp"

#include <furl/optimizer.hpp>
#include <furl/runtime/registry.hpp>
#include <furl/zoo/adamw.hpp>

#include <vector>

// The same type in each unit.
struct plain_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1f);

    static constexpr auto update = furl::param - lr * furl::grad;
};

namespace UNIT {

const furl::registry<>& rules() {
    static const furl::registry<> all = furl::registry<>().add<plain_rule>().add<furl::zoo::adamw>();
    return all;
}

float step(float weight, float gradient) {
    std::vector<float> w(37, weight), g(37, gradient);
    furl::optimizer<plain_rule> opt(w);
    opt.step(w, g);
    return w[20];
}

float step(furl::any_optimizer<float>& opt, float weight, float gradient) {
    std::vector<float> w(37, weight), g(37, gradient);
    furl::any_optimizer<float> copy = opt;
    copy.step(w, g);
    opt = std::move(copy);
    return w[20];
}

bool refuses() {
#if FURL_EXCEPTIONS
    try {
        furl::optimizer<plain_rule> opt(3);
        std::vector<float> w(2), g(3);
        opt.step(w, g);
        return false;
    } catch (const std::invalid_argument&) {
        return furl::last_error().empty();
    }
#else
    furl::optimizer<plain_rule> opt(3);
    std::vector<float> w(2), g(3);
    return !opt.step(w, g) && !furl::last_error().empty();
#endif
}

}  // namespace UNIT
