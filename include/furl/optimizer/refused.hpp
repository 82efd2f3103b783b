#pragma once

#include <furl/base/policy.hpp>
#include <furl/execute/executors.hpp>
#include <furl/execute/share.hpp>
#include <furl/formats/storage.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/matrix_engine.hpp>
#include <furl/program/check.hpp>

#include <cstddef>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <vector>

namespace FURL_NAMESPACE {

namespace detail {

template <class... Policies>
struct diagnose_policies {
    static_assert(policies_fit<Policies...>(),
                  "furl[E35]: behind the element type stand policies, at most one of a kind: "
                  "furl::optimizer<my_rule, float, furl::strict>. See docs/errors.md#E35");
};

/// Reports what is wrong with the functions of matrices of a rule.
enum class matrix_fault { none, no_engine, other_type };

template <class Plan, class T, class Engine>
inline constexpr matrix_fault matrix_fault_of = [] {
    for (auto m : Plan::order.matrices) {
        const auto& function = *Plan::program[m].function;
        if (function.needs_engine && !MatrixEngine<Engine>) return matrix_fault::no_engine;
        if (!function.template takes<T>()) return matrix_fault::other_type;
    }
    return matrix_fault::none;
}();

template <matrix_fault Fault>
struct diagnose_matrices {
    static_assert(Fault != matrix_fault::no_engine,
                  "furl[E51]: the rule multiplies matrices, and the optimizer has nothing that does; include furl/matrix/eigen.hpp and write "
                  "furl::optimizer<my_rule, float, furl::eigen_engine>, or furl/matrix/blas.hpp and furl::blas_engine. See docs/errors.md#E51");
    static_assert(Fault != matrix_fault::other_type,
                  "furl[E52]: the rule's matrix function does not take matrices of the optimizer's element type; give it another operator(). "
                  "See docs/errors.md#E52");
};

/// The policies of an optimizer, and what is wrong with them.
template <class Rule, class T, class... Policies>
struct policies_of {
    using execution = policy_or_t<policy_kind::execution, fused, Policies...>;
    using numerics = policy_or_t<policy_kind::numerics, typename execution::numerics, Policies...>;
    using denormals = policy_or_t<policy_kind::denormals, typename execution::denormals, Policies...>;
    using formats = policy_or_t<policy_kind::storage, stored_as_computed, Policies...>;
    using engine = policy_or_t<policy_kind::matrices, no_matrix_engine, Policies...>;
    using share = policy_or_t<policy_kind::share, whole_tensors, Policies...>;
    static constexpr matrix_fault of_matrices = matrix_fault_of<plan<Rule, numerics>, T, engine>;
    static constexpr storage_fault fault = storage_fault_of<execution, plan<Rule, numerics>, T, formats>;
};

template <class Rule, class T, class... Policies>
constexpr bool can_be_optimizer() {
    if constexpr (!well_formed<Rule, T>) return false;
    else if constexpr (!policies_fit<Policies...>()) return false;
    else return policies_of<Rule, T, Policies...>::fault == storage_fault::none && policies_of<Rule, T, Policies...>::of_matrices == matrix_fault::none;
}

template <class Rule, class T, class... Policies>
constexpr auto diagnosis_of() {
    if constexpr (!well_formed<Rule, T>) return std::type_identity<diagnose<Rule, T>>{};
    else if constexpr (!policies_fit<Policies...>()) return std::type_identity<diagnose_policies<Policies...>>{};
    else if constexpr (policies_of<Rule, T, Policies...>::of_matrices != matrix_fault::none)
        return std::type_identity<diagnose_matrices<policies_of<Rule, T, Policies...>::of_matrices>>{};
    else return std::type_identity<diagnose_storage<policies_of<Rule, T, Policies...>::fault>>{};
}

}  // namespace detail

template <class Rule, class T, class... Policies>
class optimizer;

namespace detail {

/// The rule that stands in for a refused one.
struct no_rule_at_all {
    static constexpr auto update = param;
};

}  // namespace detail

/// The optimizer of a rule that is not well formed, or of policies that do not fit. It accepts every call, so that the diagnosis
/// is the only error. It handles the calls that may name parts of the rule; its base, an optimizer of another rule, handles the
/// others.
template <class Rule, class T, class... Policies>
class refused_optimizer : public optimizer<detail::no_rule_at_all, std::conditional_t<is_element_type<T>, T, float>> {
    static constexpr typename decltype(detail::diagnosis_of<Rule, T, Policies...>())::type report{};
    using base = optimizer<detail::no_rule_at_all, std::conditional_t<is_element_type<T>, T, float>>;

  public:
    using rule = Rule;
    using values = std::span<typename base::value_type>;

    explicit refused_optimizer(auto&&...) : base(std::size_t{0}) {}
    explicit refused_optimizer(std::initializer_list<std::size_t>) : base(std::size_t{0}) {}
    bool step(auto&&...) { return false; }
    bool step(std::initializer_list<values>, std::initializer_list<std::span<const typename base::value_type>>, auto&&...) {
        return false;
    }
    template <class Runner>
    bool step(Runner&&, std::initializer_list<values>, std::initializer_list<std::span<const typename base::value_type>>, auto&&...) {
        return false;
    }
    bool step_tensor(auto&&...) { return false; }
    double value(const auto&) const { return 0; }
    double& operator[](const auto&) { return value_; }
    bool set(const auto&, const auto&...) { return false; }
    double get(const auto&, std::size_t = 0) const { return 0; }
    values state(const auto&, std::size_t = 0) { return {}; }
    std::vector<typename base::value_type> read_state(const auto&, std::size_t = 0) const { return {}; }
    double& scalar_state(const auto&, std::size_t = 0) { return value_; }

  private:
    double value_ = 0;
};

}  // namespace furl
