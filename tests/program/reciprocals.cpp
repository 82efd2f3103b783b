#include <doctest/doctest.h>

#include <support/programs.hpp>

using namespace furl;
using namespace furl::tests;

namespace {

struct divisions {
    static constexpr auto c = hyper<"c">(3);
    static constexpr auto update = param / c + grad / c + grad / param + c / param + 1 / c + grad / norm(grad);
};
constexpr auto before = expanded<divisions>;
constexpr auto after = drop_dead_code(reciprocals(before));

static_assert(count_of(before, op::divide, domain::element) == 5);
static_assert(count_of(after, op::divide, domain::element) == 2, "those by a value per element, and of one by one");
static_assert(count_of(after, op::divide, domain::step) == 1, "1 / c is one value, whoever asked for it");
static_assert(count_of(after, op::divide, domain::tensor) == 1);
static_assert(count_of(after, op::multiply, domain::step) == 0, "outside the loop a division is a division");
static_assert(is_ssa(after));

}  // namespace

TEST_CASE("division by a value of the step leaves the loop, as the static_asserts above say") {
    CHECK(count_of(after, op::divide, domain::element) == 2);
}
