#pragma once

#include <furl/base/finite.hpp>
#include <furl/runtime/joint_step.hpp>
#include <furl/runtime/parameter_group.hpp>

#include <deque>
#include <map>

namespace FURL_NAMESPACE {

/// An optimizer of groups of tensors. Each group has a rule and hyperparameters of its own, and one step steps them all.
///
/// `furl::grouped_optimizer<float> opt;`
/// `opt.add<clipped_adamw>(matrices);  opt.add<clipped_sgd>(biases, {.settings = {{"weight_decay", 0}}});`
/// `opt.set("lr", 3e-4);  opt.step(all_tensors, all_gradients);`
///
/// A step takes the tensors of all groups in one list. They stand in the order in which they were added, or where a group's
/// settings place them, `{.tensors = {0, 3}}`. A reduction over all tensors, for example global(norm(grad)), covers every
/// group that is not frozen and whose rule has exactly this reduction, so clipped groups of different rules share one norm.
/// If the rule of one group skips a step, all groups skip it. Groups that differ only in hyperparameters give the same bits
/// as one optimizer of all their tensors.
///
/// A hyperparameter of a group has the value that the group has set itself, else the value that set() of this object gave to
/// all groups, else the rule's default.
///
/// An empty gradient means that its tensor has no gradient in this step: the tensor and its states stay as they are, and
/// global reductions leave them out. If no tensor of a group has a gradient, the group takes no part in the step, as if it
/// were frozen; the same holds for the tensors of a group that share a multiplier. In the list of a further input, the
/// tensors of groups whose rule does not read this input are empty. A number of the step (furl::step_input) reaches every group
/// whose rule reads it.
///
/// The gradients of a table may be of some rows: `opt.step({table, w}, {furl::row_gradients(words, rows), grad_w})`. The other rows
/// and their states stay as they are. The rule of the table must be one that can step rows alone, so it has no part in reductions
/// over all tensors.
///
/// It has value semantics: a copy has states of its own.
///
/// @tparam T  the element type: float or double.
/// @tparam E  the element type of parameters and gradients, where the storage of each group gives both another one:
///            `furl::grouped_optimizer<float, furl::bfloat16>`.
/// Cost:    that of its groups: one or more passes over each tensor. A step allocates only if it takes inputs, gradients of
///          rows, or other memory than the last step.
/// Errors:  std::invalid_argument, before anything is written.
template <class T = float, class E = T>
class grouped_optimizer : public detail::step_overloads<grouped_optimizer<T, E>, T, E> {
    friend detail::step_overloads<grouped_optimizer<T, E>, T, E>;

  public:
    using value_type = T;                 ///< the type that it computes in, and of its states and inputs
    using parameter_type = E;             ///< the element type of parameters and gradients
    using group = parameter_group<T, E>;  ///< the type of a group

    /// Adds a group with this rule. Groups can be added at any time.
    ///
    /// @param sizes     the size or shape of its tensor, a list of these, or the tensors themselves.
    /// @param settings  hyperparameters of its own, a multiplier of "lr" for each tensor, whether the group is frozen, and
    ///                  the indices of its tensors in the list of all tensors.
    /// @returns  a reference to the group, which stays valid. Without exceptions, a refused call returns a group without a rule.
    /// Errors:  std::invalid_argument if a setting does not fit, or if another group has a tensor with such an index.
    template <class Rule, class... Policies, class Sizes>
    group& add(const Sizes& sizes, const group_settings& settings = {}) {
        return add_made([](std::span<const furl::shape> shapes) { return any_optimizer<T, E>(optimizer<Rule, T, Policies...>(shapes)); },
                        detail::list_of_shapes(sizes), settings);
    }
    template <class Rule, class... Policies>
    group& add(std::initializer_list<std::size_t> sizes, const group_settings& settings = {}) {
        return add<Rule, Policies...>(std::span(sizes.begin(), sizes.size()), settings);
    }
    template <class Rule, class... Policies>
    group& add(std::initializer_list<furl::shape> shapes, const group_settings& settings = {}) {
        return add<Rule, Policies...>(std::span(shapes.begin(), shapes.size()), settings);
    }

