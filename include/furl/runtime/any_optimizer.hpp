#pragma once

#include <furl/base/error.hpp>
#include <furl/base/suggest.hpp>
#include <furl/storage/state_table.hpp>
#include <furl/storage/step_data.hpp>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What a member of this folder is: an optimizer whose rule is chosen while the program runs. This header needs neither
/// the rules nor the vectors: a unit that includes only it compiles fast.
namespace furl {

template <class Rule, class T, class... Policies>
class optimizer;

/// An input of a step, by its name at run time: one tensor, or a list of them.
template <class T>
class named_tensors {
  public:
    /// Data of an input, by its name.
    template <class X>
    named_tensors(std::string_view name, const X& data) : name_(name) {
        if constexpr (detail::data_fits<T, false, std::span<T>, X>())
            detail::for_each_tensor(data, [&](std::size_t, const T* p, std::size_t n) { tensors_.emplace_back(p, n); });
    }

    /// As a step takes it.
    operator named_data<T>() const { return {name_, tensors_}; }  // NOLINT(google-explicit-constructor)

  private:
    std::string_view name_;
    std::vector<std::span<const T>> tensors_;
};

namespace detail {

/// An optimizer, with its type hidden. Few functions: each is compiled for each rule.
template <class T>
struct erased_optimizer {
    erased_optimizer() = default;
    erased_optimizer(const erased_optimizer&) = default;
    erased_optimizer& operator=(const erased_optimizer&) = delete;
    virtual ~erased_optimizer() = default;

    virtual std::unique_ptr<erased_optimizer> clone() const = 0;
    virtual const rule_info& info() const = 0;
    virtual std::span<const std::size_t> sizes() const = 0;
    virtual std::span<double> hyperparameters() = 0;
    virtual std::span<std::byte> state_bytes(std::size_t state, std::size_t tensor) = 0;
    virtual std::int64_t step_count() const = 0;
    virtual void set_step_count(std::int64_t steps) = 0;
    virtual void reset() = 0;
    virtual bool step(std::span<const std::span<T>> parameters, std::span<const std::span<const T>> gradients,
                      std::span<const named_data<T>> inputs) = 0;
};

template <class Optimizer>
struct hidden_optimizer final : erased_optimizer<typename Optimizer::value_type> {
    using T = typename Optimizer::value_type;
    using base = erased_optimizer<T>;

    Optimizer opt;

    explicit hidden_optimizer(Optimizer&& given) : opt(std::move(given)) {}

    std::unique_ptr<base> clone() const override { return std::make_unique<hidden_optimizer>(*this); }
    const rule_info& info() const override { return Optimizer::info(); }
    std::span<const std::size_t> sizes() const override { return opt.sizes(); }
    std::span<double> hyperparameters() override { return opt.hyperparameter_span(); }
    std::span<std::byte> state_bytes(std::size_t state, std::size_t tensor) override {
        return opt.state_bytes(state, tensor);
    }
    std::int64_t step_count() const override { return opt.step_count(); }
    void set_step_count(std::int64_t steps) override { opt.set_step_count(steps); }
    void reset() override { opt.reset(); }
    bool step(std::span<const std::span<T>> parameters, std::span<const std::span<const T>> gradients,
              std::span<const named_data<T>> inputs) override {
        return opt.step_named(parameters, gradients, inputs);
    }
};

}  // namespace detail

/// An optimizer of any rule, behind one type: for programs that choose the rule from a configuration.
///
/// `furl::any_optimizer<float> opt = furl::make_optimizer("adamw", {{"lr", 3e-4}}, sizes);`
/// `furl::any_optimizer<float> opt = furl::optimizer<my_rule>(sizes);`
///
/// A value: a copy has states of its own. It is empty after it was moved from; then only assignment is allowed.
///
/// @tparam T  the element type of parameters and gradients: float or double.
/// Cost:    that of the optimizer it holds, and a virtual call per step. A step allocates only where it is given inputs.
/// Errors:  std::invalid_argument, before anything is written, as furl::optimizer throws it. A name that does not exist
///          is answered by the nearest that does.
template <class T = float>
class any_optimizer {
  public:
    using value_type = T;  ///< of parameters and gradients

    any_optimizer() = default;

    /// Holds this optimizer.
    template <class Rule, class... Policies>
    any_optimizer(optimizer<Rule, T, Policies...> opt)  // NOLINT(google-explicit-constructor)
        : held_(std::make_unique<detail::hidden_optimizer<optimizer<Rule, T, Policies...>>>(std::move(opt))) {}

    /// A copy, with states of its own.
    any_optimizer(const any_optimizer& other) : held_(other.held_ ? other.held_->clone() : nullptr) {}
    /// Takes the optimizer over.
    any_optimizer(any_optimizer&&) noexcept = default;
    any_optimizer& operator=(const any_optimizer& other) { return *this = any_optimizer(other); }
    any_optimizer& operator=(any_optimizer&&) noexcept = default;
    ~any_optimizer() = default;

    /// Whether it holds an optimizer.
    explicit operator bool() const { return held_ != nullptr; }

