#pragma once

#include "zoo/runs.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <vector>

// How far a rule is from its reference, for the budgets of zoo/table.hpp.
namespace furl::tests {

/// Whether what is measured is to be printed.
inline bool measures() { return std::getenv("FURL_MEASURE") != nullptr; }

template <class To, class From>
tensor_list<To> converted(const tensor_list<From>& x) {
    tensor_list<To> result;
    for (const auto& tensor : x) result.emplace_back(tensor.begin(), tensor.end());
    return result;
}

/// Another value of the same hyperparameter, that no rule is undefined for.
inline double changed(std::string_view name, double value) {
    return name.find("warmup") != name.npos ? 10 : 0.8 * value + 0.01;
}

template <class T>
void change_all(any_optimizer<T>& opt) {
    for (auto name : opt.hyperparameters()) opt.set(name, changed(name, opt.get(name)));
}

/// The largest difference of a rule in T from its reference over 100 steps, all hyperparameters changed after 50: in
/// units of the last place of T, of the largest magnitude that the parameter has had.
template <class T>
double distance_from_reference(const rule_under_test& rule, const std::vector<furl::shape>& shapes) {
    run<T> fused(rule, shapes);
    const auto& of = fused.of;
    auto reference = rule.reference(shapes);
    auto exact = converted<double>(fused.parameters);
    auto largest = exact;
    double worst = 0;
    for (int t = 1; t <= 100; ++t) {
        if (t == 51) change_all(*fused.opt), change_all(*reference);
        reference->step(exact, converted<double>(gradient_of<T>(of, t)), converted<double>(hessian_of<T>(of, t)), loss_of(t));
        fused.steps(t, t);
        for (std::size_t k = 0; k < of.size(); ++k)
            for (std::size_t i = 0; i < of[k]; ++i) {
                const double x = static_cast<double>(fused.parameters[k][i]);
                largest[k][i] = std::max(std::fabs(largest[k][i]), std::fabs(exact[k][i]));
                if (x != x || exact[k][i] != exact[k][i]) return HUGE_VAL;
                const double unit =
                    std::ldexp(static_cast<double>(std::numeric_limits<T>::epsilon()), std::ilogb(largest[k][i]));
                if (x != exact[k][i]) worst = std::max(worst, std::fabs(x - exact[k][i]) / unit);
            }
    }
    return worst;
}

}  // namespace furl::tests
