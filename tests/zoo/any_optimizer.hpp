#pragma once

#include "zoo/table.hpp"

#include <furl/optimizer.hpp>
#include <furl/print/type_name.hpp>
#include <furl/program/cost.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

// Every rule of the zoo behind one interface: each is compiled once in float, once in double and once as its reference,
// and all properties run on these (see properties.cpp).
namespace furl::tests {

template <class T>
using tensor_list = std::vector<std::vector<T>>;

/// An optimizer whose rule is known at run time only.
template <class T>
class any_optimizer {
  public:
    virtual ~any_optimizer() = default;

    /// The hessian and the loss are for rules that take one.
    virtual bool step(tensor_list<T>& parameters, const tensor_list<T>& gradients, const tensor_list<T>& hessian, double loss) = 0;
    bool step(tensor_list<T>& parameters, const tensor_list<T>& gradients, const tensor_list<T>& hessian) {
        return step(parameters, gradients, hessian, 1);
    }

    virtual std::span<const std::string_view> hyperparameters() const = 0;
    virtual double get(std::string_view name) const = 0;
    virtual void set(std::string_view name, double value) = 0;

    virtual std::span<const std::string_view> states() const = 0;
    virtual std::span<const std::string_view> scalar_states() const = 0;
    virtual std::span<T> state(std::string_view name, std::size_t tensor) = 0;
    virtual double& scalar_state(std::string_view name, std::size_t tensor) = 0;

    virtual std::int64_t step_count() const = 0;
    virtual void set_step_count(std::int64_t steps) = 0;
};

template <class Optimizer>
class erased final : public any_optimizer<typename Optimizer::value_type> {
    using T = typename Optimizer::value_type;
    using plan = furl::plan<typename Optimizer::rule, contracted>;
    static constexpr auto state_names = Optimizer::states();
    static constexpr auto scalar_names = Optimizer::scalar_states();

  public:
    explicit erased(const std::vector<shape>& shapes) : opt_(shapes) {}

    bool step(tensor_list<T>& parameters, const tensor_list<T>& gradients, const tensor_list<T>& hessian, double loss) override {
        constexpr auto numbers = plan::program.step_inputs.size();
        static_assert(plan::inputs + numbers <= 1, "rules of the zoo have one input beside the gradient: hessian or loss");
        if constexpr (numbers == 1) return opt_.step(parameters, gradients, step_input<"loss"> = loss);
        else if constexpr (plan::inputs == 1) return opt_.step(parameters, gradients, input<"hessian"> = hessian);
        else return opt_.step(parameters, gradients);
    }

    std::span<const std::string_view> hyperparameters() const override { return Optimizer::hyperparameters(); }
    double get(std::string_view name) const override { return opt_.get(name); }
    void set(std::string_view name, double value) override { opt_.set(name, value); }

    std::span<const std::string_view> states() const override { return state_names; }
    std::span<const std::string_view> scalar_states() const override { return scalar_names; }
    std::span<T> state(std::string_view name, std::size_t tensor) override { return opt_.state(name, tensor); }
    double& scalar_state(std::string_view name, std::size_t tensor) override { return opt_.scalar_state(name, tensor); }

    std::int64_t step_count() const override { return opt_.step_count(); }
    void set_step_count(std::int64_t steps) override { opt_.set_step_count(steps); }

  private:
    Optimizer opt_;
};

template <class T>
using maker = std::function<std::unique_ptr<any_optimizer<T>>(const std::vector<shape>& shapes)>;

/// The shapes of tensors that have sizes only: one row each.
inline std::vector<shape> rows_of(const std::vector<std::size_t>& sizes) {
    std::vector<shape> shapes;
    for (auto n : sizes) shapes.push_back({1, n});
    return shapes;
}

struct rule_under_test {
    std::string_view name;  ///< without its namespaces
    bool elementwise;       ///< no value depends on other elements
    bool by_lines;          ///< it has values of rows or of columns
    maker<float> in_float;
    maker<double> in_double, reference;

    template <class T>
    std::unique_ptr<any_optimizer<T>> make(const std::vector<shape>& shapes) const {
        if constexpr (sizeof(T) == 4) return in_float(shapes);
        else return in_double(shapes);
    }
};

/// The rules of all units of this program.
inline std::vector<rule_under_test>& rules_under_test() {
    static std::vector<rule_under_test> all;
    return all;
}

/// Whether the numbers of the rule's row are those of its program: a line that fails names the rule in the lines about its
/// instantiation.
template <class Rule>
constexpr bool fits_its_row() {
    constexpr auto row = row_of(short_name<Rule>());
    constexpr auto c = cost<Rule>;
    static_assert(row.rule == short_name<Rule>(), "a row in zoo/table.hpp for each rule");
    static_assert(c.passes == row.passes);
    static_assert(c.loads == row.loads);
    static_assert(c.stores == row.stores);
    static_assert(c.states == row.states);
    constexpr auto count_of = [](bool lines) {
        return std::ranges::count_if(stages<Rule>::written.states, [=](const state_entry& s) {
            return s.where != domain::element && detail::is_of_lines(s.where) == lines;
        });
    };
    static_assert(count_of(false) == row.scalars);
    static_assert(count_of(true) == row.lines);
    return true;
}

/// Whether no value of the rule depends on several elements, or on how many there are.
template <class Rule>
constexpr bool is_elementwise() {
    constexpr auto& program = stages<Rule>::written;
    return std::ranges::none_of(program.code, [](const auto& x) { return program.reduces(x.code) || x.code == op::count; });
}

/// Whether the rule has values of rows or of columns.
template <class Rule>
constexpr bool is_by_lines() {
    return std::ranges::any_of(plan<Rule, contracted>::program.code, [](const auto& x) { return detail::is_of_lines(x.where); });
}

/// A global of this type puts its rules there; their optimizers have these policies.
template <class Policy, class... Rules>
struct enlisted_with {
    static_assert((fits_its_row<Rules>() && ...));

    enlisted_with() {
        const auto make = []<class Optimizer>(std::type_identity<Optimizer>) {
            return [](const std::vector<shape>& shapes) { return std::make_unique<erased<Optimizer>>(shapes); };
        };
        (rules_under_test().push_back({short_name<Rules>(), is_elementwise<Rules>(), is_by_lines<Rules>(),
                                       make(std::type_identity<optimizer<Rules, float, Policy>>{}),
                                       make(std::type_identity<optimizer<Rules, double, Policy>>{}),
                                       make(std::type_identity<furl::reference<Rules, double, Policy>>{})}),
         ...);
    }
};

template <class... Rules>
using enlisted = enlisted_with<no_matrix_engine, Rules...>;

}  // namespace furl::tests