    /// One step over one tensor or a list of them, as furl::optimizer::step; further inputs by name:
    /// `opt.step(w, g, {{"hessian", h}})`.
    template <class Parameters, class Gradients>
    bool step(Parameters&& parameters, const Gradients& gradients, std::initializer_list<named_tensors<T>> inputs = {}) {
        if constexpr (!detail::data_fits<T, false, Parameters, const Gradients>()) return false;
        else {
            parameters_.clear();
            gradients_.clear();
            detail::for_each_tensor(parameters, [&](std::size_t, T* p, std::size_t n) { parameters_.emplace_back(p, n); });
            detail::for_each_tensor(gradients, [&](std::size_t, const T* p, std::size_t n) { gradients_.emplace_back(p, n); });
            const std::vector<named_data<T>> named(inputs.begin(), inputs.end());
            return step_named(parameters_, gradients_, named);
        }
    }
    bool step(std::initializer_list<std::span<T>> parameters, std::initializer_list<std::span<const T>> gradients,
              std::initializer_list<named_tensors<T>> inputs = {}) {
        return step(std::span(parameters.begin(), parameters.size()), std::span(gradients.begin(), gradients.size()),
                    inputs);
    }
    bool step_named(std::span<const std::span<T>> parameters, std::span<const std::span<const T>> gradients,
                    std::span<const named_data<T>> inputs = {}) {
        return held_->step(parameters, gradients, inputs);
    }

    /// The names of what there is; the rule's own name as the compiler prints it; its fingerprint.
    const rule_info& info() const { return held_->info(); }

    /// A hyperparameter by name: `opt["lr"] = 3e-4`. It is read at the start of each step.
    double& operator[](std::string_view name) {
        const auto i = place(info().hyperparameters, name);
        if (i < info().hyperparameters.size()) return held_->hyperparameters()[i];
        return detail::refuse<std::invalid_argument, std::reference_wrapper<double>>(
            detail::no_such("hyperparameter", name, "the rule", info().hyperparameters), nowhere_);
    }
    void set(std::string_view name, double value) { (*this)[name] = value; }
    double get(std::string_view name) const { return const_cast<any_optimizer&>(*this)[name]; }

    /// All hyperparameters with their values, for loggers: `for (auto [name, value] : opt.settings())`.
    std::vector<setting> settings() const {
        std::vector<setting> all;
        for (std::size_t i = 0; i < info().hyperparameters.size(); ++i)
            all.push_back({info().hyperparameters[i], held_->hyperparameters()[i]});
        return all;
    }

    /// The names of the hyperparameters, and their values in the same order.
    std::span<const std::string_view> hyperparameters() const { return info().hyperparameters; }
    std::span<double> hyperparameter_span() { return held_->hyperparameters(); }

    /// A state of one value per parameter, of a tensor; which need not be named where there is one.
    ///
    /// Errors:  std::invalid_argument if there is no such state or tensor, or its values are not stored as T: take
    ///          state_bytes then.
    std::span<T> state(std::string_view name, std::size_t tensor) {
        const auto bytes = bytes_of(name, tensor, rate::per_element, element_type_of<T>, "state");
        return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
    }
    std::span<T> state(std::string_view name) { return state(name, only_tensor()); }

    /// A state of one value per tensor or per step; of one per step for any tensor.
    double& scalar_state(std::string_view name, std::size_t tensor) {
        const auto bytes = bytes_of(name, tensor, rate::per_tensor, element_type::float64, "state of one value per tensor or step");
        return bytes.empty() ? nowhere_ : *reinterpret_cast<double*>(bytes.data());
    }
    double& scalar_state(std::string_view name) { return scalar_state(name, only_tensor()); }

    /// The memory of a state by its place in info().states.
    std::span<std::byte> state_bytes(std::size_t state, std::size_t tensor) { return held_->state_bytes(state, tensor); }

    /// The number of steps done; set it when states are restored.
    std::int64_t step_count() const { return held_->step_count(); }
    void set_step_count(std::int64_t steps) { held_->set_step_count(steps); }

    /// States and step count as after construction; hyperparameters stay.
    void reset() { held_->reset(); }

    /// The number of tensors, and their numbers of elements.
    std::size_t tensors() const { return sizes().size(); }
    std::span<const std::size_t> sizes() const { return held_->sizes(); }
    std::size_t size(std::size_t tensor) const { return tensor < tensors() ? sizes()[tensor] : 0; }

  private:
    std::unique_ptr<detail::erased_optimizer<T>> held_;
    std::vector<std::span<T>> parameters_;  // of the step: kept, so that a step allocates nothing
    std::vector<std::span<const T>> gradients_;
    double nowhere_ = 0;  // what a refused call returns, without exceptions

    static std::size_t place(std::span<const std::string_view> names, std::string_view name) {
        return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
    }

    std::size_t only_tensor() const {
        if (tensors() == 1) return 0;
        return detail::refuse("furl: the optimizer has " + std::to_string(tensors()) +
                                  " tensors; say which: state(name, index)",
                              tensors());
    }

    // Empty where it was refused.
    std::span<std::byte> bytes_of(std::string_view name, std::size_t tensor, rate when, element_type type, const char* kind) {
        using result = std::span<std::byte>;
        if (tensor >= std::max<std::size_t>(tensors(), when == rate::per_tensor))
            return detail::refuse("furl: no tensor " + std::to_string(tensor) + "; the optimizer has " +
                                      std::to_string(tensors()), result{});
        std::vector<std::string_view> names;
        const auto states = info().states;
        for (std::size_t i = 0; i < states.size(); ++i) {
            if ((states[i].when == rate::per_element) != (when == rate::per_element)) continue;
            names.push_back(states[i].name);
            if (states[i].name != name) continue;
            if (states[i].type == type) return held_->state_bytes(i, tensor);
            return detail::refuse("furl: state '" + std::string(name) + "' is stored in another type than the parameters; "
                                  "take state_bytes", result{});
        }
        return detail::refuse(detail::no_such(kind, name, "the rule", names), result{});
    }
};

/// The element type of an optimizer.
template <class Rule, class T, class... Policies>
any_optimizer(optimizer<Rule, T, Policies...>) -> any_optimizer<T>;

}  // namespace furl
