#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>

#include <support/paths.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

// Modifiers beside plain loops.
using namespace furl;
using namespace furl::tests;

namespace {

using row = std::vector<double>;

template <auto Make>
struct modified {
    static constexpr auto update = Make();
};

/// What a filter makes of gradients of 1, 2 and 2; and of 4 and 0: the parameters are 0, the rate is -1.
template <auto Make>
tensors<double> filtered(tensors<double> gradients = {{1, 2, 2}, {4, 0}}) {
    optimizer<modified<[] { return replace(param + grad, grad, Make()); }>, double> opt({3, 2});
    tensors<double> parameters{{0, 0, 0}, {0, 0}};
    opt.step(parameters, gradients);
    return parameters;
}

void check_close(const row& a, const row& b, double tolerance = 1e-14) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        CAPTURE(i);
        CHECK(std::fabs(a[i] - b[i]) <= tolerance * std::max(1.0, std::fabs(b[i])));
    }
}

void check_close(const tensors<double>& a, const tensors<double>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) check_close(a[i], b[i]);
}

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

bool all_nan(const row& x) {
    return std::all_of(x.begin(), x.end(), [](double v) { return v != v; });
}

/// A rule on one parameter that starts at 1, beside a loop: next(t, g, theta) is the parameter after step t.
template <auto Make, class Next>
void check_beside(Next next, int steps = 30) {
    optimizer<modified<Make>, double> opt(1);
    row parameter{1}, path, exact;
    double theta = 1;
    for (int t = 1; t <= steps; ++t) {
        const double g = t % 5 == 0 ? 0 : std::sin(1.7 * t) + 0.3;
        opt.step(parameter, row{g});
        path.push_back(parameter[0]);
        exact.push_back(theta = next(t, g, theta));
    }
    check_close(path, exact);
}

constexpr auto sgd = param - 0.1 * grad;

}  // namespace

TEST_CASE("clip_by_value holds each element, and NaN stays NaN") {
    CHECK(filtered<[] { return clip_by_value(grad, 1.5); }>({{1, -2, 2}, {0, -0.5}}) ==
          tensors<double>{{1, -1.5, 1.5}, {0, -0.5}});
    CHECK(all_nan({filtered<[] { return clip_by_value(grad, 1.5); }>({{not_a_number, 1, 1}, {0, 0}})[0][0]}));
}

TEST_CASE("clip_by_norm scales each tensor by its own norm, with PyTorch's 1e-6") {
    const double a = 2 / (3 + 1e-6), b = 2 / (4 + 1e-6);
    check_close(filtered<[] { return clip_by_norm(grad, 2); }>(), {{a, 2 * a, 2 * a}, {4 * b, 0}});
    check_close(filtered<[] { return clip_by_norm(grad, 3.5); }>(), {{1, 2, 2}, {3.5 * 4 / (4 + 1e-6), 0}});
    CHECK(filtered<[] { return clip_by_norm(grad, 2); }>({{0, 0, 0}, {0, 0}}) == tensors<double>{{0, 0, 0}, {0, 0}});
}

TEST_CASE("clip_by_global_norm scales all tensors by the norm of all, as PyTorch's clip_grad_norm_") {
    const double c = 2 / (5 + 1e-6);
    check_close(filtered<[] { return clip_by_global_norm(grad, hyper<"max_norm">(2)); }>(),
                {{c, 2 * c, 2 * c}, {4 * c, 0}});
    check_close(filtered<[] { return clip_by_global_norm(grad, 6); }>(), {{1, 2, 2}, {4, 0}});
    CHECK(all_nan(filtered<[] { return clip_by_global_norm(grad, 2); }>({{1, not_a_number, 1}, {1, 1}})[1]));
}

TEST_CASE("clip_by_block_rms scales each tensor by its root mean square") {
    const double a = std::sqrt(3), b = std::sqrt(8);
    check_close(filtered<[] { return clip_by_block_rms(grad, 1); }>(), {{1 / a, 2 / a, 2 / a}, {4 / b, 0}});
    check_close(filtered<[] { return clip_by_block_rms(grad, 2); }>(), {{1, 2, 2}, {8 / b, 0}});
}

TEST_CASE("centralized takes the mean of the tensor off") {
    CHECK(filtered<[] { return centralized(grad); }>({{1, 2, 6}, {4, 0}}) == tensors<double>{{-2, -1, 3}, {2, -2}});
}

