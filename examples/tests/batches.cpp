#include "support/batches.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace {

TEST_CASE("an epoch visits every sample once, in an order that the seed gives") {
    examples::batches a(10, 4, 1), b(10, 4, 1), c(10, 4, 2);
    const auto epoch = [](examples::batches& batches) {
        batches.shuffle();
        std::vector<std::size_t> seen;
        for (std::size_t i = 0; i < batches.size(); ++i) seen.insert(seen.end(), batches[i].begin(), batches[i].end());
        return seen;
    };
    CHECK(a.size() == 3);
    CHECK(a[2].size() == 2);
    std::vector<std::size_t> first = epoch(a);
    CHECK(first == epoch(b));
    CHECK(first != epoch(c));
    CHECK(first != epoch(a));  // every epoch has another order
    std::sort(first.begin(), first.end());
    CHECK(first == std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("gather picks the columns of a matrix and the elements of a vector") {
    const Eigen::MatrixXf all{{1, 2, 3}, {4, 5, 6}};
    Eigen::MatrixXf picked;
    examples::gather(all, std::vector<std::size_t>{2, 0}, picked);
    CHECK(picked == Eigen::MatrixXf{{3, 1}, {6, 4}});
    std::vector<int> numbers;
    examples::gather(std::vector{7, 8, 9}, std::vector<std::size_t>{2, 2}, numbers);
    CHECK(numbers == std::vector{9, 9});
}

}  // namespace
