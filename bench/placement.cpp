// This measures where parameters and gradients lie: in furl's arena ("arena"), where malloc puts them ("malloc"), in memory of furl's
// allocator ("allocator"), or in memory of malloc that was moved to huge pages ("use_huge_pages"). furl's states are in its arena in
// all cases; the moments of "hand" are in memory of malloc.
//
// "placement" compares one layout of each. "layouts" draws another one for each round: its spread, and the worst of all
// rounds over the median, say what luck does. The best of five samples of a round counts, or of forty where it
// is slow, and "one layout" is the same in all rounds: its spread is not the layouts'.
#include "support/loops.hpp"

#include <furl/bench/data.hpp>
#include <furl/bench/job.hpp>
#include <furl/furl.hpp>
#include <furl/memory/huge_page_allocator.hpp>
#include <furl/memory/tensor_arena.hpp>
#include <furl/zoo/adamw.hpp>

#include <memory>
#include <optional>
#include <random>
#include <vector>

namespace {

using rule = furl::zoo::adamw;

struct in_arena {
    explicit in_arena(std::size_t n) : memory({n}), opt(n) {
        furl::bench::fill(memory.parameter(0), 1);
        furl::bench::fill(memory.gradient(0), 2);
    }
    void run(std::size_t calls) {
        for (; calls > 0; --calls) opt.step(memory.parameter(0), memory.gradient(0));
    }
    furl::tensor_arena<float> memory;
    furl::optimizer<rule> opt;
};

template <class Allocator>
struct in_vectors {
    explicit in_vectors(std::size_t n) : param(n), grad(n), opt(n) {
        furl::bench::fill(std::span(param), 1);
        furl::bench::fill(std::span(grad), 2);
    }
    void run(std::size_t calls) {
        for (; calls > 0; --calls) opt.step(param, grad);
    }
    std::vector<float, Allocator> param, grad;
    furl::optimizer<rule> opt;
};
using by_malloc = in_vectors<std::allocator<float>>;
using by_allocator = in_vectors<furl::huge_page_allocator<float>>;

struct moved_to_huge_pages : by_malloc {
    explicit moved_to_huge_pages(std::size_t n) : by_malloc(n) {
        furl::use_huge_pages(param);
        furl::use_huge_pages(grad);
    }
};

struct by_hand {
    explicit by_hand(std::size_t n) : param(n), grad(n), m(n), v(n) {
        furl::bench::fill(std::span(param), 1);
        furl::bench::fill(std::span(grad), 2);
    }
    void run(std::size_t calls) {
        for (; calls > 0; --calls)
            bench::hand_adamw({param.data(), grad.data(), m.data(), v.data(), param.size()}, hyper, ++step);
    }
    std::vector<float> param, grad, m, v;
    bench::adamw_hyper hyper;
    std::size_t step = 0;
};

template <class Layout>
furl::bench::loop fixed(const char* name, std::size_t n) {
    const auto layout = std::make_shared<Layout>(n);
    return {name, [layout](std::size_t calls) { layout->run(calls); }};
}

// A new layout for each round, after allocations of random sizes that stay.
template <class Layout>
furl::bench::loop drawn(const char* name, std::size_t n) {
    struct state {
        std::optional<Layout> layout;
        std::vector<std::unique_ptr<char[]>> others;
        std::mt19937 random{7};
    };
    const auto s = std::make_shared<state>();
    const auto renew = [s, n] {
        s->layout.reset();
        if (s->others.size() > 64) s->others.clear();
        s->others.push_back(std::make_unique<char[]>(std::uniform_int_distribution<std::size_t>{16, 400'000}(s->random)));
        s->layout.emplace(n);
    };
    renew();
    return {name, [s](std::size_t calls) { s->layout->run(calls); }, renew};
}

const bool registered = furl::bench::add_to_registered(
    [](const furl::bench::settings&, std::vector<furl::bench::job>& jobs) {
        const auto bytes = furl::cost<rule>.bytes_per_parameter;
        for (std::size_t n : {1 << 20, 1 << 22, 1 << 24, 25'600'000})
            jobs.push_back({"placement", n, double(bytes), [n] {
                                return std::vector{fixed<in_arena>("arena", n), fixed<by_malloc>("malloc", n), fixed<by_allocator>("allocator", n),
                                                   fixed<moved_to_huge_pages>("use_huge_pages", n), fixed<by_hand>("hand", n)};
                            }});
        for (std::size_t n : {32'768, 100'352, 589'824})
            jobs.push_back({"layouts", n, double(bytes),
                            [n] {
                                return std::vector{drawn<in_arena>("arena", n), drawn<by_malloc>("malloc", n),
                                                   drawn<by_hand>("hand", n), fixed<in_arena>("one layout", n)};
                            },
                            200, 5});
    });

}  // namespace
