// expect: furl[E52]: a matrix function has a name and is called with two matrices
#include <furl/furl.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

struct turned {
    static constexpr std::string_view name = "turned";

#ifdef CORRECTED
    void operator()(furl::matrix_view<const float> from, furl::matrix_view<float> to) const {
        std::reverse_copy(from.data, from.data + from.size(), to.data);
    }
#else
    void operator()(std::vector<float>& x) const { std::reverse(x.begin(), x.end()); }
#endif
};

struct my_rule {
    static constexpr auto update = furl::param - furl::matrix_function<turned>(furl::grad);
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(furl::shape{2, 5});
    opt.step(weights, gradients);
}
