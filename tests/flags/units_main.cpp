// Units of different flags in one program: each runs its own code, and an optimizer of one works in the other.
#include "units.hpp"

#include <furl/runtime/registry.hpp>

#include <cmath>
#include <cstdio>

namespace {

int failures = 0;

void check(bool fine, const char* what) {
    if (fine) return;
    ++failures;
    std::printf("failed: %s\n", what);
}

// w - lr g, where the product rounds once alone and once not.
const float w = 0.1f, g = 1 / 3.0f, lr = 0.1f;

float rounded_twice() {
    volatile float product = lr * g;
    return w - product;
}

}  // namespace

int main() {
    const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    check(std::fma(-lr, g, w) != rounded_twice(), "the two results differ");
    check(baseline::step(w, g) == rounded_twice(), "the baseline unit rounds twice");
    check(no_exceptions::step(w, g) == rounded_twice(), "the unit without exceptions rounds twice");
    check(no_exceptions::refuses(), "the unit without exceptions refuses by return value");
    furl::clear_error();
    check(baseline::refuses(), "the baseline unit refuses by an exception");
    auto slow = baseline::rules().make("plain_rule", {}, 37);
    check(no_exceptions::step(slow, w, g) == rounded_twice(), "an optimizer of the baseline in the unit without exceptions");
    if (has_avx2) {
        check(avx2::step(w, g) == std::fma(-lr, g, w), "the AVX2 unit fuses");
        check(avx2::step(slow, w, g) == rounded_twice(), "an optimizer of the baseline rounds twice in the AVX2 unit");
        auto fast = avx2::rules().make("plain_rule", {{"lr", lr}}, 37);
        check(baseline::step(fast, w, g) == std::fma(-lr, g, w), "an optimizer of the AVX2 unit fuses in the baseline unit");
        check(fast.step_count() == 1 && fast.info().rule == "plain_rule", "and it is that optimizer");
    }
    std::printf("%d failures\n", failures);
    return failures != 0;
}
