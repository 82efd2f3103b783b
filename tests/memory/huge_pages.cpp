#include <furl/memory/huge_page_allocator.hpp>
#include <furl/optimizer.hpp>
#include <furl/zoo/adamw.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <limits>
#include <list>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <sys/mman.h>

namespace {

using furl::huge_page;
using numbers = std::vector<float, furl::huge_page_allocator<float>>;

constexpr std::size_t large = 3 * huge_page / sizeof(float);

std::uintptr_t address(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }

// Whether the mapping with this address requests huge pages. How many the system has left for it changes with what else runs.
bool requests_huge_pages(const void* p) {
    std::ifstream file("/proc/self/smaps");
    bool here = false;
    for (std::string line; std::getline(file, line);) {
        unsigned long begin = 0, end = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) here = begin <= address(p) && address(p) < end;
        else if (here && line.starts_with("VmFlags:")) return line.find(" hg") != std::string::npos;
    }
    return false;
}

// Whether a program can request huge pages of this system, and see that it did. Under qemu it cannot.
bool has_huge_pages() {
    std::ifstream file("/sys/kernel/mm/transparent_hugepage/enabled");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (text.find("[madvise]") == std::string::npos && text.find("[always]") == std::string::npos) return false;
    const auto size = 3 * huge_page;
    void* const p = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return false;
    const bool seen = ::madvise(p, size, MADV_HUGEPAGE) == 0 && requests_huge_pages(static_cast<char*>(p) + size / 2);
    ::munmap(p, size);
    return seen;
}

}  // namespace

TEST_CASE("a large vector requests huge pages, and begins at another cache line of its page than others") {
    std::list<numbers> all;
    std::set<std::uintptr_t> lines;
    for (int i = 0; i < 8; ++i) {
        auto& x = all.emplace_back(large, 1.0f);
        CHECK(address(x.data()) % huge_page < 4096);
        CHECK(address(x.data()) % 64 == 0);
        lines.insert(address(x.data()) % 4096);
        CHECK(std::ranges::count(x, 1.0f) == large);
        if (has_huge_pages()) CHECK(requests_huge_pages(x.data() + large / 2));
    }
    CHECK(lines.size() == 8);
}

TEST_CASE("large vectors of different types begin at different cache lines, and an element may be larger than a page") {
    const numbers x(large);
    const std::vector<double, furl::huge_page_allocator<double>> y(large);
    CHECK(address(x.data()) % 4096 != address(y.data()) % 4096);
    struct wide {
        char bytes[8192];
    };
    const std::vector<wide, furl::huge_page_allocator<wide>> z(600);
    CHECK(address(z.data()) % huge_page < 4096);
    struct node {
        std::vector<node, furl::huge_page_allocator<node>> kids;
    };
    CHECK(node{}.kids.empty());
}

TEST_CASE("a small vector begins at a cache line") {
    for (std::size_t n : {1u, 100u, 100000u}) {
        const numbers x(n, 2.0f);
        CHECK(address(x.data()) % 64 == 0);
        CHECK(std::ranges::count(x, 2.0f) == static_cast<std::ptrdiff_t>(n));
    }
}

TEST_CASE("a vector in huge pages grows, is copied, moved and exchanged") {
    numbers x;
    for (std::size_t i = 0; i < large; ++i) x.push_back(static_cast<float>(i % 1000));
    auto copy = x;
    CHECK(copy == x);
    numbers other(10, 3.0f);
    std::swap(copy, other);
    CHECK(other == x);
    CHECK(copy == numbers(10, 3.0f));
    const auto* before = x.data();
    const auto moved = std::move(x);
    CHECK(moved.data() == before);
    // Another type releases what this one allocated.
    furl::huge_page_allocator<double> doubles;
    furl::huge_page_allocator<float> floats(doubles);
    CHECK(floats == doubles);
}

TEST_CASE("more elements than memory can hold throw") {
    furl::huge_page_allocator<double> a;
    CHECK_THROWS_AS(static_cast<void>(a.allocate(std::numeric_limits<std::size_t>::max())), std::bad_alloc);
    CHECK_THROWS_AS(static_cast<void>(a.allocate(std::numeric_limits<std::size_t>::max() / sizeof(double))), std::bad_alloc);
}

TEST_CASE("huge pages are requested for memory of others, whose values stay") {
    const std::vector<std::size_t> sizes{large, 10, 2 * large, 0};
    std::vector<std::vector<float>> tensors;
    for (auto n : sizes) tensors.emplace_back(n, 4.0f);
    const auto moved = furl::use_huge_pages(tensors);
    for (const auto& x : tensors) CHECK(std::ranges::count(x, 4.0f) == static_cast<std::ptrdiff_t>(x.size()));
    CHECK(moved % huge_page == 0);
    if (has_huge_pages()) {
        CHECK(moved >= (2 + 5) * huge_page);  // at each end, less than one page may be left out
        CHECK(moved <= 9 * huge_page);
        CHECK(requests_huge_pages(tensors[0].data() + large / 2));
        static const float not_on_the_heap[16]{};
        CHECK(!requests_huge_pages(not_on_the_heap));
    }
    std::vector<float> small(1000);
    CHECK(furl::use_huge_pages(small) == 0);
}

TEST_CASE("a step takes tensors in huge pages") {
    numbers w(large, 1.0f), g(large, 0.5f);
    std::vector<float> plain(large, 1.0f), plain_g(large, 0.5f);
    furl::optimizer<furl::zoo::adamw> opt(w.size()), other(w.size());
    for (int t = 0; t < 3; ++t) {
        opt.step(w, g);
        other.step(plain, plain_g);
    }
    CHECK(std::ranges::equal(w, plain));
}