    /// Adds a group whose rule is given by name: `opt.add(furl::zoo_registry(), "adamw", sizes)`.
    template <class Sizes>
    group& add(const registry<T, E>& rules, std::string_view rule, const Sizes& sizes, const group_settings& settings = {}) {
        return add_made([&](std::span<const furl::shape> shapes) { return rules.make(rule, {}, shapes); },
                        detail::list_of_shapes(sizes), settings);
    }
    group& add(const registry<T, E>& rules, std::string_view rule, std::initializer_list<std::size_t> sizes,
               const group_settings& settings = {}) {
        return add(rules, rule, std::span(sizes.begin(), sizes.size()), settings);
    }

    /// The groups in the order in which they were added: `for (auto& group : opt) group.set("lr", 0.5 * group.get("lr"));`
    std::size_t size() const { return groups_.size(); }
    group& operator[](std::size_t i) {
        if (i < size()) return groups_[i];
        return refused("furl: no group " + std::to_string(i) + "; the optimizer has " + std::to_string(size()));
    }
    auto begin() { return groups_.begin(); }
    auto end() { return groups_.end(); }
    auto begin() const { return groups_.begin(); }
    auto end() const { return groups_.end(); }

    /// Sets a hyperparameter for all groups that have it and have not set it themselves, including groups that are added
    /// later. A per-tensor hyperparameter is set for all tensors of such a group.
    ///
    /// Errors:  std::invalid_argument if no group has it, or the value is NaN.
    bool set(std::string_view name, double value) {
        if (!detail::require_number(name, value)) return false;
        bool known = false;
        for (auto& g : groups_) known |= g.inherit_value(name, value);
        if (!known) {
            std::vector<std::string_view> names;
            for (const auto& g : groups_)
                for (auto list : {g.hyperparameters(), g.info().tensor_hyperparameters})
                    for (auto n : list)
                        if (std::ranges::find(names, n) == names.end()) names.push_back(n);
            return detail::refuse(detail::no_such("hyperparameter", name, "all groups together", names));
        }
        shared_.insert_or_assign(std::string(name), value);
        return true;
    }

    /// Resets states and step counts to what they are after construction. Hyperparameters stay.
    void reset() {
        for (auto& g : groups_) g.reset();
    }

    /// Returns a value that the rules of one or more groups report, from the last step in which such a group took part.
    ///
    /// Errors:  std::invalid_argument if no group has such a value.
    double value(std::string_view name) const {
        const group* last = nullptr;
        std::vector<std::string_view> names;
        for (const auto& g : groups_) {
            names.insert(names.end(), g.info().values.begin(), g.info().values.end());
            if (std::ranges::find(g.info().values, name) != g.info().values.end() && (!last || g.last_step() > last->last_step())) last = &g;
        }
        if (last) return last->value(name);
        return detail::refuse(detail::no_such("value of one per step", name, "all groups together", names), detail::not_a_number<double>);
    }

    /// The number of tensors in all groups together.
    std::size_t tensors() const { return group_of_.size(); }

    /// save_checkpoint and load_checkpoint call it.
    std::vector<detail::saved_part> saved_parts() {
        std::vector<detail::saved_part> parts;
        for (std::size_t i = 0; i < groups_.size(); ++i) groups_[i].append_saved_parts(parts, i);
        // The values that set() gave to all groups are those that the loaded groups inherit; groups added later take them too.
        if (!parts.empty())
            parts.back().loaded = [this, before = std::move(parts.back().loaded)] {
                if (before) before();
                shared_.clear();
                for (const auto& g : groups_)
                    g.for_each_inherited([&](std::string_view name, double value) { shared_.emplace(name, value); });
            };
        return parts;
    }

  protected:
    using part = detail::group_part<T, E>;  ///< the tensors of a group with one multiplier of "lr"

