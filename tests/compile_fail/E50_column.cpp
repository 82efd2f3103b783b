// expect: furl[E50]: the rule has a reduction over more than a row
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
#ifdef CORRECTED
    static constexpr auto update = furl::param - furl::grad / (1e-8 + per_row(norm(furl::grad)));
#else
    static constexpr auto update = furl::param - furl::grad / (1e-8 + per_column(norm(furl::grad)));
#endif
};

int main() {
    std::vector<float> table(100), gradients(10);
    std::vector<int> words{3, 7};
    furl::optimizer<my_rule> opt(furl::shape{20, 5});
    opt.step_rows(words, table, gradients);
}
