#include <doctest/doctest.h>

#include <support/programs.hpp>

using namespace furl;
using namespace furl::tests;

namespace {

struct from_number {
    static constexpr auto update = param - ema<"m">(grad, 0.9, 3);
};
constexpr auto filled = initialize(written<from_number>);
static_assert(count_of(filled, op::select) == 0, "a number is filled in and costs nothing");
static_assert(filled.code.size() == written<from_number>.code.size());

struct from_leaf {
    static constexpr auto update = param - ema<"m">(grad, 0.9, param) * previous(ema<"m">(grad, 0.9, param));
};
constexpr auto begun = initialize(written<from_leaf>);
static_assert(count_of(begun, op::select) == 1, "once, however often the old value is read");
static_assert(count_of(begun, op::equal, domain::tensor) == 1, "whether a tensor had its first step is found once for it");
static_assert([] {
    const auto& chosen = begun[find(begun, op::select)];
    const auto& condition = begun[chosen.operands[0]];
    return begun[condition.operands[0]].name == "furl.started" && begun[condition.operands[1]].value == 0 &&
           begun[chosen.operands[1]].code == op::param && begun[chosen.operands[2]].code == op::previous;
}());
static_assert([] {
    const auto& flag = begun.states[begun.states.size() - 1];
    return flag.name == "furl.started" && flag.where == domain::tensor && flag.role == state_role::started &&
           begun[flag.initial].value == 0 && begun[flag.next].value == 1;
}());

// Each condition under which states start has a flag; a state of one value per step has one of its own.
struct two_starts {
    static constexpr auto s = state<"s">(grad, [](auto old) { return old + grad; });
    static constexpr auto b = state<"b">(param, [](auto old) { return old; });
    static constexpr auto count = state<"count">(hyper<"first">(2), [](auto old) { return old + 1; });
    static constexpr auto update = with(only_if(step > 2, param - s), b, count);
};
constexpr auto several = initialize(written<two_starts>);
static_assert(several.states.size() == 6 && is_ssa(several));
static_assert(several.states[2].where == domain::step, "it starts from one value per step, and stays one");

struct two_of_one_start {
    static constexpr auto update = with(param, ema<"a">(grad, 0.9, param * 2), ema<"b">(grad, 0.5, param * 2));
};
constexpr auto both = initialize(written<two_of_one_start>);
static_assert(count_of(both, op::select) == 2 && count_of(both, op::equal) == 1);
static_assert(is_ssa(filled) && is_ssa(begun) && is_ssa(both));

// A state that starts from what another state was.
struct from_state {
    static constexpr auto a = ema<"a">(grad, 0.5, 7);
    static constexpr auto update = with(param, state<"b">(previous(a), [](auto old) { return old * 2; }), a);
};
constexpr auto chained = initialize(written<from_state>);
static_assert(count_of(chained, op::select) == 1 && is_ssa(chained));

}  // namespace

TEST_CASE("a state reads its initial expression in the first step, as the static_asserts above say") {
    CHECK(count_of(begun, op::select) == 1);
}