    /// Adds a group whose optimizers make(shapes) returns.
    template <class Make>
    group& add_made(Make make, const std::vector<furl::shape>& shapes, const group_settings& settings) {
        std::vector<std::size_t> numbers;
        group g;
        if (!numbers_of(shapes.size(), settings, numbers) || !g.begin(make, shapes, numbers, settings)) return nowhere_ = group();
        for (const auto& [name, value] : shared_) g.inherit_value(name, value);
        for (auto i : numbers) group_of_.emplace(i, groups_.size());
        return groups_.emplace_back(std::move(g));
    }

    /// Removes the last group.
    void drop_last() {
        std::erase_if(group_of_, [&](const auto& x) { return x.second + 1 == groups_.size(); });
        groups_.pop_back();
    }

    /// The first half of a step: takes its arguments, or refuses them if they do not fit.
    bool take(std::span<const std::span<E>> parameters, std::span<const named_data<T>> inputs) {
        again_ = inputs.empty() && this->row_parts().empty() && are_as_taken(parameters);
        return again_ || take_new(parameters, inputs);
    }
    /// The second half of a step: runs its walks over the arguments that were taken.
    bool go(std::span<const std::span<E>> parameters, detail::chunk_runner_ref runner) {
        return begin_walks(parameters, runner) && step_.finish(runner);
    }
    /// The same, where run_last(equal_parts) runs the last walk of some parts; see joint_step.
    template <class RunLast>
    bool go(std::span<const std::span<E>> parameters, detail::chunk_runner_ref runner, RunLast run_last) {
        return begin_walks(parameters, runner) && step_.finish(runner, run_last);
    }

    /// The parts that step, once their arguments are taken.
    std::span<part* const> active_parts() const { return step_.parts(); }

  private:
    std::deque<group> groups_;
    std::map<std::string, double, std::less<>> shared_;
    std::map<std::size_t, std::size_t> group_of_;  // by the index of a tensor

    // The working data of the current step. It is kept from step to step, so that a step allocates nothing.
    detail::joint_step<part> step_;
    std::size_t total_ = 0;
    // The arguments that all parts began the last step with, if a step can use them again: all tensors had a gradient, and there
    // were no inputs.
    bool can_repeat_ = false;
    bool again_ = false;  // whether this step uses them again
    std::vector<std::span<E>> taken_parameters_;
    std::vector<std::span<const E>> taken_gradients_;
    std::vector<unsigned char> taken_const_;

    // The addresses of the parts that step and of their arguments: those of this step, and those of the last step that was
    // found free of overlaps. A copy of this object has other parts, so it checks again.
    std::vector<const void*> touched_, checked_;
    std::vector<detail::interval> intervals_;

    group nowhere_;  // without exceptions, a refused call returns a reference to it

    group& refused(std::string text) {
        nowhere_ = group();
        return detail::refuse<std::invalid_argument, std::reference_wrapper<group>>(std::move(text), nowhere_);
    }

    // Finds the indices of a group's tensors in the list of all tensors, and refuses settings that do not fit.
    bool numbers_of(std::size_t wanted, const group_settings& settings, std::vector<std::size_t>& numbers) const {
        if (settings.tensors.empty()) {
            const bool dense = group_of_.empty() || group_of_.rbegin()->first + 1 == group_of_.size();
            for (std::size_t i = dense ? group_of_.size() : 0; numbers.size() < wanted; ++i)
                if (!group_of_.contains(i)) numbers.push_back(i);
            return true;
        }
        if (settings.tensors.size() != wanted)
            return detail::refuse("furl: " + std::to_string(settings.tensors.size()) + " numbers of tensors are given, for " +
                                  std::to_string(wanted) + " tensors");
        numbers = settings.tensors;
        for (auto i : numbers)
            if (const auto found = group_of_.find(i); found != group_of_.end())
                return detail::refuse("furl: tensor " + std::to_string(i) + " is in group " + std::to_string(found->second) + " already");
        auto sorted = numbers;
        std::ranges::sort(sorted);
        const auto twice = std::ranges::adjacent_find(sorted);
        return twice == sorted.end() || detail::refuse("furl: tensor " + std::to_string(*twice) + " is in the group twice");
    }

