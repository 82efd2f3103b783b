// expect: furl[E51]: the rule multiplies matrices, and the optimizer has nothing that does
#include <furl/furl.hpp>

#include <vector>

struct my_muon {
    static constexpr auto m = furl::momentum<"m">(furl::grad, 0.95);
    static constexpr auto update = furl::param - 0.02 * orthogonalize(m);
};

/// Stands for an engine: that of Eigen would do the same.
struct my_engine {
    static constexpr furl::policy_kind policy = furl::policy_kind::matrices;

    template <class T>
    static void multiply(bool, bool, std::size_t, std::size_t, std::size_t, T, const T*, std::size_t, const T*, std::size_t, T, T*, std::size_t) {}
};

int main() {
    std::vector<float> weights(10), gradients(10);
#ifdef CORRECTED
    furl::optimizer<my_muon, float, my_engine> opt(furl::shape{2, 5});
#else
    furl::optimizer<my_muon> opt(furl::shape{2, 5});
#endif
    opt.step(weights, gradients);
}
