#pragma once

#include <furl/base/chunk_runner.hpp>
#include <furl/base/named_rows.hpp>
#include <furl/base/shape.hpp>
#include <furl/optimizer/named_values.hpp>
#include <furl/print/rule_info.hpp>

#include <array>
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

/// The results of info().reductions for each tensor. `numbers` are the numbers of these tensors in the list of all tensors.
/// `absent` says which of them have no gradient; it is empty if all have one.
struct tensor_results {
    std::span<const double> values;
    std::span<const std::size_t> numbers;
    std::span<const unsigned char> absent;
};

/// The interface of a step_session whose optimizer type is hidden.
class erased_session {
  public:
    using list = std::span<erased_session* const>;
    static constexpr std::size_t most = 16;  ///< the most sessions of a list

    /// Equal for sessions of the same type.
    const void* kind() const { return kind_; }

    std::uint64_t number = 0;  ///< the number of the last step that began, for callers that count steps

    virtual const rule_info& info() const = 0;
    /// Begins a step over the arguments of the last one. Returns false if that cannot be.
    virtual bool begin_again(std::size_t total) = 0;
    // These run a walk for a list of sessions of the same kind together.
    virtual bool prepare(list all, std::size_t pass) = 0;
    virtual void execute(list all, std::size_t pass, chunk_runner_ref runner) = 0;
    virtual void finish(list all) = 0;
    virtual std::span<double> global_reductions() = 0;
    virtual tensor_results results() const = 0;
    /// Leaves out tensors without a gradient, where a share has none of their elements. To be called after begin.
    virtual void leave_out(std::span<const unsigned char> absent) = 0;

    // These are of the optimizer itself.
    virtual std::span<const furl::shape> shapes() const = 0;
    virtual std::span<const std::size_t> whole_sizes() const = 0;  ///< of which a share may have fewer elements
    virtual std::span<double> hyperparameters() = 0;
    virtual std::span<const double> values() const = 0;
    virtual std::span<std::byte> state_bytes(std::size_t state, std::size_t tensor) = 0;
    virtual std::int64_t step_count() const = 0;
    virtual void set_step_count(std::int64_t steps) = 0;

  protected:
    explicit erased_session(const void* kind) : kind_(kind) {}
    erased_session(const erased_session&) = default;
    erased_session& operator=(const erased_session&) = default;
    ~erased_session() = default;

  private:
    const void* kind_;
};

/// The interface of an optimizer whose type is hidden, and of its session. Each function here is compiled once for each rule,
/// so there are few. T is the type that it computes in, and E the element type of parameters and gradients.
template <class T, class E>
struct erased_optimizer : erased_session {
    using erased_session::erased_session;
    erased_optimizer(const erased_optimizer&) = default;
    erased_optimizer& operator=(const erased_optimizer&) = delete;
    virtual ~erased_optimizer() = default;

    virtual std::unique_ptr<erased_optimizer> clone() const = 0;
    virtual std::span<const std::size_t> sizes() const = 0;
    virtual std::vector<T> read_state(std::string_view name, std::size_t tensor) const = 0;
    virtual void reset() = 0;
    // Of some rows of the tensor if one entry names them, else of the whole tensor.
    virtual bool step_tensor(chunk_runner_ref runner, std::size_t tensor, std::span<E> parameters, std::span<const E> gradients,
                             std::span<const named_data<T>> inputs, bool may_write_gradients, std::span<const named_rows> some_rows) = 0;
    virtual bool finish_step(chunk_runner_ref runner) = 0;
    virtual bool step_is_open() const = 0;

    // Returns null if the step is refused. The rows exist and are distinct, and the rule can step them.
    virtual erased_session* begin(std::span<const std::span<E>> parameters, std::span<const std::span<const E>> gradients,
                                  std::span<const named_data<T>> inputs, std::span<const std::size_t> numbers, std::size_t total,
                                  bool may_write_gradients, std::span<const named_rows> some_rows) = 0;
};

/// Implements a session whose optimizer has this type.
///
/// @tparam Interface  erased_session, or what derives from it.
template <class Optimizer, class Interface>
struct hidden_session : Interface {
    std::optional<typename Optimizer::session> current{};  ///< the step that runs
    Optimizer opt;