    // Begins the walks of the arguments that were taken.
    bool begin_walks(std::span<const std::span<E>> parameters, detail::chunk_runner_ref runner) {
        if (!step_.begin(tensors(), total_, again_, runner)) return false;
        // Not before: where a runner throws, some parts have not taken these arguments.
        if (!again_ && can_repeat_) {
            taken_parameters_.assign(parameters.begin(), parameters.end());
            taken_gradients_.assign(this->gradients().begin(), this->gradients().end());
            taken_const_.assign(this->const_gradients().begin(), this->const_gradients().end());
        }
        return true;
    }

    // step_overloads calls these.
    std::vector<furl::shape> shapes_that_matter() const {
        std::vector<furl::shape> list(group_of_.empty() ? 0 : group_of_.rbegin()->first + 1);
        for (const auto& g : groups_)
            g.for_each_part([&](const part& p) {
                for (std::size_t k = 0; p.info().has_shape && k < p.tensors().size(); ++k) list[p.tensors()[k]] = p.opt().shapes()[k];
            });
        return list;
    }
    bool run(std::span<const std::span<E>> parameters, std::span<const named_data<T>> inputs, detail::chunk_runner_ref runner) {
        if (!take(parameters, inputs) || !go(parameters, runner)) return false;
        if (!this->row_parts().empty())
            for (const auto* p : step_.parts())
                if (p->info().writes_gradients)
                    for (auto i : p->tensors()) this->zero_gradients_of_rows(i);
        return true;
    }

