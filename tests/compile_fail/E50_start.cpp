// expect: furl[E50]: the rule has a reduction over more than a row, or a state that starts in the first step of the tensor
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto slow = furl::ema<"slow">(furl::updated, 0.9, furl::param);
#ifdef CORRECTED
    static constexpr auto update = steps_per_row(with(furl::param - furl::grad, slow));
#else
    static constexpr auto update = with(furl::param - furl::grad, slow);
#endif
};

int main() {
    std::vector<float> table(100), gradients(10);
    std::vector<int> words{3, 7};
    furl::optimizer<my_rule> opt(furl::shape{20, 5});
    opt.step_rows(words, table, gradients);
}
