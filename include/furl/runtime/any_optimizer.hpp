#pragma once

#include <furl/base/chunk_runner.hpp>
#include <furl/base/error.hpp>
#include <furl/base/suggest.hpp>
#include <furl/storage/state_table.hpp>
#include <furl/storage/step_data.hpp>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
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
        if constexpr (detail::data_fits<detail::elements_of<T>, false, std::span<T>, X>())
            detail::for_each_tensor(data, [&](std::size_t, const T* p, std::size_t n) { tensors_.emplace_back(p, n); });
    }

    /// As a step takes it.
    operator named_data<T>() const { return {name_, tensors_}; }  // NOLINT(google-explicit-constructor)

  private:
    std::string_view name_;
    std::vector<std::span<const T>> tensors_;
};

namespace detail {

/// Who runs the chunks of a step, with its type hidden; see ChunkRunner.
class chunk_runner_ref {
  public:
    /// The calling thread.
    chunk_runner_ref() = default;

    template <class Runner>
    explicit chunk_runner_ref(Runner& runner) : runner_(const_cast<void*>(static_cast<const void*>(&runner))) {
        if constexpr (requires { runner.concurrency(); }) concurrency_ = static_cast<std::size_t>(runner.concurrency());
        else concurrency_ = 16;
        run_ = [](void* r, std::size_t chunks, body& f) { (*static_cast<Runner*>(r))(chunks, f); };
    }

    std::size_t concurrency() const { return concurrency_; }

    template <class Body>
    void operator()(std::size_t chunks, Body&& f) const {
        body hidden{const_cast<void*>(static_cast<const void*>(&f)),
                    [](void* p, std::size_t i) { (*static_cast<std::remove_reference_t<Body>*>(p))(i); }};
        if (run_) run_(runner_, chunks, hidden);
        else
            for (std::size_t i = 0; i < chunks; ++i) hidden(i);
    }

  private:
    struct body {
        void* what;
        void (*call)(void*, std::size_t);
        void operator()(std::size_t i) const { call(what, i); }
    };

    void* runner_ = nullptr;
    std::size_t concurrency_ = 1;
    void (*run_)(void*, std::size_t, body&) = nullptr;
};

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
    virtual std::vector<T> read_state(std::string_view name, std::size_t tensor) const = 0;
    virtual std::int64_t step_count() const = 0;
    virtual void set_step_count(std::int64_t steps) = 0;
    virtual void reset() = 0;
    virtual std::span<const double> values() const = 0;
    virtual bool step_tensor(std::size_t tensor, std::span<T> parameters, std::span<const T> gradients,
                             std::span<const named_data<T>> inputs) = 0;
    virtual void finish_step() = 0;
    virtual bool step_is_open() const = 0;

    // A step in stages.
    virtual bool begin(std::span<const std::span<T>> parameters, std::span<const std::span<const T>> gradients,
                       std::span<const named_data<T>> inputs, std::span<const std::size_t> numbers, std::size_t total) = 0;
    virtual bool prepare(std::size_t pass) = 0;
    virtual void execute(std::size_t pass, chunk_runner_ref runner) = 0;
    virtual void finish() = 0;
    virtual std::span<double> global_reductions() = 0;
    virtual std::span<const double> tensor_reductions() const = 0;
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
    std::vector<T> read_state(std::string_view name, std::size_t tensor) const override {
        return opt.read_state(name, tensor);
    }
    std::int64_t step_count() const override { return opt.step_count(); }
    void set_step_count(std::int64_t steps) override { opt.set_step_count(steps); }
    void reset() override { opt.reset(); }
    std::span<const double> values() const override { return opt.value_span(); }
    bool step_tensor(std::size_t tensor, std::span<T> parameters, std::span<const T> gradients,
                     std::span<const named_data<T>> inputs) override {
        return opt.step_tensor_named(tensor, parameters, gradients, inputs);
    }
    void finish_step() override { opt.finish_step(); }
    bool step_is_open() const override { return opt.step_is_open(); }

    std::optional<typename Optimizer::stage> stage{};  // of a step that is being done

