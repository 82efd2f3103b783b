#pragma once

#include <furl/base/finite.hpp>
#include <furl/execute/reduction_tree.hpp>
#include <furl/runtime/parameter_group.hpp>

#include <deque>
#include <map>

namespace FURL_NAMESPACE {

/// Groups of tensors, each with hyperparameters or a rule of its own, under one step.
///
/// `furl::grouped_optimizer<float> opt;`
/// `opt.add<clipped_adamw>(matrices);  opt.add<clipped_sgd>(biases, {.settings = {{"weight_decay", 0}}});`
/// `opt.set("lr", 3e-4);  opt.step(all_tensors, all_gradients);`
///
/// A step takes the tensors of all groups in one list, in the order in which they were added. A reduction over all
/// tensors, global(norm(grad)) say, is over those of all groups that are not frozen and whose rule has the very same
/// reduction: so clipped groups of different rules share one norm. If the rule of one group skips a step, it is skipped
/// in all. Groups that differ only in hyperparameters step as one optimizer of all their tensors would, to the bit.
///
/// Hyperparameters: what a group has set itself; else what set() of this object gave to all; else the rule's default.
///
/// A value: a copy has states of its own.
///
/// Cost:    that of its groups: one or more passes over each tensor. A step allocates only where it is given inputs, or
///          other memory than the last one.
/// Errors:  std::invalid_argument, before anything is written.
template <class T = float>
class grouped_optimizer {
  public:
    using value_type = T;              ///< of parameters and gradients
    using group = parameter_group<T>;  ///< what add() makes

    /// One more group, of this rule, at any time.
    ///
    /// @param sizes     of its tensors: one, a list, or the tensors themselves.
    /// @param settings  hyperparameters of its own, multipliers of "lr" for each tensor, whether it is frozen.
    /// @returns  the group; it stays where it is.
    template <class Rule, class... Policies, class Sizes>
    group& add(const Sizes& sizes, const group_settings& settings = {}) {
        return add_made([](std::span<const std::size_t> n) { return any_optimizer<T>(optimizer<Rule, T, Policies...>(n)); },
                        detail::list_of_sizes(sizes), settings);
    }
    template <class Rule, class... Policies>
    group& add(std::initializer_list<std::size_t> sizes, const group_settings& settings = {}) {
        return add<Rule, Policies...>(std::span(sizes.begin(), sizes.size()), settings);
    }

    /// The same, of a rule by name: `opt.add(furl::zoo_registry(), "adamw", sizes)`.
    template <class Sizes>
    group& add(const registry<T>& rules, std::string_view rule, const Sizes& sizes, const group_settings& settings = {}) {
        return add_made([&](std::span<const std::size_t> n) { return rules.make(rule, {}, n); },
                        detail::list_of_sizes(sizes), settings);
    }
    group& add(const registry<T>& rules, std::string_view rule, std::initializer_list<std::size_t> sizes,
               const group_settings& settings = {}) {
        return add(rules, rule, std::span(sizes.begin(), sizes.size()), settings);
    }

    /// The groups, in their order: `for (auto& group : opt) group.set("lr", 0.5 * group.get("lr"));`
    std::size_t size() const { return groups_.size(); }
    group& operator[](std::size_t i) { return groups_.at(i); }
    auto begin() { return groups_.begin(); }
    auto end() { return groups_.end(); }
    auto begin() const { return groups_.begin(); }
    auto end() const { return groups_.end(); }

    /// A hyperparameter for all groups that have it and have not set it themselves, those to come too.
    ///
    /// Errors:  std::invalid_argument if no group has it.
    bool set(std::string_view name, double value) {
        bool known = false;
        std::vector<std::string_view> names;
        for (auto& g : groups_) {
            known |= g.inherit_value(name, value);
            for (auto n : g.hyperparameters())
                if (std::ranges::find(names, n) == names.end()) names.push_back(n);
        }
        if (!known) return detail::refuse(detail::no_such("hyperparameter", name, "all groups together", names));
        shared_.insert_or_assign(std::string(name), value);
        return true;
    }

