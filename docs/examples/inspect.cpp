// The page "Inspect a rule": prints what its first argument names.

// The page shows the regions as they stand.
// clang-format off
#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>
#include <furl/print/print.hpp>
#include <furl/zoo/adamw.hpp>

#include <algorithm>
#include <iostream>
#include <string_view>

// [rule]
struct clipped_adamw : furl::zoo::adamw {
    static constexpr auto update =
        furl::replace(furl::zoo::adamw::update, furl::grad, furl::clip_by_norm(furl::grad, 1.0));
};
// [rule]

// [cost]
static_assert(furl::cost<clipped_adamw>.passes == 2);
static_assert(furl::cost<clipped_adamw>.bytes_per_parameter == 32);          // 28 of adamw, and grad once more
static_assert(furl::cost<clipped_adamw, double>.bytes_per_parameter == 64);
static_assert(furl::cost<clipped_adamw>.divisions == 1 && furl::cost<clipped_adamw>.square_roots == 1);
// [cost]

// [facts]
constexpr const auto& facts = furl::describe<clipped_adamw>();
static_assert(facts.states.size() == 2 && facts.states[0].name == "m");
static_assert(std::ranges::equal(facts.hyperparameters, furl::describe<furl::zoo::adamw>().hyperparameters));
static_assert(!facts.may_skip && !facts.reduces_all && facts.passes == 2);   // its norm is over one tensor
static_assert(facts.traffic[0].writes.empty());                              // the first pass only reads
// [facts]

int main(int, char** arguments) {
    const std::string_view what = arguments[1] ? arguments[1] : "explain";
    if (what == "explain") std::cout << furl::explain<clipped_adamw>();
    if (what == "text") std::cout << furl::text<clipped_adamw>();
    if (what == "latex") std::cout << furl::latex<clipped_adamw>() << '\n';
    if (what == "dot") std::cout << furl::dot<clipped_adamw>();
    if (what == "plan") std::cout << furl::plan_listing<clipped_adamw>();
}
