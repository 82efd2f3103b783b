// expect: furl[E03]: a state or let is defined twice, with different rules
#include <furl/furl.hpp>

#include <vector>

// Names that begin with "furl." are those of states that furl adds.
struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
#ifdef CORRECTED
    static constexpr auto started = furl::state<"started">(0.0, [](auto old) { return old + furl::grad; });
#else
    static constexpr auto started = furl::state<"furl.started">(0.0, [](auto old) { return old + furl::grad; });
#endif
    static constexpr auto update = furl::param - lr * started;
};

int main() {
    std::vector<float> weights(10), gradients(10);
    furl::optimizer<my_rule> opt{10};
    opt.step(furl::serial{}, {weights}, {gradients});
}
