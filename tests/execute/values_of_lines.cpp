#include <doctest/doctest.h>

#include <furl/furl.hpp>

#include <vector>

using namespace furl;

// Rules in which random rules found a fault, or which lie near one: tests/random_rules.
namespace {

/// A value of each tensor is reduced over all tensors before anything of an element is read.
struct by_largest_tensor {
    static constexpr auto most = let<"most">(global(max_abs(furl::rows)));
    static constexpr auto total = let<"total">(global(sum(furl::rows * furl::columns)));  // over all elements
    static constexpr auto r = accumulate<"r">(per_row(sum(grad / most)));
    static constexpr auto update = param - r - 0 * total;
};

/// States that start with a value for each line, and go on with one for the tensor.
struct starting_wide {
    static constexpr auto c = delay<"c">(sum(grad), per_column(max_abs(grad)));
    static constexpr auto r = delay<"r">(sum(grad), per_row(max_abs(grad)));
    static constexpr auto update = with(param - c, r);
};

struct starting_wide_by_rows {
    static constexpr auto r = delay<"r">(sum(grad), per_row(max_abs(grad)));
    static constexpr auto update = param - r;
};

/// Rows count their own steps, but these states have one value for all rows, and start in the first step of the tensor.
struct shared_by_rows {
    static constexpr auto start = hyper<"start">(2.0);
    static constexpr auto d = state<"d">(start, [](auto old) { return old + global(max_abs(grad)); });
    static constexpr auto c = state<"c">(start, [](auto old) { return old + per_column(max_abs(grad)); });
    static constexpr auto update = steps_per_row(param - (d + c) * furl::step);
};

/// A factor that the user may set to a number below 0 is under the root of a product of rows and columns.
struct signed_factor {
    static constexpr auto f = per_tensor<"f">(1.0);
    static constexpr auto update = param - sqrt((f * per_row(max_abs(grad))) * (f * per_column(max_abs(grad))));
};

}  // namespace

TEST_CASE("a value of each tensor is reduced over all tensors in a pass that reads no element") {
    const auto check = [](auto opt) {
        using T = typename decltype(opt)::value_type;
        std::vector<std::vector<T>> w{std::vector<T>(6), std::vector<T>(4)};
        const std::vector<std::vector<T>> g{{1, 2, 3, 4, 5, 6}, {8, 8, 8, 8}};
        opt.step(w, g);
        CHECK(opt.value("most") == 4);
        CHECK(opt.value("total") == 6 * 6 + 4 * 4);
        CHECK(w[0] == std::vector<T>{-1.5, -1.5, -1.5, -3.75, -3.75, -3.75});
        CHECK(w[1] == std::vector<T>{-2, -2, -2, -2});
    };
    const std::vector<shape> shapes{{2, 3}, {4, 1}};
    check(optimizer<by_largest_tensor>(shapes));
    check(naive<by_largest_tensor>(shapes));
    check(reference<by_largest_tensor>(shapes));
}

TEST_CASE("a step reads the old value of a state of lines whose new value is the same for all of them") {
    const auto check = [](auto opt, std::vector<double> first) {
        using T = typename decltype(opt)::value_type;
        std::vector<T> w(6);
        opt.step(w, std::vector<T>{1, 2, 3, 4, 5, 6});
        CHECK(w == std::vector<T>(first.begin(), first.end()));
        opt.step(w, std::vector<T>{1, 1, 1, 1, 1, 1});  // subtracts the sum of the step before
        for (auto& x : first) x -= 21;
        CHECK(w == std::vector<T>(first.begin(), first.end()));
        CHECK(opt.read_state("r", 0) == std::vector<T>{6, 6});
    };
    check(optimizer<starting_wide>(shape{2, 3}), {-4, -5, -6, -4, -5, -6});
    check(naive<starting_wide>(shape{2, 3}), {-4, -5, -6, -4, -5, -6});
    check(reference<starting_wide>(shape{2, 3}), {-4, -5, -6, -4, -5, -6});
    check(optimizer<starting_wide_by_rows>(shape{2, 3}), {-3, -3, -3, -6, -6, -6});
}

TEST_CASE("with steps_per_row, states of more than a row start with the tensor") {
    const auto check = [](auto opt) {
        using T = typename decltype(opt)::value_type;
        std::vector<T> w(6);
        const std::vector<T> g{1, 2, 3, 4, 5, 6};
        opt.step(w, g);
        CHECK(w == std::vector<T>{-14, -15, -16, -14, -15, -16});  // d is 2 + 6, c is 2 + {4, 5, 6}
        opt.step(w, g);
        CHECK(w == std::vector<T>{-62, -67, -72, -62, -67, -72});  // d is 14, c is {10, 12, 14}; both times 2
        CHECK(opt.scalar_state("d", 0) == 14);
    };
    check(optimizer<shared_by_rows>(shape{2, 3}));
    check(reference<shared_by_rows>(shape{2, 3}));
}

TEST_CASE("a root of a product is not split where a factor may be negative") {
    optimizer<signed_factor> opt(shape{2, 2});
    opt.set("f", 0, -2.0);
    std::vector<float> w(4);
    opt.step(w, std::vector<float>{1, 4, 4, 1});
    CHECK(w == std::vector<float>{-8, -8, -8, -8});
}
