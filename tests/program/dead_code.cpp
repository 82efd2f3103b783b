#include <doctest/doctest.h>

#include <support/programs.hpp>

using namespace furl;
using namespace furl::tests;

namespace {

struct rule {
    [[maybe_unused]] static constexpr auto unused_hyper = hyper<"unused">(1);
    static constexpr auto update = with(param - grad, ema<"m">(grad, 0.9));
};

// A program with values that nothing needs, as a pass leaves them behind.
constexpr auto with_unused = [] {
    auto p = written<rule>;
    const auto dead = p.emit(op::exp, p.update);
    p.names.push_back({op::let, "dead", p.emit(op::log, dead)});
    return p;
}();
constexpr auto clean = drop_dead_code(with_unused);

static_assert(with_unused.code.size() == written<rule>.code.size() + 2);
static_assert(clean.code.size() < with_unused.code.size());
static_assert(count_of(clean, op::exp) == 0 && count_of(clean, op::log) == 0);
static_assert(clean.names.size() == with_unused.names.size() - 1, "the name of a dropped value goes with it");
static_assert(clean.states.size() == 1 && clean.states[0].next >= 0 && clean.states[0].initial >= 0);
static_assert(is_ssa(clean) && clean[clean.update].code == op::subtract);
static_assert(drop_dead_code(clean).code.size() == clean.code.size());

// The recurrence of a state lives though the update does not read it.
static_assert(count_of(clean, op::previous) == 1 && count_of(clean, op::multiply) == 2);

}  // namespace

TEST_CASE("what neither the update nor a state needs is dropped, as the static_asserts above say") {
    CHECK(count_of(clean, op::exp) == 0);
}