    /// One step of all groups that are not frozen, over a list of the tensors of all groups; a frozen tensor may have an
    /// empty gradient. With a runner first, on its threads; further inputs by name, with nothing for the tensors of groups
    /// that have no such input.
    ///
    /// @returns  whether it was done: false where a rule skipped it, which changed nothing.
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
        return step(std::span(parameters.begin(), parameters.size()), std::span(gradients.begin(), gradients.size()), inputs);
    }

    /// The same with inputs that are named at run time.
    bool step_named(std::span<const std::span<T>> parameters, std::span<const std::span<const T>> gradients,
                    std::span<const named_data<T>> inputs = {}, detail::chunk_runner_ref runner = {}) {
        if (!take(parameters, gradients, inputs)) return false;
        std::size_t passes = 0;
        for (auto* p : active_) {
            if (!p->begin(p->info().counts_all ? total_ : 0)) return false;
            passes = std::max(passes, p->info().passes);
        }
        for (std::size_t pass = 0; pass + 1 < passes; ++pass) {
            for (auto* p : active_)
                if (pass + 1 < p->info().passes && p->prepare(pass)) p->execute(pass, runner);
            combine(pass);
        }
        for (auto* p : active_)
            if (!p->prepare(p->info().passes - 1)) return false;
        for (auto* p : active_) {
            p->execute(p->info().passes - 1, runner);
            p->finish();
        }
        return true;
    }

    /// States and step counts as after construction; hyperparameters stay.
    void reset() {
        for (auto& g : groups_) g.reset();
    }

    /// The number of tensors of all groups.
    std::size_t tensors() const { return tensors_; }

    /// For save_checkpoint and load_checkpoint.
    std::vector<detail::saved_part> saved_parts() {
        std::vector<detail::saved_part> parts;
        for (std::size_t i = 0; i < groups_.size(); ++i) groups_[i].append_saved_parts(parts, "group" + std::to_string(i));
        return parts;
    }

  private:
    using part = detail::group_part<T>;

    std::deque<group> groups_;
    std::map<std::string, double, std::less<>> shared_;
    std::size_t tensors_ = 0;

    // Of the step that is being done.
    std::vector<part*> active_;
    std::size_t total_ = 0;
    std::vector<std::span<T>> parameters_;
    std::vector<std::span<const T>> gradients_;
    std::vector<detail::interval> touched_;

    template <class Make>
    group& add_made(Make make, const std::vector<std::size_t>& sizes, const group_settings& settings) {
        group g(make, sizes, tensors_, settings);
        for (const auto& [name, value] : shared_) g.inherit_value(name, value);
        groups_.push_back(std::move(g));
        tensors_ += sizes.size();
        return groups_.back();
    }

    template <class Parameters, class P, class Gradients>
    bool step_on(detail::chunk_runner_ref runner, P& parameters, const Gradients& gradients,
                 std::initializer_list<named_tensors<T>> inputs) {
        if constexpr (!detail::data_fits<detail::elements_of<T>, false, Parameters, const Gradients>()) return false;
        else {
            if (!detail::require_layouts(0, parameters, gradients)) return false;
            for (const auto& input : inputs)
                if (!input.require_layout_of(parameters)) return false;
            detail::list_tensors(parameters, parameters_);
            detail::list_tensors(gradients, gradients_);
            const std::vector<named_data<T>> named(inputs.begin(), inputs.end());
            return step_named(parameters_, gradients_, named, runner);
        }
    }