    explicit hidden_session(Optimizer&& given) : Interface(&address_of_type), opt(std::move(given)) {}

    const rule_info& info() const override { return Optimizer::info(); }
    bool begin_again(std::size_t total) override { return current && opt.begin_again(current, current->step().numbers, total); }

    using list = erased_session::list;
    using together = typename Optimizer::session::together;
    static_assert(together::most == erased_session::most);

    bool prepare(list all, std::size_t pass) override { return together::prepare(steps_of(all).span(), pass); }
    void execute(list all, std::size_t pass, chunk_runner_ref runner) override {
        together::execute(steps_of(all).span(), pass, runner);
        if constexpr (Optimizer::stored::steps_by_rows)  // then there is one walk
            for (auto* one : all) session_of(one).execute_rows(runner);
    }
    void finish(list all) override {
        for (auto* one : all) session_of(one).finish();
    }
    std::span<double> global_reductions() override { return current->global_reductions(); }
    tensor_results results() const override {
        return {current->tensor_reductions(), current->step().numbers, current->step().tensors.absent_ones()};
    }

    void leave_out(std::span<const unsigned char> absent) override { current->leave_out(absent); }

    std::span<const furl::shape> shapes() const override { return opt.shapes(); }
    std::span<const std::size_t> whole_sizes() const override { return opt.whole_sizes(); }
    std::span<double> hyperparameters() override { return opt.hyperparameter_span(); }
    std::span<const double> values() const override { return opt.value_span(); }
    std::span<std::byte> state_bytes(std::size_t state, std::size_t tensor) override { return opt.state_bytes(state, tensor); }
    std::int64_t step_count() const override { return opt.step_count(); }
    void set_step_count(std::int64_t steps) override { opt.set_step_count(steps); }

  private:
    // This is not const, because a linker may merge equal constants.
    static inline char address_of_type = 0;

    static auto& session_of(erased_session* one) { return *static_cast<hidden_session*>(one)->current; }

    // The steps of the sessions of a list.
    struct steps_of {
        std::array<typename Optimizer::session::running_step*, erased_session::most> steps;
        std::size_t size;

        explicit steps_of(list all) : size(all.size()) {
            for (std::size_t i = 0; i < size; ++i) steps[i] = &session_of(all[i]).step();
        }
        typename together::list span() const { return {steps.data(), size}; }
    };
};

template <class Optimizer>
struct hidden_optimizer final : hidden_session<Optimizer, erased_optimizer<typename Optimizer::value_type, typename Optimizer::parameter_type>> {
    using T = typename Optimizer::value_type;
    using E = typename Optimizer::parameter_type;
    using base = hidden_session<Optimizer, erased_optimizer<T, E>>;
    using base::base, base::opt, base::current;

    std::unique_ptr<erased_optimizer<T, E>> clone() const override { return std::make_unique<hidden_optimizer>(*this); }
    std::span<const std::size_t> sizes() const override { return opt.sizes(); }
    std::vector<T> read_state(std::string_view name, std::size_t tensor) const override {
        return opt.read_state(name, tensor);
    }
    void reset() override { opt.reset(); }
    bool step_tensor(chunk_runner_ref runner, std::size_t tensor, std::span<E> parameters, std::span<const E> gradients,
                     std::span<const named_data<T>> inputs, bool may_write_gradients, std::span<const named_rows> some_rows) override {
        return opt.step_tensor_named(runner, tensor, parameters, gradients, inputs, may_write_gradients, some_rows);
    }
    bool finish_step(chunk_runner_ref runner) override { return opt.finish_step(runner); }
    bool step_is_open() const override { return opt.step_is_open(); }

    erased_session* begin(std::span<const std::span<E>> parameters, std::span<const std::span<const E>> gradients,
                          std::span<const named_data<T>> inputs, std::span<const std::size_t> numbers, std::size_t total,
                          bool may_write_gradients, std::span<const named_rows> some_rows) override {
        return opt.begin_named(current, parameters, gradients, inputs, numbers, total, may_write_gradients, some_rows) ? this : nullptr;
    }
};

}  // namespace furl::detail
