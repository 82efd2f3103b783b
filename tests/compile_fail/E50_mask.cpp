// expect: furl[E50]: the indices are a mask of true and false
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto update = furl::param - furl::grad;
};

int main() {
    std::vector<float> table(100), gradients(10);
#ifdef CORRECTED
    std::vector<int> words{3, 7};
#else
    std::vector<bool> words(20);
#endif
    furl::optimizer<my_rule> opt(furl::shape{20, 5});
    opt.step_rows(words, table, gradients);
}
