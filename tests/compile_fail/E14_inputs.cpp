// expect: furl[E14]: the rule is too large
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto update = furl::param - lr * furl::grad / (furl::input<"h0"> + furl::input<"h1">);
#else
    static constexpr auto update = furl::param - lr * furl::grad / (furl::input<"h0"> + furl::input<"h1"> + furl::input<"h2"> + furl::input<"h3">
                                   + furl::input<"h4"> + furl::input<"h5"> + furl::input<"h6"> + furl::input<"h7">
                                   + furl::input<"h8"> + furl::input<"h9"> + furl::input<"h10"> + furl::input<"h11">
                                   + furl::input<"h12"> + furl::input<"h13"> + furl::input<"h14"> + furl::input<"h15">
                                   + furl::input<"h16">);
#endif
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt(weights.size());
    opt[my_rule::lr] = 0.05;
    opt.step(weights, gradients, furl::input<"h0"> = gradients, furl::input<"h1"> = gradients);
}