TEST_CASE("cautious keeps what agrees with the gradient, and scales it to the length of before") {
    CHECK(filtered<[] { return cautious(param + 1); }>({{1, -2, 0}, {4, 0}}) == tensors<double>{{3, 0, 0}, {2, 0}});
    CHECK(filtered<[] { return cautious(param + 1); }>({{-1, -2, 0}, {-4, 0}}) == tensors<double>{{0, 0, 0}, {0, 0}});
}

TEST_CASE("a trust ratio is the parameter's norm over the direction's, and 1 where either is 0") {
    using rule = modified<[] {
        return with(param + 0 * grad, state<"r">(0.0, [](auto) { return trust_ratio(grad, 0.5, 1.0); }));
    }>;
    optimizer<rule, double> opt({2, 2, 2});
    tensors<double> parameters{{3, 4}, {0, 0}, {1, 1}};
    opt.step(parameters, tensors<double>{{0, 4}, {1, 1}, {0, 0}});
    const auto r = [&](std::size_t i) { return opt.state(state<"r">(0.0, [](auto old) { return old; }), i)[0]; };
    CHECK(r(0) == 0.5 * 5 / (4 + 1));
    CHECK(r(1) == 1);
    CHECK(r(2) == 1);
}

TEST_CASE("independent weight decay shrinks the parameter at its own pace") {
    check_beside<[] { return independent_weight_decay(sgd, 0.02); }>(
        [](int, double g, double theta) { return theta * 0.98 - 0.1 * g; });
}

TEST_CASE("cautious weight decay shrinks the parameter only where the step does") {
    check_beside<[] { return cautious_weight_decay(sgd, 0.1, 0.2); }>(
        [](int, double g, double theta) { return theta - 0.1 * g - (g * theta >= 0 ? 0.1 * 0.2 * theta : 0); });
}

TEST_CASE("proximal weight decay shrinks the new parameter") {
    check_beside<[] { return proximal_weight_decay(sgd, 0.1, 0.2); }>(
        [](int, double g, double theta) { return (theta - 0.1 * g) / 1.02; });
}

TEST_CASE("lookahead goes back part of the way every k steps, and goes on from there") {
    double slow = 1;
    check_beside<[] { return lookahead(sgd, 3, hyper<"alpha">(0.4)); }>([&](int t, double g, double theta) {
        theta -= 0.1 * g;
        if (t % 3 == 0) theta = slow += 0.4 * (theta - slow);
        return theta;
    });
}

TEST_CASE("the averages of the weights are those of the weights after each step") {
    using rule = modified<[] { return swa(weight_ema(swa<"all">(sgd), 0.75), 3, 2); }>;
    optimizer<rule, double> opt(1);
    row parameter{1}, all, ema, sparse, exact_all, exact_ema, exact_sparse;
    double sum = 0, sparse_sum = 0, average = 0;
    int counted = 0;
    for (int t = 1; t <= 20; ++t) {
        opt.step(parameter, row{std::sin(1.7 * t)});
        all.push_back(opt.state("all")[0]);
        ema.push_back(opt.state("weight_ema")[0]);
        sparse.push_back(opt.state("swa")[0]);
        sum += parameter[0];
        exact_all.push_back(sum / t);
        average = t == 1 ? parameter[0] : 0.75 * average + 0.25 * parameter[0];
        exact_ema.push_back(average);
        if (t >= 3 && t % 2 == 1) {
            sparse_sum += parameter[0];
            ++counted;
        }
        exact_sparse.push_back(t < 3 ? parameter[0] : sparse_sum / counted);
    }
    CHECK(ema[0] == exact_ema[0]);
    CHECK(sparse[2] == exact_sparse[2]);
    check_close(all, exact_all);
    check_close(ema, exact_ema);
    check_close(sparse, exact_sparse);
}

TEST_CASE("an average of weights that stand still is exact in float, however slow") {
    optimizer<modified<[] { return weight_ema(param + 0 * grad, 0.9999); }>> opt(1);
    std::vector<float> parameter{0.7f}, gradient{1};
    for (int t = 0; t < 2000; ++t) opt.step(parameter, gradient);
    CHECK(opt.state("weight_ema")[0] == 0.7f);
}
