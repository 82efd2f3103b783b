#pragma once

#include <furl/base/chunk_runner.hpp>
#include <furl/base/shape.hpp>
#include <furl/optimizer/state_table.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// Type erasure for any_optimizer: it calls an optimizer through virtual functions.
namespace FURL_NAMESPACE::detail {

/// A reference to a runner of any type, which runs the chunks of a step; see ChunkRunner.
class chunk_runner_ref {
  public:
    /// Runs the chunks on the calling thread.
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

/// The interface of a step_session whose optimizer type is hidden.
struct erased_session {
    virtual bool prepare(std::size_t pass) = 0;
    virtual void execute(std::size_t pass, chunk_runner_ref runner) = 0;
    virtual void finish() = 0;
    virtual std::span<double> global_reductions() = 0;
    virtual std::span<const double> tensor_reductions() const = 0;

  protected:
    erased_session() = default;
    erased_session(const erased_session&) = default;
    erased_session& operator=(const erased_session&) = default;
    ~erased_session() = default;
};

/// The interface of an optimizer whose type is hidden, and of its session. Each function here is compiled once for each rule,
/// so there are few.
template <class T>
struct erased_optimizer : erased_session {
    erased_optimizer() = default;
    erased_optimizer(const erased_optimizer&) = default;
    erased_optimizer& operator=(const erased_optimizer&) = delete;
    virtual ~erased_optimizer() = default;

    virtual std::unique_ptr<erased_optimizer> clone() const = 0;
    virtual const rule_info& info() const = 0;
    virtual std::span<const std::size_t> sizes() const = 0;
    virtual std::span<const furl::shape> shapes() const = 0;
    virtual std::span<double> hyperparameters() = 0;
    virtual std::span<std::byte> state_bytes(std::size_t state, std::size_t tensor) = 0;
    virtual std::vector<T> read_state(std::string_view name, std::size_t tensor) const = 0;
    virtual std::int64_t step_count() const = 0;
    virtual void set_step_count(std::int64_t steps) = 0;
    virtual void reset() = 0;
    virtual std::span<const double> values() const = 0;
    virtual bool step_tensor(std::size_t tensor, std::span<T> parameters, std::span<const T> gradients,
                             std::span<const named_data<T>> inputs, bool may_write_gradients) = 0;
    virtual void finish_step() = 0;
    virtual bool step_is_open() const = 0;

    // Returns null if the step is refused.
    virtual erased_session* begin(std::span<const std::span<T>> parameters, std::span<const std::span<const T>> gradients,
                                  std::span<const named_data<T>> inputs, std::span<const std::size_t> numbers, std::size_t total,
                                  bool may_write_gradients) = 0;
    virtual erased_session* begin_again(std::span<const std::size_t> numbers, std::size_t total) = 0;
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
    std::span<const furl::shape> shapes() const override { return opt.shapes(); }
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
                     std::span<const named_data<T>> inputs, bool may_write_gradients) override {
        return opt.step_tensor_named(tensor, parameters, gradients, inputs, may_write_gradients);
    }
    void finish_step() override { opt.finish_step(); }
    bool step_is_open() const override { return opt.step_is_open(); }

    std::optional<typename Optimizer::session> session{};  // the current step

    erased_session* begin(std::span<const std::span<T>> parameters, std::span<const std::span<const T>> gradients,
                          std::span<const named_data<T>> inputs, std::span<const std::size_t> numbers, std::size_t total,
                          bool may_write_gradients) override {
        return hold(opt.begin_named(parameters, gradients, inputs, numbers, total, may_write_gradients));
    }
    erased_session* begin_again(std::span<const std::size_t> numbers, std::size_t total) override {
        return hold(opt.begin_again(numbers, total));
    }
    erased_session* hold(std::optional<typename Optimizer::session> begun) {
        if (begun) session.emplace(*begun);
        return begun ? this : nullptr;
    }
    bool prepare(std::size_t pass) override { return session->prepare(pass); }
    void execute(std::size_t pass, chunk_runner_ref runner) override { session->execute(pass, runner); }
    void finish() override { session->finish(); }
    std::span<double> global_reductions() override { return session->global_reductions(); }
    std::span<const double> tensor_reductions() const override { return session->tensor_reductions(); }
};

}  // namespace furl::detail