    // Tells whether the arguments and the active parts are those of the last take().
    bool are_as_taken(std::span<const std::span<E>> parameters) const {
        const auto equal = [](const auto& a, const auto& b) {
            return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return x.data() == y.data() && x.size() == y.size(); });
        };
        if (taken_parameters_.empty() || taken_parameters_.size() != tensors() || !equal(parameters, taken_parameters_) || !equal(this->gradients(), taken_gradients_) ||
            !std::ranges::equal(this->const_gradients(), taken_const_))
            return false;
        const auto active = step_.parts();
        auto known = active.begin();
        bool same = true;
        for (const auto& g : groups_)
            if (!g.frozen())
                g.for_each_part([&](const part& p) { same = same && known != active.end() && *known++ == &p; });
        return same && known == active.end();
    }

    // Hands each active part its arguments, and refuses arguments that do not fit.
    bool take_new(std::span<const std::span<E>> parameters, std::span<const named_data<T>> inputs) {
        taken_parameters_.clear();
        if (!group_of_.empty() && group_of_.rbegin()->first + 1 != tensors()) {
            std::size_t missing = 0;
            while (group_of_.contains(missing)) ++missing;
            return detail::refuse("furl: no group has tensor " + std::to_string(missing) + "; the last is tensor " +
                                  std::to_string(group_of_.rbegin()->first));
        }
        const auto counted = [&](std::size_t given, const std::string& what) {
            return given == tensors() || detail::refuse("furl: " + std::to_string(given) + " tensors of " + what + ", expected " +
                                                        std::to_string(tensors()) + " of " + std::to_string(size()) + " groups");
        };
        if (!counted(parameters.size(), "parameters") || !counted(this->gradients().size(), "gradients")) return false;
        for (const auto& input : inputs) {
            if (!input.number && !counted(input.tensors.size(), "input '" + std::string(input.name) + "'")) return false;
            std::vector<std::string_view> known;
            for (auto& g : groups_)
                for (auto names : {g.info().inputs, g.info().step_inputs}) known.insert(known.end(), names.begin(), names.end());
            if (std::ranges::find(known, input.name) == known.end())
                return detail::refuse(detail::no_such("input", input.name, "all groups together", known));
        }
        step_.clear();
        for (auto& g : groups_)
            if (!g.frozen()) g.for_each_part([&](part& p) { step_.add(p); });
        touched_.clear();
        total_ = 0;
        std::size_t absent = 0, elements = 0;
        for (auto* p : step_.parts()) {
            touched_.push_back(p);
            if (!fits(*p, parameters, inputs)) return false;
            p->take(parameters, this->gradients(), inputs, [&](std::size_t i) { return this->rows_of(i); });
            absent += p->absent_count();
            elements += p->elements();
            if (p->info().counts_all) total_ += p->elements();
        }
        if (absent > 0) {
            if (elements == 0) return false;
            step_.keep_those_with_a_gradient();
        }
        const bool by_rows = !this->row_parts().empty();  // then gradients may have another size than in the last step
        if (by_rows || touched_ != checked_) {
            if (!no_overlap(parameters, inputs)) return false;
            checked_ = touched_;
        }
        can_repeat_ = absent == 0 && inputs.empty() && !by_rows;
        return true;
    }

    // Tells whether the arguments fit the tensors of a part, and records their addresses.
    bool fits(const part& p, std::span<const std::span<E>> parameters, std::span<const named_data<T>> inputs) {
        const auto sizes = p.opt().sizes();
        for (std::size_t k = 0; k < sizes.size(); ++k) {
            const auto i = p.tensors()[k];
            if (!this->take_rows(i, p.opt().shapes()[k], p.info(), parameters)) return false;
            const auto* const by_rows = this->rows_of(i);
            const bool absent = p.lacks(k, this->gradients()[i]) && !(by_rows && by_rows->elements() > 0);
            const auto sized = [&](const auto& data, const char* what, bool may_be_empty, bool has_all_rows = false) {
                const bool left_out = may_be_empty && data.empty();
                const bool some = by_rows && !has_all_rows;
                const auto expected = some ? by_rows->elements() : sizes[k];
                touched_.push_back(left_out ? nullptr : data.data());
                return left_out || data.size() == expected ||
                       detail::refuse("furl: tensor " + std::to_string(i) + ": " + what + " have " + std::to_string(data.size()) +
                                      " elements, expected " + std::to_string(expected) + (some ? ": a row for each index" : " as at construction"));
            };
            if (!sized(parameters[i], "parameters", false, true) || !sized(this->gradients()[i], "gradients", absent)) return false;
            if (p.info().writes_gradients && this->const_gradients()[i] && !absent)
                return detail::refuse(std::string(detail::const_gradients) + " Tensor " + std::to_string(i) + " is the first.");
            for (const auto& input : inputs)
                if (!input.number && p.has_input(input.name) && !sized(input.tensors[i], ("input '" + std::string(input.name) + "'").c_str(), absent))
                    return false;
        }
        return true;
    }

    bool no_overlap(std::span<const std::span<E>> parameters, std::span<const named_data<T>> inputs) {
        const auto states = inputs.size() + 2;
        intervals_.clear();
        for (const auto* p : step_.parts())
            for (std::size_t t = 0; t < p->tensors().size(); ++t) {
                if (p->is_absent(t)) continue;
                const auto i = p->tensors()[t];
                const auto note = [&](const auto& data, std::size_t stream, bool written) {
                    intervals_.push_back(detail::interval::of(data.data(), data.size(), i, stream, written));
                };
                note(parameters[i], 0, true);
                note(this->gradients()[i], 1, p->info().writes_gradients);
                for (std::size_t k = 0; k < inputs.size(); ++k)
                    if (!inputs[k].number && p->has_input(inputs[k].name)) note(inputs[k].tensors[i], 2 + k, false);
            }
        for (auto& g : groups_)
            g.for_each_part([&](part& p) {
                const auto memory = p.state_memory();
                intervals_.push_back(detail::interval::of(memory.data(), memory.size(), 0, states, true));
            });
        const auto found = detail::find_overlap(intervals_);
        if (!found.first) return true;
        const auto name = [&](const detail::interval& x) -> std::string {
            if (x.stream == states) return "the states";
            const auto of = " of tensor " + std::to_string(x.tensor);
            return (x.stream == 0 ? "parameters" : x.stream == 1 ? "gradients" : "input '" + std::string(inputs[x.stream - 2].name) + "'") + of;
        };
        return detail::refuse("furl: " + name(*found.first) + " overlap " + name(*found.second) +
                              "; a step writes parameters, so they need memory of their own");
    }
};

}  // namespace furl
