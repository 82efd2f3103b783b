#include <furl/execute/counting.hpp>

#include <doctest/doctest.h>

#include <support/rules.hpp>

using namespace furl;
using namespace furl::tests;

namespace {

// What the evaluator does, beside what the table says it does.
template <class Rule, class Numerics = contracted>
constexpr bool counted_as_promised = [] {
    const cost_table promised = cost<Rule, float, Numerics>;
    const cost_table done = count_operations<Rule, Numerics>();
    return done.passes == promised.passes && done.loads == promised.loads && done.stores == promised.stores &&
           done.additions == promised.additions && done.multiplications == promised.multiplications &&
           done.fused == promised.fused && done.divisions == promised.divisions &&
           done.square_roots == promised.square_roots && done.functions == promised.functions;
}();

template <class Rules>
constexpr bool all_counted = false;
template <class... Rules>
constexpr bool all_counted<std::tuple<Rules...>> = (... &&
                                                    (counted_as_promised<Rules> && counted_as_promised<Rules, strict>));

static_assert(all_counted<every_rule>);

// Functions, and the operations that are made of others.
struct functions {
    static constexpr auto a = param;
    static constexpr auto update = exp(a) + log(a) * tanh(a) + cbrt(a) + sin(a) * cos(a) + pow(a, grad) +
                                   atan2(a, grad) + sigmoid(a) + rsqrt(a) + cube(a) + lerp(a, grad, 0.1) + log1p(a) +
                                   expm1(a) + -a + copysign(a, grad);
};
static_assert(counted_as_promised<functions> && counted_as_promised<functions, strict>);
static_assert(cost<functions>.functions == 11);

// Each stream is read once in the pass that writes, and written once.
constexpr auto adamw_counted = count_operations<adamw_rule>();
static_assert(adamw_counted.loads == 4 && adamw_counted.stores == 3 && adamw_counted.passes == 1);
constexpr auto clipped_counted = count_operations<clipped>();
static_assert(clipped_counted.passes == 2 && clipped_counted.loads == 3 && clipped_counted.stores == 1);

}  // namespace

TEST_CASE("the evaluator does what the cost table says, counted while it does it") {
    CHECK(count_operations<adamw_rule>().divisions == 1);
}
