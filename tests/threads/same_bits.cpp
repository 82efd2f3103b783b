#include <furl/blocks/blocks.hpp>
#include <furl/optimizer.hpp>
#if defined(_OPENMP)
#include <furl/threads/openmp.hpp>
#endif
#if defined(FURL_TEST_TBB)
#include <furl/threads/tbb.hpp>
#endif
#include <furl/threads/thread_pool.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/lamb.hpp>
#include <furl/zoo/novograd.hpp>
#include <furl/zoo/prodigy.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <vector>

using namespace furl;

namespace {

struct noisy_clipped : zoo::adamw {
    static constexpr auto seed = hyper<"seed">(7);

    static constexpr auto update =
        replace(zoo::adamw::update, grad, clip_by_global_norm(noisy(grad, 0.1, seed), 1.0));
};

const std::vector<std::size_t> sizes{10, 0, 50001, 4096, 1, 20000, 3, 12288};

using tensors = std::vector<std::vector<float>>;

tensors filled(double factor) {
    tensors result;
    for (std::size_t k = 0; k < sizes.size(); ++k) {
        result.emplace_back(sizes[k]);
        for (std::size_t i = 0; i < sizes[k]; ++i)
            result[k][i] = static_cast<float>(std::sin(factor * static_cast<double>(i + 31 * k + 1)));
    }
    return result;
}

/// Parameters after ten steps, and all states.
template <class Rule, class Runner>
tensors trained(Runner& runner) {
    optimizer<Rule> opt(sizes);
    auto parameters = filled(0.37);
    for (int step = 1; step <= 10; ++step) opt.step(runner, parameters, filled(0.11 * step));
    for (auto name : opt.states())
        for (std::size_t k = 0; k < sizes.size(); ++k) {
            const auto s = opt.state(name, k);
            parameters.emplace_back(s.begin(), s.end());
        }
    parameters.emplace_back();
    for (auto name : opt.scalar_states())
        for (std::size_t k = 0; k < sizes.size(); ++k)
            parameters.back().push_back(static_cast<float>(opt.scalar_state(name, k)));
    return parameters;
}

/// A runner of a user: backwards, on the calling thread.
struct backwards {
    std::size_t regions = 0;

    void operator()(std::size_t chunks, const std::function<void(std::size_t)>& body) {
        ++regions;
        while (chunks-- > 0) body(chunks);
    }
};

}  // namespace

TEST_CASE_TEMPLATE("any number of threads gives the same bits", Rule, zoo::adamw, zoo::lamb, zoo::novograd,
                   zoo::prodigy, noisy_clipped) {
    serial one_thread;
    const auto expected = trained<Rule>(one_thread);
    for (std::size_t threads : {1u, 2u, 3u, 7u}) {
        CAPTURE(threads);
        thread_pool pool(threads);
        const bool same = trained<Rule>(pool) == expected;
        CHECK(same);
    }
    const auto check_runner = [&](auto runner) {
        const bool same = trained<Rule>(runner) == expected;
        CHECK(same);
    };
    check_runner(backwards{});
#if defined(_OPENMP)
    omp_set_num_threads(3);
    check_runner(openmp{});
#endif
#if defined(FURL_TEST_TBB)
    check_runner(furl::tbb{});
#endif
}

TEST_CASE("a runner is asked once a pass, and not at all for a small step") {
    backwards runner;
    optimizer<zoo::lamb> opt(sizes);
    auto w = filled(1);
    opt.step(runner, w, filled(2));
    CHECK(runner.regions == 2);

    optimizer<zoo::lamb> little(100);
    std::vector<float> small(100), gradient(100, 1.0f);
    little.step(runner, small, gradient);
    CHECK(runner.regions == 2);
    little.step(runner, {small}, {gradient});
    CHECK(runner.regions == 2);
    CHECK(little.step_count() == 2);
}

TEST_CASE("the naive loops go over whole tensors, on the calling thread") {
    backwards runner;
    naive<zoo::adamw> opt(sizes);
    optimizer<zoo::adamw, float, strict> expected(sizes);
    auto w = filled(1), same = w;
    opt.step(runner, w, filled(2));
    expected.step(same, filled(2));
    CHECK(runner.regions == 0);
    CHECK(w == same);
}
