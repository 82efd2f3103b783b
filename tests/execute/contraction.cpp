#include <doctest/doctest.h>

#include <support/agreeing_paths.hpp>

using namespace furl;
using namespace furl::tests;

// Compilers contract a * b + c by themselves (g++ from -O2 on, where the target has fma): the program decides, not
// they.
namespace {

/// Products next to additions, of every kind that a compiler could contract. Each product is one of its own: what has
/// a second use is not contracted.
struct contraction_traps {
    static constexpr auto a = param;
    static constexpr auto b = grad;
    static constexpr auto product = [](double k) { return param * (grad + k); };

    static constexpr auto update =
        with(product(0) + 1.1, record<"minus">(product(1) - b), record<"from">(b - product(2)),
             record<"negative">(-product(3) + b), record<"negative minus">(-product(4) - b),
             record<"negative from">(b - -product(5)), record<"both">(product(6) - square(a)),
             record<"sum">(product(7) + product(8)), record<"cube">(cube(a) - b), record<"lerp">(lerp(a, b, 0.3)),
             record<"chosen">(select(a < b, product(9), b) + a), record<"abs">(abs(product(10)) + a),
             record<"scaled">(3.3 * a + b), record<"of the step">(step* a + step * b),
             record<"reduced">(sum(product(11)) + sum(-product(12)) + norm(a + 1) + dot(a, b) + a));
};

/// A value of the tensor and of the step that a compiler could contract.
struct scalar_traps {
    static constexpr auto x = hyper<"x">(1.1);
    static constexpr auto y = hyper<"y">(1.3);
    static constexpr auto update =
        param - grad * (x * y + step) + grad * (-(x * step) + y) + grad * (y - x * sum(grad));
};

}  // namespace

TEST_CASE_TEMPLATE("strict numerics are not contracted on any path", Rule, contraction_traps, scalar_traps) {
    static_assert(cost<Rule, float, strict>.fused == 0);
    check_paths_agree<Rule, float>();
    check_paths_agree<Rule, double>();
}

TEST_CASE("strict numerics round each operation as written") {
    const problem<float> p(100, 1);
    auto parameters = p.start;
    optimizer<contraction_traps, float, strict> opt(100);
    opt.step(parameters, p.gradients[0]);
    const auto minus = opt.state("minus"), negative = opt.state("negative"), both = opt.state("both");
    for (std::size_t i = 0; i < 100; ++i) {
        const float a = p.start[i], b = p.gradients[0][i];
        // volatile: the compiler must not contract here either.
        volatile float x0 = a * b, x1 = a * (b + 1), x3 = a * (b + 3), x6 = a * (b + 6);
        volatile float square = a * a;
        REQUIRE(parameters[i] == x0 + 1.1f);
        REQUIRE(minus[i] == x1 - b);
        REQUIRE(negative[i] == -x3 + b);
        REQUIRE(both[i] == x6 - square);
    }
}
