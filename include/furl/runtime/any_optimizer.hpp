#pragma once

#include <furl/base/error.hpp>
#include <furl/base/finite.hpp>
#include <furl/base/suggest.hpp>
#include <furl/optimizer/hyperparameters.hpp>
#include <furl/runtime/row_step_overloads.hpp>
#include <furl/runtime/step_overloads.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// This folder holds optimizers whose rules are chosen while the program runs. This header includes neither rules nor
/// vector code, so a unit that includes only this header compiles fast.
namespace furl {

template <class T = float, class E = T>
class any_optimizer;

}  // namespace furl

namespace FURL_NAMESPACE {

template <class Rule, class T, class... Policies>
class optimizer;

namespace detail {

inline std::string no_tensor(std::size_t tensor, std::size_t tensors, const char* owner = "the optimizer") {
    return "furl: no tensor " + std::to_string(tensor) + "; " + owner + " has " + std::to_string(tensors);
}

}  // namespace detail

/// The implementation of any_optimizer. It is a class of its own because units that are compiled for different processors
/// share the name any_optimizer, but not this code.
///
/// @tparam T  as in any_optimizer.
/// @tparam E  as in any_optimizer.
template <class T, class E>
class any_optimizer_base : public detail::step_overloads<any_optimizer_base<T, E>, T, E>,
                           public detail::row_step_overloads<any_optimizer_base<T, E>, T, E> {
    using overloads = detail::step_overloads<any_optimizer_base<T, E>, T, E>;
    using row_overloads = detail::row_step_overloads<any_optimizer_base<T, E>, T, E>;
    friend overloads;
    friend row_overloads;

  public:
    using value_type = T;      ///< the type that it computes in, and of its states and inputs
    using parameter_type = E;  ///< the element type of parameters and gradients

    any_optimizer_base() = default;

    /// Takes ownership of an optimizer.
    template <class Rule, class... Policies>
    any_optimizer_base(optimizer<Rule, T, Policies...> opt)  // NOLINT(google-explicit-constructor)
        : held_(hide(std::move(opt))) {}

    /// Makes a copy with states of its own.
    any_optimizer_base(const any_optimizer_base& other) : overloads(), row_overloads(), held_(other.held_ ? other.held_->clone() : nullptr) {}
    /// Takes over the optimizer of the other object, which is empty afterwards.
    any_optimizer_base(any_optimizer_base&&) noexcept = default;
    any_optimizer_base& operator=(const any_optimizer_base& other) { return *this = any_optimizer_base(other); }
    any_optimizer_base& operator=(any_optimizer_base&&) noexcept = default;
    ~any_optimizer_base() = default;

    /// Whether it holds an optimizer.
    explicit operator bool() const { return held_ != nullptr; }

    /// Does the part of one tensor in a step, as furl::optimizer::step_tensor does. finish_step ends a partial step without the
    /// remaining tensors, and returns whether the step counts.
    bool step_tensor(std::size_t tensor, std::span<E> parameters, gradient_data<E> gradients,
                     std::initializer_list<named_tensors<T>> inputs = {}) {
        return step_tensor_on({}, tensor, parameters, gradients, inputs);
    }
    template <class Runner>
        requires ChunkRunner<std::remove_reference_t<Runner>>
    bool step_tensor(Runner&& runner, std::size_t tensor, std::span<E> parameters, gradient_data<E> gradients,
                     std::initializer_list<named_tensors<T>> inputs = {}) {
        return step_tensor_on(detail::chunk_runner_ref(runner), tensor, parameters, gradients, inputs);
    }
    bool finish_step() { return held_->finish_step({}); }
    template <class Runner>
    bool finish_step(Runner&& runner) {
        return held_->finish_step(detail::chunk_runner_ref(runner));
    }
    bool step_is_open() const { return held_->step_is_open(); }

    /// Returns a per-step value that the rule names by let, as the last step computed it. values() returns all of them.
    double value(std::string_view name) const {
        const auto i = place(info().values, name);
        if (i < info().values.size()) return held_->values()[i];
        return detail::refuse(detail::no_such("value of one per step", name, "the rule", info().values),
                              detail::not_a_number<double>);
    }
    std::vector<setting> values() const { return paired(info().values, held_->values()); }

    /// Returns the rule's name as the compiler prints it, its fingerprint, and the names of its states and hyperparameters.
    const rule_info& info() const { return held_->info(); }

    /// Returns a hyperparameter by name: `opt["lr"] = 3e-4`. Each step reads it at its start.
    double& operator[](std::string_view name) {
        const auto i = place(info().hyperparameters, name);
        if (i < info().hyperparameters.size()) return held_->hyperparameters()[i];
        return detail::refuse<std::invalid_argument, std::reference_wrapper<double>>(
            detail::no_single_value(name, "the rule", info().hyperparameters, info().tensor_hyperparameters), nowhere_);
    }
    /// Sets a hyperparameter by name, and refuses NaN. A per-tensor hyperparameter is set for all tensors. Returns whether the
    /// value was set.
    bool set(std::string_view name, double value) {
        const auto i = place(info().hyperparameters, name);
        const auto of_tensors = tensor_state(name);
        if (i == info().hyperparameters.size() && of_tensors == info().states.size())
            return detail::refuse(detail::no_hyperparameter(name, "the rule", info().hyperparameters, info().tensor_hyperparameters));
        if (!detail::require_number(name, value)) return false;
        if (of_tensors == info().states.size()) held_->hyperparameters()[i] = value;
        else
            for (std::size_t k = 0; k < tensors(); ++k) number_at(of_tensors, k) = value;
        return true;
    }
    double get(std::string_view name) const { return const_cast<any_optimizer_base&>(*this)[name]; }

    /// Sets a per-tensor hyperparameter (furl::per_tensor) for one tensor.
    bool set(std::string_view name, std::size_t tensor, double value) {
        if (!require_tensor_value(name, tensor) || !detail::require_number(name, value)) return false;
        number_at(tensor_state(name), tensor) = value;
        return true;
    }
    double get(std::string_view name, std::size_t tensor) const {
        return require_tensor_value(name, tensor) ? number_at(tensor_state(name), tensor) : detail::not_a_number<double>;
    }

    /// Returns all hyperparameters that have one value for all tensors: `for (auto [name, value] : opt.settings())`.
    std::vector<setting> settings() const {
        return paired(info().hyperparameters, held_->hyperparameters());
    }

    /// The names of the hyperparameters that have one value, their values in the same order, and the names of the per-tensor
    /// hyperparameters.
    std::span<const std::string_view> hyperparameters() const { return info().hyperparameters; }
    std::span<double> hyperparameter_span() { return held_->hyperparameters(); }
    std::span<const std::string_view> tensor_hyperparameters() const { return info().tensor_hyperparameters; }

    /// Returns a per-parameter state of a tensor. The tensor can be left out where there is only one.
    ///
    /// Errors:  std::invalid_argument if there is no such state or tensor, or if its values are not stored as T; use
    ///          state_bytes for those.
    std::span<T> state(std::string_view name, std::size_t tensor) {
        const auto bytes = bytes_of(name, tensor, domain::element, element_type_of<T>, "state");
        return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
    }
    std::span<T> state(std::string_view name) { return state(name, only_tensor()); }

    /// Returns a per-tensor or per-step state. A per-step state is the same for every tensor.
    double& scalar_state(std::string_view name, std::size_t tensor) {
        const auto bytes = bytes_of(name, tensor, domain::tensor, element_type::float64, "state of one value per tensor or step");
        return bytes.empty() ? nowhere_ : *reinterpret_cast<double*>(bytes.data());
    }
    double& scalar_state(std::string_view name) { return scalar_state(name, only_tensor()); }

    /// Returns the memory of a state, by its index in info().states.
    std::span<std::byte> state_bytes(std::size_t state, std::size_t tensor) { return held_->state_bytes(state, tensor); }
    /// Returns a copy of the values of a per-parameter state, in whatever format it is stored.
    std::vector<T> read_state(std::string_view name, std::size_t tensor = 0) const { return held_->read_state(name, tensor); }

    /// The number of steps done. Set it when you restore states.
    std::int64_t step_count() const { return held_->step_count(); }
    void set_step_count(std::int64_t steps) { held_->set_step_count(steps); }

    /// Resets states and step count to what they are after construction. Hyperparameters stay.
    void reset() { held_->reset(); }

    /// The number of tensors, and the number of elements of each.
    std::size_t tensors() const { return sizes().size(); }
    std::span<const std::size_t> sizes() const { return held_->sizes(); }

    /// The shapes of the tensors. One that was given by its size is one row.
    std::span<const furl::shape> shapes() const { return held_->shapes(); }
    std::size_t size(std::size_t tensor) const {
        if (tensor < tensors()) return sizes()[tensor];
        return detail::refuse(detail::no_tensor(tensor, tensors()), std::size_t{0});
    }

    /// For optimizers that are made of several optimizers.
    detail::erased_optimizer<T, E>& erased() { return *held_; }
    const detail::erased_optimizer<T, E>& erased() const { return *held_; }

  private:
    template <class Optimizer>
    static std::unique_ptr<detail::erased_optimizer<T, E>> hide(Optimizer&& opt) {
        constexpr bool fits = std::is_same_v<typename Optimizer::parameter_type, E>;
        [[maybe_unused]] constexpr detail::diagnose_named<fits> report{};
        if constexpr (fits) return std::make_unique<detail::hidden_optimizer<Optimizer>>(std::move(opt));
        else return nullptr;
    }

    bool step_tensor_on(detail::chunk_runner_ref runner, std::size_t tensor, std::span<E> parameters, const gradient_data<E>& gradients,
                        std::initializer_list<named_tensors<T>> inputs) {
        const std::vector<named_data<T>> named(inputs.begin(), inputs.end());
        return held_->step_tensor(runner, tensor, parameters, gradients.values(), named, !gradients.is_const(), {});
    }

    std::unique_ptr<detail::erased_optimizer<T, E>> held_;
    double nowhere_ = 0;  // without exceptions, a refused call returns a reference to it
    detail::row_part<E> rows_of_step_;  // kept, because it marks the rows of a table

    // step_overloads calls these.
    std::span<const furl::shape> shapes_that_matter() const { return info().has_shape ? shapes() : std::span<const furl::shape>(); }
    bool run(std::span<const std::span<E>> parameters, std::span<const named_data<T>> inputs, detail::chunk_runner_ref runner) {
        const bool may_write_gradients = std::ranges::find(this->const_gradients(), true) == this->const_gradients().end();
        std::vector<detail::named_rows> some_rows;
        for (const auto& part : this->row_parts()) {
            if (part.tensor >= tensors()) break;  // begin refuses so many gradients
            if (!this->take_rows(part.tensor, shapes()[part.tensor], info(), parameters)) return false;
            some_rows.push_back(part.named(part.tensor));
        }
        auto* const session = held_->begin(parameters, this->gradients(), inputs, {}, 0, may_write_gradients, some_rows);
        if (!session) return false;
        const detail::erased_session::list one(&session, 1);
        for (std::size_t pass = 0; pass < info().passes; ++pass) {
            if (!session->prepare(one, pass)) return false;
            session->execute(one, pass, runner);
        }
        session->finish(one);
        if (info().writes_gradients)
            for (const auto& part : this->row_parts()) part.zero_gradients();
        return true;
    }

    // row_step_overloads calls it.
    bool run_rows(std::optional<std::size_t> tensor, std::span<E> parameters, const gradient_data<E>& gradients,
                  std::span<const named_data<T>> inputs, detail::chunk_runner_ref runner) {
        if (!tensor && tensors() != 1)
            return detail::refuse("furl: the optimizer has " + std::to_string(tensors()) + " tensors; say which: step_rows(tensor, indices, ...)");
        const auto i = tensor.value_or(0);
        if (i >= tensors()) return detail::refuse(detail::no_tensor(i, tensors()));
        auto& part = rows_of_step_;
        part.begin(i, gradients);
        if (!part.take(shapes()[i], info()) || !part.require_apart(i, parameters)) return false;
        const auto named = part.named(i);
        if (!held_->step_tensor(runner, i, parameters, part.gradients(), inputs, !gradients.is_const(), {&named, 1})) return false;
        if (info().writes_gradients) part.zero_gradients();
        return tensor || !named.rows.empty();
    }

    static std::vector<setting> paired(std::span<const std::string_view> names, std::span<const double> values) {
        std::vector<setting> all;
        for (std::size_t i = 0; i < names.size(); ++i) all.push_back({names[i], values[i]});
        return all;
    }

    static std::size_t place(std::span<const std::string_view> names, std::string_view name) {
        return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
    }

    // Finds the index of the state that stores a per-tensor hyperparameter; past the end if no state has this name.
    std::size_t tensor_state(std::string_view name) const {
        const auto states = info().states;
        std::size_t i = 0;
        while (i < states.size() && (states[i].role != state_role::hyperparameter || states[i].name != name)) ++i;
        return i;
    }

    bool require_tensor_value(std::string_view name, std::size_t tensor) const {
        if (tensor >= tensors()) return detail::refuse(detail::no_tensor(tensor, tensors()));
        return tensor_state(name) < info().states.size() ||
               detail::refuse(detail::no_such("hyperparameter of each tensor", name, "the rule", info().tensor_hyperparameters));
    }

    double& number_at(std::size_t state, std::size_t tensor) const {
        return *reinterpret_cast<double*>(held_->state_bytes(state, tensor).data());
    }

    std::size_t only_tensor() const {
        if (tensors() == 1) return 0;
        return detail::refuse("furl: the optimizer has " + std::to_string(tensors()) +
                                  " tensors; say which: state(name, index)",
                              tensors());
    }

    // Returns an empty span if the request is refused.
    std::span<std::byte> bytes_of(std::string_view name, std::size_t tensor, domain where, element_type type, const char* kind) {
        using result = std::span<std::byte>;
        if (tensor >= std::max<std::size_t>(tensors(), where == domain::tensor))
            return detail::refuse(detail::no_tensor(tensor, tensors()), result{});
        std::vector<std::string_view> names;
        const auto states = info().states;
        for (std::size_t i = 0; i < states.size(); ++i) {
            if (detail::is_list(states[i].where) != detail::is_list(where)) continue;
            names.push_back(states[i].name);
            if (states[i].name != name) continue;
            if (states[i].type == type) return held_->state_bytes(i, tensor);
            return detail::refuse("furl: state '" + std::string(name) + "' is stored in another type than the parameters; "
                                  "take state_bytes", result{});
        }
        return detail::refuse(detail::no_such(kind, name, "the rule", names), result{});
    }
};

}  // namespace furl

