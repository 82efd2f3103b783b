#include <doctest/doctest.h>

#include <support/rules.hpp>

#include <cstdlib>
#include <new>

// Counts every allocation of this program.
namespace {

long allocations = 0;

void* counted(std::size_t n, std::size_t alignment = alignof(std::max_align_t)) {
    ++allocations;
    void* p = alignment <= alignof(std::max_align_t)
                  ? std::malloc(n ? n : 1)
                  : std::aligned_alloc(alignment, (n + alignment - 1) / alignment * alignment);
    if (!p) throw std::bad_alloc();
    return p;
}

}  // namespace

// g++ warns of new and delete that do not match where it inlines one of the two.
#if defined(__GNUC__)
#define NOT_INLINE __attribute__((noinline))
#else
#define NOT_INLINE
#endif

NOT_INLINE void* operator new(std::size_t n) { return counted(n); }
NOT_INLINE void* operator new[](std::size_t n) { return counted(n); }
NOT_INLINE void* operator new(std::size_t n, std::align_val_t a) { return counted(n, static_cast<std::size_t>(a)); }
NOT_INLINE void* operator new[](std::size_t n, std::align_val_t a) { return counted(n, static_cast<std::size_t>(a)); }
NOT_INLINE void operator delete(void* p) noexcept { std::free(p); }
NOT_INLINE void operator delete[](void* p) noexcept { std::free(p); }
NOT_INLINE void operator delete(void* p, std::size_t) noexcept { std::free(p); }
NOT_INLINE void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
NOT_INLINE void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
NOT_INLINE void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
NOT_INLINE void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
NOT_INLINE void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

using namespace furl;
using namespace furl::tests;

namespace {

template <class F>
long allocations_in(F f) {
    const long before = allocations;
    f();
    return allocations - before;
}

template <class Optimizer>
void check_steps_allocate_nothing() {
    using T = typename Optimizer::value_type;
    const problem<T> p(1000, 2);
    auto w = p.start, other = p.start;
    Optimizer opt(1000);
    CHECK(allocations_in([&] { take_step(opt, w, p.gradients[0], p.further[0]); }) == 0);
    CHECK(allocations_in([&] { take_step(opt, w, p.gradients[1], p.further[1]); }) == 0);
    // Memory that changes makes the check run again.
    CHECK(allocations_in([&] { take_step(opt, other, p.gradients[1], p.further[0]); }) == 0);
    CHECK(allocations_in([&] { opt.reset(); }) == 0);
}

}  // namespace

TEST_CASE("the counter counts") {
    // A vector that outlives the count: a compiler may leave out the memory of one that nothing sees.
    std::vector<float> seen;
    CHECK(allocations_in([&] { seen.resize(10); }) >= 1);
    CHECK(allocations_in([] { const optimizer<adamw_rule> opt(10); }) >= 1);
}

TEST_CASE_TEMPLATE("a step allocates nothing", Optimizer, optimizer<adamw_rule>, optimizer<centered>, optimizer<curved>,
                   optimizer<descent, double>, naive<adamw_rule>, reference<adamw_rule>) {
    check_steps_allocate_nothing<Optimizer>();
}

TEST_CASE("a step over many tensors allocates nothing") {
    const std::vector<std::size_t> sizes(100, 20);
    optimizer<adamw_rule> opt(sizes);
    std::vector<std::vector<float>> w(100, std::vector<float>(20, 1)), g(100, std::vector<float>(20, 2));
    auto other = w;
    CHECK(allocations_in([&] { opt.step(w, g); }) == 0);
    CHECK(allocations_in([&] { opt.step(other, g); }) == 0);
    std::vector<float> w0(20), w1(20), g0(20), g1(20);
    optimizer<adamw_rule> two({20, 20});
    CHECK(allocations_in([&] { two.step({w0, w1}, {g0, g1}); }) == 0);
}

TEST_CASE("a step of a copy, or of what was moved, allocates nothing") {
    const problem<float> p(100, 1);
    auto w = p.start;
    optimizer<adamw_rule> opt(100);
    opt.step(w, p.gradients[0]);
    auto copy = opt;
    CHECK(allocations_in([&] { copy.step(w, p.gradients[0]); }) == 0);
    const optimizer<adamw_rule> fresh(100);
    auto copy_of_fresh = fresh;
    CHECK(allocations_in([&] { copy_of_fresh.step(w, p.gradients[0]); }) == 0);
    optimizer<adamw_rule> assigned(1);
    assigned = opt;
    CHECK(allocations_in([&] { assigned.step(w, p.gradients[0]); }) == 0);
    auto moved = std::move(opt);
    auto other = p.start;
    CHECK(allocations_in([&] { moved.step(other, p.gradients[0]); }) == 0);
}

TEST_CASE("hyperparameters and states are read and set without allocations") {
    optimizer<adamw_rule> opt(10);
    double sum = 0;
    CHECK(allocations_in([&] {
              opt[adamw_rule::lr] = 2;
              opt.set("beta1", 0.5);
              sum += opt.get("beta1") + static_cast<double>(opt.state(adamw_rule::m)[0]) +
                     static_cast<double>(opt.state("v")[0]);
          }) == 0);
    CHECK(sum == 0.5);
}
