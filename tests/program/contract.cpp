#include <doctest/doctest.h>

#include <support/programs.hpp>

using namespace furl;
using namespace furl::tests;

namespace {

template <auto Update>
struct rule {
    static constexpr auto update = Update();
};

template <auto Update>
constexpr auto contracted_program = drop_dead_code(contract(expanded<rule<Update>>));

template <auto Update>
constexpr bool becomes(op code, std::size_t multiplications = 0) {
    const auto& p = contracted_program<Update>;
    return is_ssa(p) && count_of(p, code) == 1 && count_of(p, op::multiply) == multiplications &&
           count_of(p, op::add) + count_of(p, op::subtract) == 0;
}

constexpr auto sum_first = [] { return param * grad + input<"c">; };
static_assert(becomes<sum_first>(op::fma));
constexpr auto sum_second = [] { return input<"c"> + param * grad; };
static_assert(becomes<sum_second>(op::fma));
constexpr auto difference_first = [] { return param * grad - input<"c">; };
static_assert(becomes<difference_first>(op::fms));
constexpr auto difference_second = [] { return input<"c"> - param * grad; };
static_assert(becomes<difference_second>(op::fnma));
constexpr auto two_products = [] { return param * grad - param * input<"c">; };
static_assert(becomes<two_products>(op::fnma, 1), "the second product is fused, the first one stays");

// The operands stand where they belong: fma(a, b, c) is a b + c.
static_assert([] {
    const auto& p = contracted_program<difference_second>;
    const auto& x = p[find(p, op::fnma)];
    return p[x.operands[0]].code == op::param && p[x.operands[1]].code == op::grad &&
           p[x.operands[2]].code == op::input;
}());

// A product with another use stays one.
constexpr auto used_twice = [] { return let<"p">(param * grad) + input<"c"> + abs(let<"p">(param * grad)); };
static_assert(count_of(contracted_program<used_twice>, op::multiply) == 1);
static_assert(count_of(contracted_program<used_twice>, op::fma) == 0);
constexpr auto with_itself = [] { return let<"p">(param * grad) + let<"p">(param * grad); };
static_assert(count_of(contracted_program<with_itself>, op::fma) == 0);
constexpr auto stored = [] { return param - state<"p">(0, [](auto) { return param * grad; }); };
static_assert(count_of(contracted_program<stored>, op::fnma) == 0, "a state is rounded as it is stored");

// Per-step arithmetic stays as it is: it is done once, in double.
constexpr auto of_the_step = [] { return param + (hyper<"a">(1) * hyper<"b">(2) + step); };
static_assert(count_of(contracted_program<of_the_step>, op::fma) == 0);

}  // namespace

TEST_CASE("a product that is only added becomes a fused multiply-add, as the static_asserts above say") {
    CHECK(becomes<sum_first>(op::fma));
}
