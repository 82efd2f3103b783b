#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>
#include <furl/print/text.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/heavy_ball.hpp>

#include <doctest/doctest.h>

using namespace furl;

namespace {

struct clipped {
    static constexpr auto size = let<"size">(norm(grad));
    static constexpr auto g = let<"g">(grad * min(1.0, 1.5 / (size + 1e-6)));
    static constexpr auto update = with(param - hyper<"lr">(0.1) * g, ema<"average">(updated, 0.5, param));
};

template <int Case>
struct brackets {
    static constexpr auto a = hyper<"a">(1.0);
    static constexpr auto b = hyper<"b">(2.0);
    static constexpr auto update = [] {
        if constexpr (Case == 0) return param - (a - b) - grad;
        if constexpr (Case == 1) return param / (a / b) * (grad + 1) / 2;
        if constexpr (Case == 2) return -(a + b) * -param - -grad;
        if constexpr (Case == 3) return select((a < b || (param > 0 && !(grad >= 1e-9))) && a != b, param, a - 2);
        if constexpr (Case == 4) return param + global(sum(grad)) * global(count) - clamp(grad, -1, 1);
    }();
};

}  // namespace

TEST_CASE("text writes equations in the notation of the language, names first, the update, what follows it") {
    CHECK(text<zoo::adam>() ==
          "m       = beta1 * previous(m) + (1 - beta1) * grad\n"
          "v       = beta2 * previous(v) + (1 - beta2) * square(grad)\n"
          "updated = param - lr * (bias_corrected(m) / (sqrt(bias_corrected(v)) + eps))\n");
    CHECK(text<clipped>() ==
          "size    = norm(grad)\n"
          "g       = grad * min(1, 1.5 / (size + 1e-06))\n"
          "updated = param - lr * g\n"
          "average = 0.5 * previous(average) + (1 - 0.5) * updated\n");
    CHECK(text<zoo::heavy_ball>() ==
          "last    = param\n"
          "updated = param - lr * grad + select(first_step, 0, momentum) * (param - previous(last))\n");
}

TEST_CASE("text sets the brackets that the order of evaluation needs, and no others") {
    CHECK(text<brackets<0>>() == "updated = param - (a - b) - grad\n");
    CHECK(text<brackets<1>>() == "updated = param / (a / b) * (grad + 1) / 2\n");
    CHECK(text<brackets<2>>() == "updated = -(a + b) * -param - -grad\n");
    CHECK(text<brackets<3>>() == "updated = select((a < b || param > 0 && !(grad >= 1e-09)) && a != b, param, a - 2)\n");
    CHECK(text<brackets<4>>() == "updated = param + global(sum(grad)) * global(count) - clamp(grad, -1, 1)\n");
}
