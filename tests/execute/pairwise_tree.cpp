#include <furl/execute/reduction_tree.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <type_traits>

using namespace furl;

namespace {

constexpr auto add = [](double a, double b) { return a + b; };

template <class Combine>
constexpr double fold_blocks(std::size_t blocks, Combine combine, auto value) {
    pairwise_tree tree(combine);
    for (std::size_t i = 0; i < blocks; ++i) tree.push(value(i));
    return tree.result();
}

}  // namespace

static_assert(fold_blocks(0, add, [](std::size_t) { return 1.0; }) == 0);
static_assert(fold_blocks(7, add, [](std::size_t i) { return static_cast<double>(i); }) == 21);

TEST_CASE("the blocks of a tree are each counted once, for any number of blocks") {
    for (std::size_t n = 0; n <= 300; ++n) {
        CAPTURE(n);
        const double sum = fold_blocks(n, add, [](std::size_t i) { return static_cast<double>(i + 1); });
        CHECK(sum == static_cast<double>(n * (n + 1) / 2));
        CHECK(fold_blocks(1, add, [&](std::size_t) { return -1.0 * static_cast<double>(n); }) ==
              -static_cast<double>(n));
    }
}

TEST_CASE("the blocks of a tree meet in their order") {
    const auto number = [](std::size_t i) { return static_cast<double>(i); };
    bool in_order = true;
    const auto neighbours = [&](double a, double b) {
        in_order = in_order && a < b;
        return b;
    };
    for (std::size_t n = 1; n <= 300; ++n) {
        CHECK(fold_blocks(n, neighbours, number) == static_cast<double>(n - 1));
        CHECK(fold_blocks(
                  n, [](double a, double) { return a; }, number) == 0);
    }
    CHECK(in_order);
}

TEST_CASE("a tree of n blocks is no deeper than log2 n, rounded up") {
    const auto deeper = [](double a, double b) { return std::max(a, b) + 1; };
    for (std::size_t n = 1; n <= 1030; ++n) {
        CAPTURE(n);
        CHECK(fold_blocks(n, deeper, [](std::size_t) { return 0.0; }) <= static_cast<double>(std::bit_width(n - 1)));
    }
}

TEST_CASE("the lanes of a block meet as halves, down to 8 in their own type, on in double") {
    const auto fold = [](auto combine) {
        float lanes[reduction_lanes];
        for (std::size_t i = 0; i < reduction_lanes; ++i) lanes[i] = static_cast<float>(i + 1);
        return fold_lanes(lanes, combine);
    };
    CHECK(fold([]<class X>(X a, X b) { return a + b; }) == 528);
    CHECK(fold([]<class X>(X a, X b) { return a > b ? a : b; }) == 32);
    bool halves = true;
    int meetings = 0, in_float = 0;
    fold([&]<class X>(X a, X b) {
        ++meetings;
        in_float += std::is_same_v<X, float>;
        const int distance = meetings <= 16 ? 16 : meetings <= 24 ? 8 : meetings <= 28 ? 4 : meetings <= 30 ? 2 : 1;
        halves = halves && b - a == static_cast<X>(distance);
        return a;
    });
    CHECK(halves);
    CHECK(meetings == 31);
    CHECK(in_float == 24);
}
