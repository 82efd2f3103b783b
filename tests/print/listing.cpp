#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>
#include <furl/print/listing.hpp>
#include <furl/zoo/adam.hpp>
#include <furl/zoo/lamb.hpp>

#include <doctest/doctest.h>

using namespace furl;

namespace {

struct normalized {
    static constexpr auto lr = hyper<"lr">(0.1);
    static constexpr auto m = ema<"m">(grad, 0.9);
    static constexpr auto update = skip_unless(global(all_finite(grad)), param - lr * (bias_corrected(m) / norm(grad)));
};

// The lines of a text that hold a word.
std::size_t lines_with(std::string_view text, std::string_view word) {
    std::size_t count = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = text.find('\n', begin);
        count += text.substr(begin, end - begin).find(word) != text.npos;
        begin = end + 1;
    }
    return count;
}

}  // namespace

TEST_CASE("a listing has a line for each value, with its operands, its rate and its names") {
    CHECK(listing(stages<normalized>::written) ==
          "%0  = param                     per parameter\n"
          "%1  = hyper lr                  per step\n"
          "%2  = 0.9                       per step\n"
          "%3  = 0                         per step\n"
          "%4  = previous m                per parameter\n"
          "%5  = multiply %2, %4           per parameter\n"
          "%6  = 1                         per step\n"
          "%7  = subtract %6, %2           per step\n"
          "%8  = grad                      per parameter\n"
          "%9  = multiply %7, %8           per parameter\n"
          "%10 = add %5, %9                per parameter  m\n"
          "%11 = step                      per step\n"
          "%12 = pow %2, %11               per step\n"
          "%13 = subtract %6, %12          per step\n"
          "%14 = divide %10, %13           per parameter  corrected m\n"
          "%15 = norm %8                   per tensor\n"
          "%16 = divide %14, %15           per parameter\n"
          "%17 = multiply %1, %16          per parameter\n"
          "%18 = subtract %0, %17          per parameter  updated\n"
          "%19 = global_all_finite %8      per step       guard\n");
}

TEST_CASE("a plan's listing tells what each pass loads, computes, reduces and stores") {
    CHECK(plan_listing<normalized>() ==
          "once a step, in double: %7 %11 %12 %13 %16 %17 %18 %19 %24\n"
          "pass 1, for each parameter:\n"
          "  load     grad -> %8\n"
          "  compute  %14 %21\n"
          "  reduce   %14 -> %15\n"
          "  reduce   %21 -> %22\n"
          "pass 2, for each parameter:\n"
          "  load     param -> %0, grad -> %8, m -> %4\n"
          "  compute  %5 %9 %20\n"
          "  store    %20 -> param, %9 -> m\n");
}

TEST_CASE("the stages are those that the plan goes through, each with its own effect") {
    const auto check = []<class Rule>(Rule) {
        const auto all = stage_listings<Rule>();
        const auto fused = contract(merge_factors(reciprocals(stages<Rule>::expanded)));
        CHECK(all[4].program == listing(fused));
        CHECK(all[5].program == listing(drop_dead_code(fused)));  // what the plan runs: no stage is left out here
        CHECK(lines_with(all[0].program, "square") > 0);
        CHECK(lines_with(all[1].program, "square") == 0);
        CHECK(lines_with(all[2].program, "divide") >= lines_with(all[1].program, "divide"));
        CHECK(lines_with(all[4].program, "fma") > lines_with(all[3].program, "fma"));
    };
    check(zoo::adam{});
    check(zoo::lamb{});
}