namespace furl {

/// One type for the optimizers of all rules, for programs that choose the rule from a configuration.
///
/// `furl::any_optimizer<float> opt = furl::make_optimizer("adamw", {{"lr", 3e-4}}, sizes);`
/// `furl::any_optimizer<float> opt = furl::optimizer<my_rule>(sizes);`
///
/// It has value semantics: a copy has states of its own. A moved-from object is empty and can only be assigned to or destroyed.
///
/// @tparam T  the element type: float or double.
/// @tparam E  the element type of parameters and gradients, where a furl::storage gives both another one:
///            `furl::any_optimizer<float, furl::bfloat16>`.
/// Cost:    that of the optimizer it holds, and a few virtual calls per step. A step allocates only if it takes inputs or rows.
/// Errors:  std::invalid_argument, before anything is written, as furl::optimizer throws it. The message for an unknown
///          name suggests the nearest name that exists.
template <class T, class E>
class any_optimizer : public any_optimizer_base<T, E> {
  public:
    using any_optimizer_base<T, E>::any_optimizer_base;

    FURL_OF_BUILD any_optimizer() = default;
    /// Makes a copy with states of its own.
    FURL_OF_BUILD any_optimizer(const any_optimizer&) = default;
    /// Takes over the optimizer of the other object, which is empty afterwards.
    FURL_OF_BUILD any_optimizer(any_optimizer&&) noexcept = default;
    FURL_OF_BUILD any_optimizer& operator=(const any_optimizer&) = default;
    FURL_OF_BUILD any_optimizer& operator=(any_optimizer&&) noexcept = default;
    FURL_OF_BUILD ~any_optimizer() = default;
};

/// Deduces the types from an optimizer.
template <class Rule, class T, class... Policies>
any_optimizer(optimizer<Rule, T, Policies...>) -> any_optimizer<T, typename optimizer<Rule, T, Policies...>::parameter_type>;

}  // namespace furl
