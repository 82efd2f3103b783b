#include <furl/execute/partition.hpp>

#include <doctest/doctest.h>

#include <map>
#include <utility>
#include <vector>

using furl::partition;

namespace {

const std::vector<std::vector<std::size_t>> lists{
    {}, {0}, {1}, {5000}, {4096, 4096}, {0, 0, 0}, {1, 0, 100000, 0, 3, 4097, 0}, std::vector<std::size_t>(1000, 7),
    {1000000, 1, 1, 1}, {1, 1, 1, 1000000}};

}  // namespace

TEST_CASE("the chunks hold each element once, and visit the start of each tensor once") {
    for (const auto& sizes : lists)
        for (std::size_t chunks : {1u, 2u, 3u, 7u, 64u}) {
            const partition parts(sizes);
            std::vector<std::size_t> seen(sizes.size()), starts(sizes.size());
            for (std::size_t i = 0; i < chunks; ++i)
                parts.visit_chunk(i, chunks, [&](std::size_t tensor, std::size_t first, std::size_t last) {
                    CHECK(first == seen[tensor]);
                    CHECK(first % partition::span_size == 0);
                    CHECK(last <= sizes[tensor]);
                    starts[tensor] += first == 0;
                    seen[tensor] = last;
                });
            CHECK(seen == sizes);
            CHECK(starts == std::vector<std::size_t>(sizes.size(), 1));
        }
}

TEST_CASE("chunks are about equally large") {
    const partition parts(std::vector<std::size_t>{1000000, 3, 500000, 200000, 17});
    for (std::size_t chunks : {2u, 4u, 8u})
        for (std::size_t i = 0; i < chunks; ++i) {
            std::size_t elements = 0;
            parts.visit_chunk(i, chunks, [&](std::size_t, std::size_t first, std::size_t last) { elements += last - first; });
            CHECK(elements * chunks <= 1700020 + chunks * (partition::span_size + 5 * 64));
        }
}

TEST_CASE("spans are numbered tensor by tensor") {
    const partition parts(std::vector<std::size_t>{5000, 0, 4096, 1});
    CHECK(parts.first_span(0) == 0);
    CHECK(parts.first_span(1) == 2);
    CHECK(parts.first_span(2) == 2);
    CHECK(parts.first_span(3) == 3);
    CHECK(parts.spans() == 4);
}

TEST_CASE("little work is not worth a second thread") {
    CHECK(partition(std::vector<std::size_t>{4000}).chunks(8) == 1);
    CHECK(partition(std::vector<std::size_t>{1000000}).chunks(1) == 1);
    CHECK(partition(std::vector<std::size_t>{}).chunks(8) == 1);
    CHECK(partition(std::vector<std::size_t>{1000000}).chunks(2) == 8);
    CHECK(partition(std::vector<std::size_t>{20000}).chunks(64) == 2);
    CHECK(partition(std::vector<std::size_t>{30000}).chunks(2) == 2);
    CHECK(partition(std::vector<std::size_t>{100000}).chunks(5) == 10);
}
