#pragma once

#include <furl/base/shape.hpp>
#include <furl/optimizer/named_values.hpp>
#include <furl/print/rule_info.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE {

/// An object that a checkpoint keeps beside the optimizer, under a name: furl::loss_scale, furl::reduce_on_plateau, or one
/// of your own that can be copied and has
///
///     std::vector<furl::setting> saved_numbers() const;               // each number by name; none is NaN
///     std::string restore_numbers(std::span<const double> numbers);   // takes them in the same order, or says why not
///
/// A checkpoint_object refers to the object, which may be const if it is only saved.
class checkpoint_object {
  public:
    /// Refers to this object, under this name.
    template <class X>
    checkpoint_object(std::string name, X& object) : name_(std::move(name)), numbers_([&object] { return object.saved_numbers(); }) {
        if constexpr (!std::is_const_v<X>)
            move_ = [&object, next = std::optional<X>()](const std::span<const double>* numbers) mutable -> std::string {
                if (numbers) return next.emplace(object).restore_numbers(*numbers);
                object = std::move(*next);
                return {};
            };
    }

    /// Its name in the file.
    const std::string& name() const { return name_; }
    /// Its numbers now.
    std::vector<setting> numbers() const { return numbers_(); }

    /// For load_checkpoint: prepare checks numbers and returns what is wrong with them, and take gives them to the object.
    std::string prepare(std::span<const double> numbers) { return move_ ? move_(&numbers) : "it is const"; }
    void take() { move_(nullptr); }

  private:
    std::string name_;
    std::function<std::vector<setting>()> numbers_;
    std::function<std::string(const std::span<const double>*)> move_;
};

namespace detail {

/// A number that a checkpoint keeps by name. If it is unset, it is not in the file.
struct saved_number {
    std::string key;
    std::function<std::optional<double>()> get;
    std::function<void(std::optional<double>)> set;  ///< receives nothing if the file does not have the number
    bool is_required = false;                        ///< whether the file must have it
    bool is_fixed = false;                           ///< whether a number in the file must be equal to it

    static saved_number required(std::string key, double& value) {
        return {std::move(key), [&value] { return std::optional(value); }, [&value](std::optional<double> x) { value = x.value_or(value); }, true};
    }
    static saved_number optional(std::string key, std::optional<double>& value) {
        return {std::move(key), [&value] { return value; }, [&value](std::optional<double> x) { value = x; }};
    }
    static saved_number fixed(std::string key, double value) {
        return {std::move(key), [value] { return std::optional(value); }, [](std::optional<double>) {}, false, true};
    }
};

/// Where a part stands among groups: it has the number of its group, and the number of its multiplier of "lr" in that group.
struct group_place {
    std::size_t group = 0, multiplier = 0;

    std::string prefix() const {
        return "group" + std::to_string(group) + (multiplier == 0 ? "." : "." + std::to_string(multiplier) + ".");
    }
    bool operator==(const group_place&) const = default;
};

/// Elements of a tensor that are in memory, where others have the rest.
struct elements_here {
    std::size_t first = 0, count = 0;
};

/// The part of an optimizer that has one rule, as a checkpoint keeps it, without its type.
struct saved_part {
    std::string prefix;                   ///< begins the keys about the whole part; empty if it is the only part
    const rule_info* info = nullptr;
    std::span<const std::size_t> sizes{};
    std::span<const furl::shape> shapes{};
    std::vector<std::size_t> tensors{};   ///< their numbers in the list of all
    std::vector<saved_number> numbers{};  ///< hyperparameters
    std::optional<group_place> place{};   ///< its place, if it is a part of groups
    std::int64_t steps = 0;
    bool step_is_open = false;            ///< a partial step: some tensors have stepped, others have not
    std::function<std::span<std::byte>(std::size_t state, std::size_t tensor)> state_bytes{};
    std::function<void(std::int64_t)> set_steps{};
    std::function<void()> reset{};        ///< sets all as after construction, except hyperparameters
    std::function<void()> loaded{};       ///< called when everything is loaded
    /// If the memory has only a share of the tensors, whose whole sizes are above: the elements of each that it has. For a load.
    std::vector<elements_here> here{};

    template <class Optimizer>
    static saved_part of(Optimizer& opt, std::string prefix = {}, std::vector<std::size_t> tensors = {}) {
        saved_part part{std::move(prefix), &opt.info(), opt.sizes(), opt.shapes(), std::move(tensors)};
        if (part.tensors.empty())
            for (std::size_t i = 0; i < part.sizes.size(); ++i) part.tensors.push_back(i);
        const auto values = opt.hyperparameter_span();
        for (std::size_t i = 0; i < values.size(); ++i)
            part.numbers.push_back(saved_number::required("hyperparameter." + std::string(part.info->hyperparameters[i]), values[i]));
        part.steps = opt.step_count();
        part.step_is_open = opt.step_is_open();
        part.state_bytes = [&opt](std::size_t state, std::size_t tensor) { return opt.state_bytes(state, tensor); };
        part.reset = [&opt] { opt.reset(); };
        part.set_steps = [&opt](std::int64_t count) { opt.set_step_count(count); };
        return part;
    }
};

/// Returns the parts of an optimizer: one, or those that it lists itself because it has several rules.
template <class Optimizer>
std::vector<saved_part> parts_of(const Optimizer& opt) {
    auto& mutable_opt = const_cast<Optimizer&>(opt);  // saving writes nothing
    if constexpr (requires { mutable_opt.saved_parts(); }) return mutable_opt.saved_parts();
    else return {saved_part::of(mutable_opt)};
}

}  // namespace detail

}  // namespace furl