    bool begin(std::span<const std::span<T>> parameters, std::span<const std::span<const T>> gradients,
               std::span<const named_data<T>> inputs, std::span<const std::size_t> numbers, std::size_t total) override {
        const auto begun = opt.begin_named(parameters, gradients, inputs, numbers, total);
        if (begun) stage.emplace(*begun);
        return begun.has_value();
    }
    bool prepare(std::size_t pass) override { return opt.prepare(*stage, pass); }
    void execute(std::size_t pass, chunk_runner_ref runner) override { opt.execute(*stage, pass, runner); }
    void finish() override { opt.finish(*stage); }
    std::span<double> global_reductions() override { return opt.global_reductions(); }
    std::span<const double> tensor_reductions() const override { return opt.tensor_reductions(); }
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
/// Cost:    that of the optimizer it holds, and a few virtual calls per step. A step allocates only where it is given inputs.
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
    /// `opt.step(w, g, {{"hessian", h}})`. With a runner first, on its threads: `opt.step(pool, w, g)`.
    template <class Parameters, class Gradients>
    bool step(Parameters&& parameters, const Gradients& gradients, std::initializer_list<named_tensors<T>> inputs = {}) {
        return step_on<Parameters>(detail::chunk_runner_ref(), parameters, gradients, inputs);
    }
    template <class Runner, class Parameters, class Gradients>
        requires ChunkRunner<std::remove_reference_t<Runner>>
    bool step(Runner&& runner, Parameters&& parameters, const Gradients& gradients,
              std::initializer_list<named_tensors<T>> inputs = {}) {
        return step_on<Parameters>(detail::chunk_runner_ref(runner), parameters, gradients, inputs);
    }
    bool step(std::initializer_list<std::span<T>> parameters, std::initializer_list<std::span<const T>> gradients,
              std::initializer_list<named_tensors<T>> inputs = {}) {
        return step(std::span(parameters.begin(), parameters.size()), std::span(gradients.begin(), gradients.size()),
                    inputs);
    }
    bool step_named(std::span<const std::span<T>> parameters, std::span<const std::span<const T>> gradients,
                    std::span<const named_data<T>> inputs = {}, detail::chunk_runner_ref runner = {}) {
        if (!held_->begin(parameters, gradients, inputs, {}, 0)) return false;
        for (std::size_t pass = 0; pass < info().passes; ++pass) {
            if (!held_->prepare(pass)) return false;
            held_->execute(pass, runner);
        }
        held_->finish();
        return true;
    }

    /// A step of one tensor, as furl::optimizer::step_tensor; finish_step ends it without the others.
    bool step_tensor(std::size_t tensor, std::span<T> parameters, std::span<const T> gradients,
                     std::initializer_list<named_tensors<T>> inputs = {}) {
        const std::vector<named_data<T>> named(inputs.begin(), inputs.end());
        return held_->step_tensor(tensor, parameters, gradients, named);
    }
    void finish_step() { held_->finish_step(); }
    bool step_is_open() const { return held_->step_is_open(); }

    /// A value of one per step that the rule names by let, as the last step computed it; and all, with their names.
    double value(std::string_view name) const {
        const auto i = place(info().values, name);
        if (i < info().values.size()) return held_->values()[i];
        return detail::refuse(detail::no_such("value of one per step", name, "the rule", info().values),
                              std::numeric_limits<double>::quiet_NaN());
    }
    std::vector<setting> values() const { return paired(info().values, held_->values()); }

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
        return paired(info().hyperparameters, held_->hyperparameters());
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
    /// A copy of the values of a state of one value per parameter, whatever it is stored as.
    std::vector<T> read_state(std::string_view name, std::size_t tensor = 0) const { return held_->read_state(name, tensor); }

    /// The number of steps done; set it when states are restored.
    std::int64_t step_count() const { return held_->step_count(); }
    void set_step_count(std::int64_t steps) { held_->set_step_count(steps); }

    /// States and step count as after construction; hyperparameters stay.
    void reset() { held_->reset(); }

    /// The number of tensors, and their numbers of elements.
    std::size_t tensors() const { return sizes().size(); }
    std::span<const std::size_t> sizes() const { return held_->sizes(); }
    std::size_t size(std::size_t tensor) const { return tensor < tensors() ? sizes()[tensor] : 0; }

    /// For optimizers that are made of others.
    detail::erased_optimizer<T>& erased() { return *held_; }

  private:
    std::unique_ptr<detail::erased_optimizer<T>> held_;
    std::vector<std::span<T>> parameters_;  // of the step: kept, so that a step allocates nothing
    std::vector<std::span<const T>> gradients_;
    double nowhere_ = 0;  // what a refused call returns, without exceptions

    template <class Parameters, class P, class Gradients>
    bool step_on(detail::chunk_runner_ref runner, P& parameters, const Gradients& gradients,
                 std::initializer_list<named_tensors<T>> inputs) {
        if constexpr (!detail::data_fits<detail::elements_of<T>, false, Parameters, const Gradients>()) return false;
        else {
            detail::list_tensors(parameters, parameters_);
            detail::list_tensors(gradients, gradients_);
            const std::vector<named_data<T>> named(inputs.begin(), inputs.end());
            return step_named(parameters_, gradients_, named, runner);
        }
    }

    static std::vector<setting> paired(std::span<const std::string_view> names, std::span<const double> values) {
        std::vector<setting> all;
        for (std::size_t i = 0; i < names.size(); ++i) all.push_back({names[i], values[i]});
        return all;
    }

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
