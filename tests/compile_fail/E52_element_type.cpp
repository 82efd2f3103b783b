// expect: furl[E52]: the rule's matrix function does not take matrices
#include <furl/furl.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

struct turned {
    static constexpr std::string_view name = "turned";

#ifdef CORRECTED
    template <class T>
    void operator()(furl::matrix_view<const T> from, furl::matrix_view<T> to) const {
#else
    void operator()(furl::matrix_view<const float> from, furl::matrix_view<float> to) const {
#endif
        std::reverse_copy(from.data, from.data + from.size(), to.data);
    }
};

struct my_rule {
    static constexpr auto update = furl::param - furl::matrix_function<turned>(furl::grad);
};

int main() {
    std::vector<double> weights(10), gradients(10);
    furl::optimizer<my_rule, double> opt(furl::shape{2, 5});
    opt.step(weights, gradients);
}
