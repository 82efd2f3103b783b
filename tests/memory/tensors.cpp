#include <furl/memory/tensors.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <list>
#include <random>
#include <span>
#include <string>
#include <vector>

using namespace furl;
using furl::detail::find_overlap;
using furl::detail::interval;

namespace {

// What is a tensor, and what a list of them.
static_assert(Tensor<std::vector<float>> && Tensor<const std::vector<double>> && Tensor<std::span<float>>);
static_assert(Tensor<std::array<float, 3>> && Tensor<float[3]> && Tensor<std::initializer_list<float>>);
static_assert(!Tensor<float> && !Tensor<float*> && !Tensor<std::list<float>> &&
              !Tensor<std::vector<std::vector<float>>>);
static_assert(!Tensor<std::vector<std::string>>);
static_assert(TensorList<std::vector<std::vector<float>>> && TensorList<std::array<std::span<float>, 2>>);
static_assert(TensorList<std::list<std::vector<float>>> && TensorList<float[2][3]>);
static_assert(TensorList<std::initializer_list<std::span<const float>>>);
static_assert(!TensorList<std::vector<float>> && !TensorList<float[3]> && !TensorList<int>);

static_assert(std::is_same_v<detail::element_of<const std::vector<float>>::type, const float>);
static_assert(std::is_same_v<detail::element_of<const std::span<float>>::type, float>);
static_assert(std::is_same_v<detail::element_of<std::vector<std::span<const double>>>::type, const double>);
static_assert(std::is_same_v<detail::element_of<const std::vector<std::vector<float>>>::type, const float>);
static_assert(std::is_void_v<detail::element_of<std::list<float>>::type>);

float memory[100];

interval piece(std::size_t begin, std::size_t size, bool written, std::size_t stream = 0) {
    return interval::of(memory + begin, size, 0, stream, written);
}

bool overlaps(std::vector<interval> list) { return find_overlap(list).first != nullptr; }

bool share(const interval& a, const interval& b) {
    return a.begin < b.end && b.begin < a.end && a.begin != a.end && b.begin != b.end && (a.written || b.written);
}

}  // namespace

TEST_CASE("pieces of memory that touch do not overlap") {
    CHECK_FALSE(overlaps({piece(0, 10, true), piece(10, 10, true)}));
    CHECK_FALSE(overlaps({piece(10, 10, true), piece(0, 10, false)}));
    CHECK_FALSE(overlaps({}));
    CHECK_FALSE(overlaps({piece(0, 100, true)}));
}

TEST_CASE("pieces that share one element overlap if one of them is written") {
    CHECK(overlaps({piece(0, 11, true), piece(10, 10, true)}));
    CHECK(overlaps({piece(0, 11, true), piece(10, 10, false)}));
    CHECK(overlaps({piece(0, 11, false), piece(10, 10, true)}));
    CHECK_FALSE(overlaps({piece(0, 11, false), piece(10, 10, false)}));
    CHECK(overlaps({piece(5, 5, true), piece(5, 5, true)}));
    CHECK(overlaps({piece(0, 50, false), piece(20, 1, true)}));
    CHECK(overlaps({piece(0, 50, true), piece(20, 1, false)}));
}

TEST_CASE("an empty piece overlaps nothing, wherever it lies") {
    CHECK_FALSE(overlaps({piece(0, 10, true), piece(5, 0, true)}));
    CHECK_FALSE(overlaps({interval::of(static_cast<float*>(nullptr), 0, 0, 0, true), piece(0, 1, true)}));
}

TEST_CASE("a long piece is remembered behind shorter ones") {
    CHECK(overlaps({piece(0, 90, true), piece(10, 5, false), piece(80, 5, false)}));
    CHECK(overlaps({piece(0, 90, false), piece(10, 5, false), piece(80, 5, true)}));
    CHECK_FALSE(overlaps({piece(0, 90, false), piece(10, 5, false), piece(80, 5, false), piece(95, 5, true)}));
}

TEST_CASE("what is found is a pair that overlaps, exactly if there is one") {
    std::mt19937 random(1);
    for (int round = 0; round < 20000; ++round) {
        std::vector<interval> list;
        const std::size_t pieces = 2 + random() % 6;
        for (std::size_t i = 0; i < pieces; ++i) {
            const std::size_t begin = random() % 100;
            list.push_back(piece(begin, random() % std::min<std::size_t>(101 - begin, 20), random() % 3 == 0, i));
        }
        bool any = false;
        for (std::size_t i = 0; i < pieces; ++i)
            for (std::size_t k = 0; k < i; ++k) any = any || share(list[i], list[k]);
        const auto found = find_overlap(list);
        REQUIRE((found.first != nullptr) == any);
        if (any) REQUIRE(share(*found.first, *found.second));
    }
}
