#pragma once

#include <furl/base/policy.hpp>
#include <furl/program/check.hpp>
#include <furl/storage/state_table.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace furl {

namespace detail {

template <class... Policies>
struct diagnose_policies {
    static_assert(policies_fit<Policies...>(),
                  "furl[E35]: behind the element type stand policies, at most one of a kind: "
                  "furl::optimizer<my_rule, float, furl::strict>. See docs/errors.md#E35");
};

}  // namespace detail

/// The optimizer of a rule that is not well formed: accepts every call, so that the diagnosis is the only error.
template <class Rule, class T, class... Policies>
class refused_optimizer {
    using diagnosis =
        std::conditional_t<well_formed<Rule, T>, detail::diagnose_policies<Policies...>, diagnose<Rule, T>>;
    static constexpr diagnosis report{};

  public:
    using rule = Rule;
    using value_type = std::conditional_t<is_element_type<T>, T, float>;
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
    void set(const auto&, const auto&) {}
    double get(const auto&) const { return 0; }
    static std::span<const std::string_view> hyperparameters() { return {}; }
    std::span<double> hyperparameter_span() const { return {}; }
    static const rule_info& info() {
        static constexpr rule_info none{};
        return none;
    }
    std::span<std::byte> state_bytes(std::size_t, std::size_t) { return {}; }
    values state(const auto&, std::size_t = 0) { return {}; }
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
