// expect: furl[E44]: the rule is declared, but not defined here
#include <furl/furl.hpp>
#ifdef CORRECTED
#include <furl/zoo/adamw.hpp>
#endif

#include <vector>

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<furl::zoo::adamw> opt(weights.size());
    opt.step(weights, gradients);
}
