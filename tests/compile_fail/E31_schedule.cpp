// expect: furl[E31]: a schedule in pieces has values with steps between them
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
#ifdef CORRECTED
    static constexpr auto rate = furl::schedules::piecewise_constant(0.1, 1000, 0.01);
#else
    static constexpr auto rate = furl::schedules::piecewise_constant(0.1, 1000);
#endif
    static constexpr auto update = furl::param - rate * furl::grad;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt.step(weights, gradients);
}
