#include <doctest/doctest.h>

#include <support/rules.hpp>

using namespace furl;
using namespace furl::tests;

// The cost tables that the design promises: these static_asserts are the tests.
namespace {

// AdamW: one pass, one read of g, w, m, v, one write of w, m, v.
static_assert(cost<adamw_rule>.passes == 1);
static_assert(cost<adamw_rule>.loads == 4);
static_assert(cost<adamw_rule>.stores == 3);
static_assert(cost<adamw_rule>.bytes_per_parameter == 28);
static_assert(cost<adamw_rule>.divisions == 1);
static_assert(cost<adamw_rule>.square_roots == 1);
static_assert(cost<adamw_rule>.functions == 0);
static_assert(cost<adamw_rule>.reductions == 0);
static_assert(cost<adamw_rule>.states == 2);
static_assert(cost<adamw_rule, double>.bytes_per_parameter == 56);
// m and v: a product and an fma each, and g^2. The update: w decay - (lr c1 m) / (sqrt(c2) sqrt(v) + eps).
static_assert(cost<adamw_rule>.fused == 4);
static_assert(cost<adamw_rule>.multiplications == 4);
static_assert(cost<adamw_rule>.additions == 0);
static_assert(cost<adamw_rule>.others == 0);
static_assert(cost<adamw_rule>.operations() == 10);

// Gradient descent: read w and g, write w; one fma.
static_assert(cost<descent>.passes == 1 && cost<descent>.loads == 2 && cost<descent>.stores == 1);
static_assert(cost<descent>.bytes_per_parameter == 12);
static_assert(cost<descent>.operations() == 1 && cost<descent>.fused == 1);
static_assert(cost<descent>.states == 0 && cost<descent>.per_step == 0);

// Momentum: one stream more, read and written.
static_assert(cost<heavy_momentum>.passes == 1 && cost<heavy_momentum>.loads == 3 && cost<heavy_momentum>.stores == 2);
static_assert(cost<heavy_momentum>.bytes_per_parameter == 20);
static_assert(cost<heavy_momentum>.operations() == 2 && cost<heavy_momentum>.fused == 2);

// Clipping by norm: exactly two passes, of which the first reads the gradient and writes nothing.
static_assert(cost<clipped>.passes == 2);
static_assert(cost<clipped>.loads == 3 && cost<clipped>.stores == 1);
static_assert(cost<clipped>.reductions == 1);
static_assert(cost<clipped>.square_roots == 0 && cost<clipped>.divisions == 0, "both are done once a tensor");
static_assert(plan<clipped, contracted>::order.elements[0].size() == 2, "the gradient and its square");

// As written, nothing is moved out of the loop and nothing is fused.
static_assert(cost<adamw_rule, float, strict>.fused == 0);
static_assert(cost<adamw_rule, float, strict>.divisions == 3);
static_assert(cost<adamw_rule, float, strict>.operations() > cost<adamw_rule>.operations());
static_assert(cost<adamw_rule, float, strict>.bytes_per_parameter == 28);

// A weight average costs one stream; reading the average of the last step costs no more.
static_assert(cost<averaged>.loads == 3 && cost<averaged>.stores == 2);

// A stored leaf costs its store alone.
static_assert(cost<delays>.loads == 4 && cost<delays>.stores == 3);
static_assert(cost<shuffled>.loads == 4 && cost<shuffled>.stores == 4);

}  // namespace

TEST_CASE("the cost of a rule is a constant, as the static_asserts above say") {
    CHECK(cost<adamw_rule>.bytes_per_parameter == 28);
}
