#include <furl/furl.hpp>
#include <furl/zoo/sgd.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

namespace {

using namespace furl;

struct drawn {
    static constexpr auto seed = hyper<"seed">(1.0);
    static constexpr auto update = random_normal(seed) + 0 * param;
};

struct uniform_streams {
    static constexpr auto seed = hyper<"seed">(1.0);
    static constexpr auto second = state<"second">(0.0, [](auto) { return random(seed, 7); });
    static constexpr auto update = with(random(seed, 3), second);
};

struct noisy_descent {
    static constexpr auto sigma = hyper<"sigma">(0.5);
    static constexpr auto seed = hyper<"seed">(3.0);
    static constexpr auto update = replace(zoo::sgd::update, grad, noisy(grad, sigma, seed));
};

template <class Optimizer>
std::vector<typename Optimizer::value_type> one_step(Optimizer opt, std::size_t n) {
    std::vector<typename Optimizer::value_type> x(n, 1), g(n);
    opt.step(x, g);
    return x;
}

double mean(const std::vector<float>& x, auto f) {
    double sum = 0;
    for (float v : x) sum += f(static_cast<double>(v));
    return sum / static_cast<double>(x.size());
}

}  // namespace

TEST_CASE("normal noise has the moments of the normal distribution, and no correlation of neighbours") {
    constexpr std::size_t n = 400'000;
    const auto x = one_step(optimizer<drawn>(n), n);
    CHECK(std::fabs(mean(x, [](double v) { return v; })) < 0.006);
    CHECK(std::fabs(mean(x, [](double v) { return v * v; }) - 1) < 0.01);
    CHECK(std::fabs(mean(x, [](double v) { return v * v * v; })) < 0.03);
    CHECK(std::fabs(mean(x, [](double v) { return v * v * v * v; }) - 3) < 0.08);
    double neighbours = 0;
    for (std::size_t i = 1; i < n; ++i) neighbours += static_cast<double>(x[i]) * x[i - 1];
    CHECK(std::fabs(neighbours / n) < 0.006);
}

TEST_CASE("random numbers are the same for every vector width, tail and executor; float and double") {
    constexpr std::size_t n = 37;
    const auto x = one_step(optimizer<uniform_streams, float, strict>(n), n);
    CHECK(x == one_step(naive<uniform_streams>(n), n));
    CHECK(x == one_step(optimizer<uniform_streams, float, one_element_at_a_time>(n), n));
    const auto y = one_step(optimizer<uniform_streams, double>(n), n);
    CHECK(std::vector<double>(x.begin(), x.end()) == y);
    for (float v : x) {
        CHECK(v > 0);
        CHECK(v < 1);
    }
}

TEST_CASE("streams, steps, seeds and tensors draw other numbers; the same seed draws the same") {
    constexpr std::size_t n = 16;
    optimizer<uniform_streams> opt({n, n});
    std::vector<std::vector<float>> x(2, std::vector<float>(n)), g = x;
    opt.step(x, g);
    const auto first = x;
    const auto second = opt.state(uniform_streams::second, 0);
    CHECK(first[0] != first[1]);
    CHECK(first[0] != std::vector<float>(second.begin(), second.end()));
    opt.step(x, g);
    CHECK(x[0] != first[0]);
    opt.reset();
    opt.step(x, g);
    CHECK(x == first);
    opt.reset();
    opt[uniform_streams::seed] = 2;
    opt.step(x, g);
    CHECK(x != first);
}

TEST_CASE("without deviation, noise changes nothing") {
    constexpr std::size_t n = 9;
    optimizer<noisy_descent> opt(n);
    opt[noisy_descent::sigma] = 0;
    CHECK(one_step(std::move(opt), n) == one_step(optimizer<zoo::sgd>(n), n));
}
