#pragma once

#include <furl/base/policy.hpp>
#include <furl/execute/executors.hpp>
#include <furl/formats/storage.hpp>
#include <furl/optimizer/state_table.hpp>
#include <furl/program/check.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
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

/// The policies of an optimizer, and what is wrong with them.
template <class Rule, class T, class... Policies>
struct policies_of {
    using execution = policy_or_t<policy_kind::execution, fused, Policies...>;
    using numerics = policy_or_t<policy_kind::numerics, typename execution::numerics, Policies...>;
    using denormals = policy_or_t<policy_kind::denormals, typename execution::denormals, Policies...>;
    using formats = policy_or_t<policy_kind::storage, stored_as_computed, Policies...>;
    static constexpr storage_fault fault = storage_fault_of<execution, plan<Rule, numerics>, T, formats>;
};

template <class Rule, class T, class... Policies>
constexpr bool can_be_optimizer() {
    if constexpr (!well_formed<Rule, T>) return false;
    else if constexpr (!policies_fit<Policies...>()) return false;
    else return policies_of<Rule, T, Policies...>::fault == storage_fault::none;
}

template <class Rule, class T, class... Policies>
constexpr auto diagnosis_of() {
    if constexpr (!well_formed<Rule, T>) return std::type_identity<diagnose<Rule, T>>{};
    else if constexpr (!policies_fit<Policies...>()) return std::type_identity<diagnose_policies<Policies...>>{};
    else return std::type_identity<diagnose_storage<policies_of<Rule, T, Policies...>::fault>>{};
}

}  // namespace detail

/// The optimizer of a rule that is not well formed, or of policies that do not fit: accepts every call, so that the
/// diagnosis is the only error.
template <class Rule, class T, class... Policies>
class refused_optimizer {
    static constexpr typename decltype(detail::diagnosis_of<Rule, T, Policies...>())::type report{};

  public:
    using rule = Rule;
    using value_type = std::conditional_t<is_element_type<T>, T, float>;
    using parameter_type = value_type;
    using values = std::span<value_type>;

    explicit refused_optimizer(auto&&...) {}
    explicit refused_optimizer(std::initializer_list<std::size_t>) {}
    bool step(auto&&...) { return false; }
    bool step(std::initializer_list<values>, std::initializer_list<std::span<const value_type>>, auto&&...) {
        return false;
    }
    bool step_tensor(std::size_t, auto&&...) { return false; }
    bool step_tensor_named(std::size_t, auto&&...) { return false; }
    void finish_step() {}
    bool step_is_open() const { return false; }
    struct stage {};
    std::optional<stage> begin_named(auto&&...) { return {}; }
    bool prepare(stage&, std::size_t) { return false; }
    void execute(stage&, std::size_t, auto&) {}
    void finish(const stage&) {}
    std::span<double> global_reductions() { return {}; }
    std::span<const double> tensor_reductions() const { return {}; }
    double value(const auto&) const { return 0; }
    std::span<const double> value_span() const { return {}; }
    double& operator[](const auto&) { return value_; }
    bool set(const auto&, const auto&...) { return false; }
    double get(const auto&, std::size_t = 0) const { return 0; }
    static std::span<const std::string_view> hyperparameters() { return {}; }
    static std::span<const std::string_view> tensor_hyperparameters() { return {}; }
    std::span<double> hyperparameter_span() const { return {}; }
    static const rule_info& info() {
        static constexpr rule_info none{};
        return none;
    }
    std::span<std::byte> state_bytes(std::size_t, std::size_t) { return {}; }
    values state(const auto&, std::size_t = 0) { return {}; }
    std::vector<value_type> read_state(const auto&, std::size_t = 0) const { return {}; }
    double& scalar_state(const auto&, std::size_t = 0) { return value_; }
    static std::span<const std::string_view> states() { return {}; }
    static std::span<const std::string_view> scalar_states() { return {}; }
    std::int64_t step_count() const { return 0; }
    void set_step_count(std::int64_t) {}
    void reset() {}
    std::size_t tensors() const { return 0; }
    std::size_t size(std::size_t) const { return 0; }
    std::span<const std::size_t> sizes() const { return {}; }

  private:
    double value_ = 0;
};

}  // namespace furl
