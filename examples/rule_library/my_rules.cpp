// A library of rules with furl's C interface, in one file:
//     g++ -std=c++20 -O2 -shared -fPIC my_rules.cpp -o libmy_rules.so
#include <furl/adapt/c_functions.hpp>
#include <furl/adapt/export_rule.hpp>
#include <furl/language/language.hpp>
#include <furl/zoo/adamw.hpp>

// [rule]
// SGD whose momentum slows down where the gradient changes its sign.
struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.01);
    static constexpr auto m = furl::ema<"m">(furl::grad, 0.9);
    static constexpr auto agrees = m * furl::grad > 0.0;
    static constexpr auto update = furl::param - lr * select(agrees, m, 0.5 * m);
};

FURL_EXPORT_RULE(my_rule)
FURL_EXPORT_RULE(furl::zoo::adamw)
// [rule]
