// expect: furl[E52]: a function of matrices, such as orthogonalize, of a value that is no matrix
#include <furl/furl.hpp>

#include <vector>

struct my_engine {
    static constexpr furl::policy_kind policy = furl::policy_kind::matrices;

    template <class T>
    static void multiply(bool, bool, std::size_t, std::size_t, std::size_t, T, const T*, std::size_t, const T*, std::size_t, T, T*, std::size_t) {}
};

struct my_rule {
#ifdef CORRECTED
    static constexpr auto update = furl::param - orthogonalize(furl::grad - per_row(mean(furl::grad)));
#else
    static constexpr auto update = furl::param - orthogonalize(per_row(mean(furl::grad)));
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule, float, my_engine> opt(furl::shape{2, 5});
    opt.step(weights, gradients);
}
