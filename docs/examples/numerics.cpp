// The page "Numerics".

// The page shows the regions as they stand.
// clang-format off
#include <furl/furl.hpp>
#include <furl/zoo/adam.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

namespace {

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
    return std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace

// [guarded]
struct guarded_adam : furl::zoo::adam {
    static constexpr auto update = furl::skip_nonfinite(furl::zoo::adam::update);
};
// [guarded]

int main() {
    std::vector<float> w(1000), g(1000);
    for (std::size_t i = 0; i < w.size(); ++i) {
        w[i] = std::sin(static_cast<float>(i));
        g[i] = std::cos(3 * static_cast<float>(i));
    }
// [policies]
using furl::zoo::adam;
furl::optimizer<adam> fast(w);                                // products fused into additions, where the machine can
furl::optimizer<adam, float, furl::strict> portable(w);       // + - * / sqrt as written: the same bits on any machine
furl::optimizer<adam, double> precise(w.size());              // computed and stored in double
furl::optimizer<adam, float, furl::keep_denormals> all(w);    // denormals are computed with
furl::reference<adam> oracle(w.size());                       // one element at a time, in double, as written
// [policies]

// [split]
auto whole = w, parts = w;
furl::optimizer<adam> one(w.size()), first(300), second(w.size() - 300);
one.step(whole, g);
first.step(std::span(parts).first(300), std::span(g).first(300));
second.step(std::span(parts).subspan(300), std::span(g).subspan(300));
const bool equal = same_bits(whole, parts);                   // true: a split changes no bit
// [split]

    auto strict_w = w;
    std::vector<double> reference_w(w.begin(), w.end()), reference_g(g.begin(), g.end());
    auto precise_w = reference_w;
    for (int i = 0; i < 100; ++i) {
        portable.step(strict_w, g);
        oracle.step(reference_w, reference_g);
        precise.step(precise_w, reference_g);
    }
    double worst = 0;
    for (std::size_t i = 0; i < w.size(); ++i) worst = std::max(worst, std::abs(strict_w[i] - reference_w[i]));

// [nonfinite]
auto before = w;
g[7] = std::numeric_limits<float>::quiet_NaN();
furl::optimizer<guarded_adam> guarded(w);
const bool stepped = guarded.step(w, g);                      // false: parameters, states and step count are as before
// [nonfinite]
    const bool untouched = !stepped && same_bits(before, w) && guarded.step_count() == 0;
    std::printf("split: %s\nnot finite: %s\nfloat against the reference after 100 steps: below 1e-5: %s\n",
                equal ? "same bits" : "other bits", untouched ? "nothing changed" : "changed", worst < 1e-5 ? "yes" : "no");
    return equal && untouched && worst < 1e-5 ? 0 : 1;
}
