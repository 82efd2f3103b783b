#include <furl/memory/arena.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <new>
#include <numeric>
#include <set>
#include <vector>

using furl::arena_stream;

namespace {

// Streams of elements T.
template <class T>
class arena : public furl::arena {
  public:
    arena() = default;
    arena(std::size_t streams, std::span<const std::size_t> sizes, std::size_t before = 0)
        : furl::arena(std::vector<arena_stream>(streams, {sizeof(T)}), sizes, before) {}

    T* at(std::size_t s, std::size_t tensor) const { return reinterpret_cast<T*>(furl::arena::at(s, tensor)); }
    std::span<T> stream(std::size_t s) const {
        const auto bytes = furl::arena::stream(s);
        return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
    }
    std::span<const T> memory() const {
        const auto bytes = furl::arena::memory();
        return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
    }
};

template <class T>
std::uintptr_t address(const T* p) {
    return reinterpret_cast<std::uintptr_t>(p);
}

constexpr std::size_t largest = std::numeric_limits<std::size_t>::max();

}  // namespace

TEST_CASE_TEMPLATE("each stream and each large tensor start on a cache line", T, float, double) {
    const std::vector<std::size_t> sizes{1, 0, 15, 16, 17, 1024, 3, 70000};
    for (std::size_t before : {0u, 1u, 3u}) {
        const arena<T> a(5, sizes, before);
        for (std::size_t stream = 0; stream < 5; ++stream)
            for (std::size_t i = 0; i < sizes.size(); ++i) {
                CAPTURE(before);
                CAPTURE(stream);
                CAPTURE(i);
                if (i == 0 || sizes[i] >= 1024) CHECK(address(a.at(stream, i)) % 64 == 0);
            }
    }
}

TEST_CASE_TEMPLATE("small tensors follow each other without a gap", T, float, double) {
    const std::vector<std::size_t> sizes{1, 0, 15, 100, 1023, 7};
    const arena<T> a(2, sizes);
    for (std::size_t stream = 0; stream < 2; ++stream)
        for (std::size_t i = 1; i < sizes.size(); ++i) CHECK(a.at(stream, i) == a.at(stream, i - 1) + sizes[i - 1]);
}

TEST_CASE("streams of two arenas that are used together differ in their places within a page") {
    const std::size_t n = 5000;
    const arena<float> two(2, std::span(&n, 1)), states(2, std::span(&n, 1), 2);
    const std::vector<const float*> all{two.at(0, 0), two.at(1, 0), states.at(0, 0), states.at(1, 0)};
    for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t k = 0; k < i; ++k) CHECK(address(all[i]) % 4096 != address(all[k]) % 4096);
}

TEST_CASE_TEMPLATE("no two tensors share memory, and all lie in their stream", T, float, double) {
    const std::vector<std::size_t> sizes{1, 0, 15, 16, 17, 1000, 3};
    const arena<T> a(3, sizes);
    for (std::size_t stream = 0; stream < 3; ++stream) {
        const auto whole = a.stream(stream);
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            CHECK(a.at(stream, i) >= whole.data());
            CHECK(a.at(stream, i) + sizes[i] <= whole.data() + whole.size());
            if (i > 0) CHECK(a.at(stream, i) >= a.at(stream, i - 1) + sizes[i - 1]);
        }
        if (stream > 0) CHECK(whole.data() >= a.stream(stream - 1).data() + a.stream(stream - 1).size());
    }
    const auto memory = a.memory();
    CHECK(a.stream(0).data() == memory.data());
    CHECK(a.stream(2).data() + a.stream(2).size() == memory.data() + memory.size());
}

TEST_CASE("the streams of a rule are never at equal offsets modulo 4096") {
    // Equal offsets modulo 4096 fall into the same cache sets: 4 to 7 times an ordinary step.
    std::vector<std::size_t> sizes(3000);
    std::iota(sizes.begin(), sizes.end(), std::size_t{1});
    for (std::size_t n : {4096u, 10000u, 16384u, 65536u, 100000u, 524288u, 524289u, 1u << 20, (1u << 20) + 752})
        sizes.push_back(n);
    std::size_t collisions = 0;
    for (auto n : sizes) {
        const arena<float> a(4, std::span(&n, 1));
        for (std::size_t i = 0; i < 4; ++i)
            for (std::size_t k = 0; k < i; ++k)
                if (address(a.at(i, 0)) % 4096 == address(a.at(k, 0)) % 4096) {
                    if (++collisions > 3) continue;
                    CAPTURE(n);
                    CAPTURE(i);
                    CAPTURE(k);
                    CHECK(address(a.at(i, 0)) % 4096 != address(a.at(k, 0)) % 4096);
                }
    }
    CHECK(collisions == 0);
}

