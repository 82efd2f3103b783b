// The page "Storage". With the argument "numerics" it prints what furl::numerics says.

// The page shows the regions as they stand.
// clang-format off
#include <furl/furl.hpp>
#include <furl/zoo/adamw.hpp>

#include <cstdio>
#include <iostream>
#include <span>
#include <vector>

using furl::zoo::adamw;

struct my_bfloat16 {
    unsigned short bits;
    operator float() const { return 0; }
};

// [holds]
template <>
inline constexpr bool furl::holds<my_bfloat16, furl::bfloat16> = true;
// [holds]

int main(int count, char**) {
    const std::size_t n = 1000;
// [half]
// Weights and gradients in bfloat16, as the model computes with them; moments in bfloat16, rounded at random.
using half = furl::storage<furl::param_as<furl::split<furl::bfloat16>>,      // and 16 bits more, for the optimizer
                           furl::grad_as<furl::bfloat16>,
                           furl::states_as<furl::stochastic<furl::bfloat16>>>;

std::vector<furl::bfloat16> weights(n, furl::bfloat16(1)), gradients(n, furl::bfloat16(0.5f));
furl::optimizer<adamw, float, half> opt(n);
opt.step(weights, gradients);                                                // one pass, 18 bytes per parameter
// [half]
// [eighth]
// Moments in 8 bits: 2 bytes for each parameter in place of 8.
using eighth = furl::storage<furl::state_as<"m", furl::block8>, furl::state_as<"v", furl::block8_positive>>;
// [eighth]
    std::vector<float> w(n, 1), g(n, 0.5f);
    furl::optimizer<adamw, float, eighth> small(n);
    small.step(w, g);
// [read]
std::span<furl::bfloat16> m = opt.state(adamw::m);         // as it is stored
std::vector<float> values = opt.read_state("m");           // as it is computed with
// [read]
    if (count < 2) {
        std::printf("%g %g\n", static_cast<double>(m[0]), static_cast<double>(values[0]));
        return 0;
    }
// [numerics]
using careless = furl::storage<furl::param_as<furl::bfloat16>, furl::state_as<"m", furl::bfloat16>, furl::state_as<"v", furl::float16>>;
std::cout << furl::in_words(furl::numerics<adamw, careless>());
// [numerics]
// [fits]
static_assert(furl::numerics<adamw, half>().warnings.empty());       // the storage at the head of this page

using nearest = furl::storage<furl::states_as<furl::bfloat16>>;      // v no longer decays: beta2 is 0.999
static_assert(furl::numerics<adamw, nearest>().warns(furl::numerics_warning::average_stalls, "v"));

furl::optimizer<adamw, float, nearest> faster(n);
faster[adamw::beta2] = 0.95;                                         // with this one it does
for (const auto& warning : furl::numerics(faster).warnings) std::cout << furl::in_words(warning) << '\n';   // no warning is left
// [fits]
}