    // Deals the arguments out to the parts that step, and refuses what does not fit.
    bool take(std::span<const std::span<T>> parameters, std::span<const std::span<const T>> gradients,
              std::span<const named_data<T>> inputs) {
        const auto counted = [&](std::size_t given, const std::string& what) {
            return given == tensors_ || detail::refuse("furl: " + std::to_string(given) + " tensors of " + what + ", expected " +
                                                       std::to_string(tensors_) + " of " + std::to_string(size()) + " groups");
        };
        if (!counted(parameters.size(), "parameters") || !counted(gradients.size(), "gradients")) return false;
        for (const auto& input : inputs) {
            if (!counted(input.tensors.size(), "input '" + std::string(input.name) + "'")) return false;
            std::vector<std::string_view> known;
            for (auto& g : groups_) known.insert(known.end(), g.info().inputs.begin(), g.info().inputs.end());
            if (std::ranges::find(known, input.name) == known.end())
                return detail::refuse(detail::no_such("input", input.name, "all groups together", known));
        }
        active_.clear();
        total_ = 0;
        for (auto& g : groups_)
            if (!g.frozen())
                g.for_each_part([&](part& p) {
                    active_.push_back(&p);
                    if (p.info().counts_all) total_ += p.elements();
                });
        bool moved = false;
        for (auto* p : active_) moved |= p->take(parameters, gradients, inputs);
        return !moved || no_overlap(parameters, gradients);
    }

    // Between groups; a group finds those within itself.
    bool no_overlap(std::span<const std::span<T>> parameters, std::span<const std::span<const T>> gradients) {
        touched_.clear();
        for (const auto* p : active_)
            for (auto i : p->tensors()) {
                touched_.push_back(detail::interval::of(parameters[i].data(), parameters[i].size(), i, 0, true));
                touched_.push_back(detail::interval::of(gradients[i].data(), gradients[i].size(), i, 1, false));
            }
        const auto found = detail::find_overlap(touched_);
        if (!found.first) return true;
        const auto name = [](const detail::interval& x) {
            return (x.stream == 0 ? "parameters of tensor " : "gradients of tensor ") + std::to_string(x.tensor);
        };
        return detail::refuse("furl: " + name(*found.first) + " overlap " + name(*found.second) +
                              "; a step writes parameters, so they need memory of their own");
    }

    // The reductions over all tensors that are known after a pass: each is made of the results of all tensors whose rules
    // have it, in the order of the tensors.
    void combine(std::size_t pass) {
        for (std::size_t a = 0; a < active_.size(); ++a)
            for (std::size_t r = 0; r < active_[a]->info().reductions.size(); ++r) {
                const auto& wanted = active_[a]->info().reductions[r];
                if (!wanted.is_global || wanted.pass != pass) continue;
                bool first = true;
                for (std::size_t b = 0; b < a; ++b) first = first && !active_[b]->reduction(wanted.key);
                if (!first) continue;
                const double all = wanted.is_sum
                    ? combined(a, wanted.key, [](double x, double y) { return x + y; })
                    : combined(a, wanted.key, [](double x, double y) { return detail::is_nan(x) || (!detail::is_nan(y) && y < x) ? x : y; });
                for (auto* p : active_)
                    if (const auto place = p->reduction(wanted.key)) p->global_reductions()[*place] = all;
            }
    }

    template <class Combine>
    double combined(std::size_t first, std::uint64_t key, Combine combine) const {
        block_tree tree(combine);
        // Parts of one group may lie between each other: always the one whose next tensor comes first.
        struct cursor {
            const part* p;
            std::size_t place, next = 0;
        };
        std::vector<cursor> cursors;
        for (std::size_t i = first; i < active_.size(); ++i)
            if (const auto place = active_[i]->reduction(key)) cursors.push_back({active_[i], *place});
        for (;;) {
            cursor* least = nullptr;
            for (auto& c : cursors)
                if (c.next < c.p->tensors().size() && (!least || c.p->tensors()[c.next] < least->p->tensors()[least->next]))
                    least = &c;
            if (!least) return tree.result();
            tree.push(least->p->tensor_reduction(least->next++, least->place));
        }
    }
};

}  // namespace furl
