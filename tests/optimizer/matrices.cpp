#include <furl/furl.hpp>
#include <furl/runtime/any_optimizer.hpp>

#include <support/eigen_like.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <iterator>
#include <memory>
#include <numeric>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

// Matrices as Eigen and Armadillo have them, of which furl includes neither.
namespace {

using furl::tests::eigen_like;

struct sgd {
    static constexpr auto update = furl::param - 0.5 * furl::grad;
};

struct with_input {
    static constexpr auto update = furl::param - furl::grad * furl::input<"scale">;
};

using by_columns = eigen_like<false>;
using by_rows = eigen_like<true>;
using row_of = eigen_like<true, 1>;
using column_of = eigen_like<false, -1, 1, 1>;

struct armadillo_like {
    std::vector<float> values;
    std::size_t n_rows, n_cols, n_elem = n_rows * n_cols;

    float* memptr() { return values.data(); }
    const float* memptr() const { return values.data(); }
};

// What libraries of tensors with strides have: a pointer, a size, and no proof that they belong together.
struct pointer_and_size {
    float* first;
    float* data() const { return first; }
    std::size_t size() const { return 4; }
};

// A container as Boost 1.74 has them: its iterators do not say that they are contiguous.
struct old_vector {
    using allocator_type = std::allocator<float>;
    std::vector<float> values;
    std::reverse_iterator<float*> begin() { return std::reverse_iterator(values.data() + values.size()); }
    std::reverse_iterator<float*> end() { return std::reverse_iterator(values.data()); }
    float* data() { return values.data(); }
    std::size_t size() const { return values.size(); }
};
static_assert(!std::ranges::contiguous_range<old_vector>);

static_assert(furl::Tensor<by_columns> && furl::Tensor<const row_of> && furl::Tensor<armadillo_like>);
static_assert(furl::Tensor<old_vector> && !furl::Tensor<pointer_and_size>);
static_assert(furl::TensorList<std::vector<by_columns>> && furl::TensorList<std::vector<armadillo_like>>);
static_assert(furl::detail::has_known_gaps<eigen_like<true, 1, 3, 3>>);            // a row of a fixed 3 x 3
static_assert(furl::detail::has_known_gaps<eigen_like<false, 2, 4, 1, 4>>);        // the upper half of a fixed 4 x 4
static_assert(!furl::detail::has_known_gaps<eigen_like<false, 4, 2, 1, 4>>);       // its left half
static_assert(!furl::detail::has_known_gaps<eigen_like<false, 3, 1, 1, 3>>);

struct matrix_4_by_5 {
    std::vector<float> values = std::vector<float>(20);
    matrix_4_by_5() { std::iota(values.begin(), values.end(), 0.0F); }
    float* at(std::ptrdiff_t row, std::ptrdiff_t column) { return values.data() + row + 4 * column; }
};

template <class Step>
std::string refusal(Step step) {
    try {
        step();
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return "not refused";
}

}  // namespace

TEST_CASE("columns of a matrix that lies by columns are contiguous, and are stepped where they lie") {
    matrix_4_by_5 w;
    const std::vector<float> ones(8, 1);
    furl::optimizer<sgd> column(4), columns(8);
    CHECK(column.step(column_of{w.at(0, 1), 4, 1, 1, 4}, std::span(ones).first(4)));
    CHECK(columns.step(by_columns{w.at(0, 3), 4, 2, 1, 4}, ones));
    for (std::size_t i = 0; i < 20; ++i) {
        const bool stepped = (i >= 4 && i < 8) || i >= 12;
        CHECK(w.values[i] == static_cast<float>(i) - (stepped ? 0.5F : 0.0F));
    }
}

TEST_CASE("rows, blocks and diagonals are refused before anything is written") {
    matrix_4_by_5 w;
    const auto before = w.values;
    std::vector<float> g(12, 1);
    furl::optimizer<sgd> four(4), five(5), six(6);
    CHECK(refusal([&] { five.step(row_of{w.at(1, 0), 1, 5, 4, 1}, std::span(g).first(5)); }) ==
          "furl: tensor 0: 'parameters' is a part of a matrix that is not contiguous: 1 x 5 row by row, with strides 4 and 1; "
          "step the whole matrix, or a copy");
    CHECK(refusal([&] { six.step(by_columns{w.at(0, 0), 2, 3, 1, 4}, std::span(g).first(6)); }).find("2 x 3") != std::string::npos);
    CHECK(refusal([&] { four.step(by_columns{w.at(0, 0), 1, 4, 1, 4}, std::span(g).first(4)); }).find("1 x 4") != std::string::npos);
    CHECK(refusal([&] { four.step(eigen_like<false, -1, 1>{w.at(0, 0), 4, 1, 5, 0}, std::span(g).first(4)); }).find("4 x 1") !=
          std::string::npos);
    CHECK(refusal([&] { five.step(std::span(g).first(5), row_of{w.at(1, 0), 1, 5, 4, 1}); }).find("'gradients'") != std::string::npos);
    CHECK(w.values == before);
    CHECK(g == std::vector<float>(12, 1));
}

TEST_CASE("a matrix of one row that is contiguous by its strides is stepped") {
    std::vector<float> w{1, 2, 3}, g{2, 2, 2};
    furl::optimizer<sgd> opt(3), one(1);
    CHECK(opt.step(row_of{w.data(), 1, 3, 1, 3}, g));
    CHECK(opt.step(by_columns{w.data(), 1, 3, 7, 1}, g));
    CHECK(w == std::vector<float>{-1, 0, 1});
    CHECK(one.step(by_columns{w.data(), 1, 1, 9, 9}, std::span(g).first(1)));
}

TEST_CASE("a gradient in another storage order or shape is refused, with the number of its tensor") {
    std::vector<float> w(12), g(12, 1), w2(12);
    furl::optimizer<sgd> opt({12, 12});
    const std::vector<by_columns> weights{{w.data(), 3, 4, 1, 3}, {w2.data(), 3, 4, 1, 3}};
    std::vector<by_columns> gradients{{g.data(), 3, 4, 1, 3}, {g.data(), 4, 3, 1, 4}};
    CHECK(refusal([&] { opt.step(weights, gradients); }) ==
          "furl: tensor 1: 'gradients' is 4 x 3 column by column, expected 3 x 4 column by column as the parameters");
    CHECK(w == std::vector<float>(12));
    opt.step_tensor(0, weights[0], gradients[0]);
    CHECK(refusal([&] { opt.step_tensor(1, weights[1], gradients[1]); }).find("tensor 1: 'gradients'") != std::string::npos);
    CHECK(w2 == std::vector<float>(12));
    furl::optimizer<sgd> single(12);
    CHECK(refusal([&] { single.step(armadillo_like{w, 3, 4}, by_rows{g.data(), 3, 4, 1, 4}); }).find("row by row") !=
          std::string::npos);
    CHECK(single.step(by_rows{w.data(), 3, 4, 1, 4}, g));  // a plain vector is what the matrix says
}

TEST_CASE("inputs lie as the parameters do, under names of run time too") {
    std::vector<float> w(12), g(12, 1), scale(20, 2);
    const by_columns weights{w.data(), 3, 4, 1, 3}, gradients{g.data(), 3, 4, 1, 3}, turned{scale.data(), 4, 3, 1, 4},
        block{scale.data(), 3, 4, 1, 5}, right{scale.data(), 3, 4, 1, 3};
    furl::optimizer<with_input> opt(12);
    CHECK(refusal([&] { opt.step(weights, gradients, furl::input<"scale"> = turned); }).find("'scale' is 4 x 3") != std::string::npos);
    furl::any_optimizer<float> any{furl::optimizer<with_input>(12)};
    CHECK(refusal([&] { any.step(weights, gradients, {{"scale", turned}}); }).find("'scale' is 4 x 3") != std::string::npos);
    CHECK(refusal([&] { any.step(weights, gradients, {{"scale", block}}); }).find("'scale' is a part") != std::string::npos);
    CHECK(refusal([&] { any.step(weights, turned, {{"scale", right}}); }).find("'gradients' is 4 x 3") != std::string::npos);
    CHECK(w == std::vector<float>(12));
    CHECK(any.step(weights, gradients, {{"scale", right}}));
    CHECK(w == std::vector<float>(12, -2));
}

TEST_CASE("a matrix with memptr() and n_elem is a tensor") {
    armadillo_like w{{1, 2, 3, 4}, 2, 2};
    const armadillo_like g{{2, 2, 2, 2}, 2, 2};
    furl::optimizer<sgd> opt(w);
    CHECK(opt.size(0) == 4);
    CHECK(opt.step(w, g));
    CHECK(w.values == std::vector<float>{0, 1, 2, 3});
}

namespace {

struct by_row_sums {
    static constexpr auto update = furl::param - per_row(sum(furl::grad));
};

}  // namespace

TEST_CASE("where a step goes by rows, a matrix lies row by row in the shape of its tensor, or is refused") {
    std::vector<float> w(6), g{1, 0, 0, 0, 0, 0};
    const auto before = w;
    const by_rows right_w{w.data(), 3, 2, 1, 2}, right_g{g.data(), 3, 2, 1, 2};
    const by_columns turned_w{w.data(), 3, 2, 1, 3}, turned_g{g.data(), 3, 2, 1, 3};
    const by_rows other_w{w.data(), 2, 3, 1, 3}, other_g{g.data(), 2, 3, 1, 3};
    const auto refused = [&](auto call, const char* message) {
        CHECK_THROWS_WITH_AS(call(), doctest::Contains(message), std::invalid_argument);
        CHECK(w == before);
    };
    furl::optimizer<by_row_sums> opt(furl::shape{3, 2});
    refused([&] { opt.step(turned_w, turned_g); }, "'parameters' is 3 x 2 column by column, expected 3 x 2 row by row");
    refused([&] { opt.step(w, turned_g); }, "'gradients' is 3 x 2 column by column");
    refused([&] { opt.step(other_w, other_g); }, "'parameters' is 2 x 3 row by row, expected 3 x 2 row by row");
    refused([&] { opt.step_tensor(0, turned_w, turned_g); }, "column by column");
    refused([&] { furl::optimizer<by_row_sums> made(turned_w); }, "a matrix lies column by column");
    furl::optimizer<sgd> plain(furl::shape{3, 2});
    const by_rows two{g.data(), 2, 2, 1, 2};
    const by_columns two_turned{g.data(), 2, 2, 1, 2};
    refused([&] { plain.step_rows(std::vector{0, 2}, turned_w, two_turned); }, "'parameters' is 3 x 2 column by column");
    refused([&] { plain.step_rows(std::vector{0, 2}, w, two_turned); }, "'gradients' is 2 x 2 column by column, expected 2 x 2 row by row");
    CHECK(plain.step(turned_w, turned_g));  // a rule without rows takes any order
    std::ranges::fill(w, 0.0f);
    CHECK(opt.step(right_w, right_g));
    CHECK(w == std::vector<float>{-1, -1, 0, 0, 0, 0});
    CHECK(furl::optimizer<by_row_sums>(right_w).shapes()[0] == furl::shape{3, 2});
    CHECK(plain.step_rows(std::vector{0, 2}, right_w, two));
}
