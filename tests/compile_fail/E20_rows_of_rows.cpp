// expect: furl[E20]: per_column() of something that is no reduction
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
#ifdef CORRECTED
    static constexpr auto update = furl::param - furl::grad / per_column(max_abs(per_row(norm(furl::grad)) * furl::grad));
#else
    static constexpr auto update = furl::param - furl::grad / per_column(per_row(norm(furl::grad)));
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(furl::shape{2, 5});
    opt.step(weights, gradients);
}
