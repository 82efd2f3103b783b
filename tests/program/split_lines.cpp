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
constexpr auto split = drop_dead_code(split_lines(reciprocals(expanded<rule<Update>>)));

template <auto Update>
constexpr std::size_t in_loop(op code) {
    return count_of(split<Update>, code, domain::element);
}

constexpr auto r = ema<"r">(per_row(mean(square(grad) + 1e-30)), hyper<"beta">(0.9));
constexpr auto c = ema<"c">(per_column(mean(square(grad) + 1e-30)), hyper<"beta">(0.9));

constexpr auto adafactor = [] { return param - grad * rsqrt(r * c / mean(r)); };
static_assert(in_loop<adafactor>(op::sqrt) == 0 && in_loop<adafactor>(op::divide) == 0);
static_assert(is_ssa(split<adafactor>));

constexpr auto divisor = [] { return param - grad / (r * c); };
static_assert(in_loop<divisor>(op::divide) == 0);

// Both could be negative, and their product is not.
constexpr auto of_any_sign = [] { return param - grad * rsqrt(per_row(mean(grad)) * per_column(mean(grad))); };
static_assert(in_loop<of_any_sign>(op::sqrt) == 1);

// A sum is no product.
constexpr auto sum = [] { return param - grad * rsqrt(r + c); };
static_assert(in_loop<sum>(op::sqrt) == 1 && in_loop<sum>(op::divide) == 1);

}  // namespace

TEST_CASE("roots and divisors of rows times columns leave the loop") { CHECK(in_loop<adafactor>(op::sqrt) == 0); }