TEST_CASE("a copy is deep") {
    const std::vector<std::size_t> sizes{10, 20};
    arena<float> a(2, sizes);
    for (std::size_t s = 0; s < 2; ++s) std::ranges::fill(a.stream(s), static_cast<float>(s + 1));
    arena<float> b(a);
    CHECK(b.at(0, 0) != a.at(0, 0));
    CHECK(std::ranges::equal(a.memory(), b.memory()));
    b.at(1, 1)[19] = 7;
    CHECK(a.at(1, 1)[19] == 2);
    a = b;
    CHECK(a.at(1, 1)[19] == 7);
    CHECK(a.at(1, 1) != b.at(1, 1));
}

TEST_CASE("a move takes the memory along") {
    const std::vector<std::size_t> sizes{10};
    arena<double> a(2, sizes);
    std::ranges::fill(a.stream(1), 5.0);
    const auto* place = a.at(1, 0);
    arena<double> b(std::move(a));
    CHECK(b.at(1, 0) == place);
    CHECK(b.at(1, 0)[9] == 5);
    arena<double> c;
    c = std::move(b);
    CHECK(c.at(1, 0) == place);
}

TEST_CASE("an arena that was moved from is empty") {
    const std::vector<std::size_t> sizes{10};
    arena<float> a(2, sizes);
    const arena<float> b(std::move(a));
    // Were its size still there, a copy of it would read through a null pointer.
    CHECK(a.memory().empty());
}

TEST_CASE("an arena without streams or without elements is fine") {
    const std::vector<std::size_t> sizes{10, 20};
    const arena<float> no_streams(0, sizes);
    CHECK(no_streams.memory().empty());
    const arena<float> no_streams_copy(no_streams);
    CHECK(no_streams_copy.memory().empty());
    const arena<float> no_tensors(3, std::span<const std::size_t>{});
    CHECK(no_tensors.stream(2).size() * 3 == no_tensors.memory().size());
    const std::vector<std::size_t> zeros{0, 0};
    const arena<float> empty_tensors(3, zeros);
    CHECK(empty_tensors.at(2, 1) != nullptr);
    const arena<float> nothing;
    CHECK(nothing.memory().empty());
}

TEST_CASE_TEMPLATE("a size that memory cannot hold throws bad_alloc and does not wrap around", T, float, double) {
    for (std::size_t n : {largest, largest - 1, largest - 15, largest - 16, largest / 2, largest / 4, largest / 8,
                          largest / 16, largest / sizeof(T), largest / sizeof(T) + 1, largest / sizeof(T) - 4096})
        for (std::size_t streams : {1u, 2u, 30u}) {
            CAPTURE(n);
            CAPTURE(streams);
            CHECK_THROWS_AS(arena<T>(streams, std::span(&n, 1)), std::bad_alloc);
        }
}

TEST_CASE("sizes whose sum wraps around throw bad_alloc") {
    for (const auto& sizes :
         {std::vector<std::size_t>{largest / 2 + 1, largest / 2 + 1},
          std::vector<std::size_t>{largest / 4 + 1, largest / 4 + 1, largest / 4 + 1, largest / 4 + 1},
          std::vector<std::size_t>{largest - 15, 16, 100}}) {
        CAPTURE(sizes.size());
        CHECK_THROWS_AS(arena<float>(2, sizes), std::bad_alloc);
    }
}

TEST_CASE("small arenas take little memory, and do not all start at the same place in a page") {
    const std::size_t n = 10;
    CHECK(arena<float>(2, std::span(&n, 1), 2).memory().size() == 32);
    std::vector<arena<float>> many;
    std::set<std::uintptr_t> places;
    for (int i = 0; i < 64; ++i) {
        many.emplace_back(2, std::span(&n, 1), 2);
        CHECK(address(many.back().at(0, 0)) % 64 == 0);
        places.insert(address(many.back().at(0, 0)) % 4096);
    }
    CHECK(places.size() > 8);
}

TEST_CASE("a large arena has streams of whole huge pages and a stagger") {
    const std::size_t n = 3u << 20;
    const arena<float> a(3, std::span(&n, 1));
    CHECK(a.stream(0).size() >= n);
    for (std::size_t s = 0; s < 3; ++s) a.at(s, 0)[n - 1] = static_cast<float>(s);
    CHECK(a.at(1, 0)[n - 1] == 1);
}

TEST_CASE("streams of elements of several sizes all start large tensors on cache lines") {
    const std::vector<std::size_t> sizes{3, 1024, 5, 70000};
    const furl::arena a(std::vector<arena_stream>{{4}, {2}, {1}}, sizes);
    for (std::size_t s = 0; s < 3; ++s)
        for (std::size_t i : {1u, 3u}) CHECK(address(a.at(s, i)) % 64 == 0);
    CHECK(a.at(1, 2) == a.at(1, 1) + 1024 * 2);
}

TEST_CASE("where a value is of a block, each tensor starts with one") {
    const std::vector<std::size_t> sizes{3, 0, 257, 256};
    const furl::arena a(std::vector<arena_stream>{{1}, {4, 256}}, sizes);
    CHECK(a.at(0, 1) == a.at(0, 0) + 256);
    CHECK(a.at(1, 2) == a.at(1, 0) + 4);
    CHECK(a.at(1, 3) == a.at(1, 2) + 8);
}
