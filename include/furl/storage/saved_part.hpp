#pragma once

#include <furl/storage/state_table.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace furl {

/// An object that a checkpoint keeps beside the optimizer, under a name: furl::loss_scale, furl::reduce_on_plateau, or one
/// of your own that can be copied and has
///
///     std::vector<furl::setting> saved_numbers() const;               // each number by name; none is NaN
///     std::string restore_numbers(std::span<const double> numbers);   // takes them in the same order, or says why not
///
/// It refers to the object, which may be const where it is only saved.
class checkpoint_object {
  public:
    template <class X>
    checkpoint_object(std::string name, X& object) : name_(std::move(name)), numbers_([&object] { return object.saved_numbers(); }) {
        if constexpr (!std::is_const_v<X>)
            move_ = [&object, next = std::optional<X>()](const std::span<const double>* numbers) mutable -> std::string {
                if (numbers) return next.emplace(object).restore_numbers(*numbers);
                object = std::move(*next);
                return {};
            };
    }

    const std::string& name() const { return name_; }
    std::vector<setting> numbers() const { return numbers_(); }

    /// For load_checkpoint: looks at numbers, and says what is wrong with them; then takes them.
    std::string prepare(std::span<const double> numbers) { return move_ ? move_(&numbers) : "it is const"; }
    void take() { move_(nullptr); }

  private:
    std::string name_;
    std::function<std::vector<setting>()> numbers_;
    std::function<std::string(const std::span<const double>*)> move_;
};

namespace detail {

/// A number that a checkpoint keeps by name; where it may be unset it is NaN then, and is not in the file.
struct saved_number {
    std::string key;
    double* value;
    bool may_be_unset = false;
};

/// What a checkpoint keeps of an optimizer of one rule, without its type.
struct saved_part {
    std::string prefix;                   ///< of what is said about the whole part; empty where there is one only
    const rule_info* info = nullptr;
    std::span<const std::size_t> sizes{};
    std::vector<std::size_t> tensors{};   ///< their numbers in the list of all
    std::vector<saved_number> numbers{};  ///< hyperparameters
    std::int64_t steps = 0;
    bool step_is_open = false;            ///< a step tensor by tensor: its states are of no one moment
    std::function<std::span<std::byte>(std::size_t state, std::size_t tensor)> state_bytes{};
    std::function<void(std::int64_t)> set_steps{};
    std::function<void()> reset{};        ///< all as after construction, but for hyperparameters
    std::function<void()> loaded{};       ///< called when all is in its place

    template <class Optimizer>
    static saved_part of(Optimizer& opt, std::string prefix = {}, std::vector<std::size_t> tensors = {}) {
        saved_part part{std::move(prefix), &opt.info(), opt.sizes(), std::move(tensors)};
        if (part.tensors.empty())
            for (std::size_t i = 0; i < part.sizes.size(); ++i) part.tensors.push_back(i);
        const auto values = opt.hyperparameter_span();
        for (std::size_t i = 0; i < values.size(); ++i)
            part.numbers.push_back({"hyperparameter." + std::string(part.info->hyperparameters[i]), &values[i]});
        part.steps = opt.step_count();
        part.step_is_open = opt.step_is_open();
        part.state_bytes = [&opt](std::size_t state, std::size_t tensor) { return opt.state_bytes(state, tensor); };
        part.reset = [&opt] { opt.reset(); };
        part.set_steps = [&opt](std::int64_t count) { opt.set_step_count(count); };
        return part;
    }
};

/// The parts of an optimizer: one; or those that it lists itself, because it has rules of several kinds.
template <class Optimizer>
std::vector<saved_part> parts_of(const Optimizer& opt) {
    auto& mutable_opt = const_cast<Optimizer&>(opt);  // to save writes nothing
    if constexpr (requires { mutable_opt.saved_parts(); }) return mutable_opt.saved_parts();
    else return {saved_part::of(mutable_opt)};
}

}  // namespace detail

}  // namespace furl
