#pragma once

#include <furl/distributed/group_exchange.hpp>
#include <furl/optimizer.hpp>
#include <furl/runtime/grouped_optimizer.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE {

/// Groups of tensors whose states are spread over ranks: what furl::sharded_optimizer is to furl::optimizer, this is to
/// furl::grouped_optimizer. Groups have rules and hyperparameters of their own, and share norms over all tensors.
///
///     furl::sharded_groups<float> opt(ranks, {.mean = true});
///     opt.add<clipped_adamw>(matrices);  opt.add<clipped_adamw>(biases, {.settings = {{"weight_decay", 0}}});
///     opt.set("lr", 3e-4);  opt.step(all_tensors, all_gradients);
///
/// Given equal sums of gradients, weights and states have the same bits for any number of ranks, and as in furl::grouped_optimizer. All
/// ranks make the same calls in the same order: groups, hyperparameters and frozen groups must be equal on all. A group or step that one
/// rank refuses throws on all, before anything is written.
///
/// @tparam T  the element type: float or double.
/// @tparam E  the element type of parameters and gradients, where the storage of each group gives both another one, as for
///            furl::grouped_optimizer. Gradients and weights are exchanged in this type.
/// State:   of the tensors of a group with one multiplier of "lr", a rank has at most 1 / ranks of the elements and one unit more, as in
///          furl::sharded_optimizer. So a group of less than a unit is on one rank.
/// Cost:    that of furl::sharded_optimizer. The parts of groups, of one multiplier of "lr" each, step one after the other. While one steps, its
///          weights and the gradients that come next are on their way. Gradients of rules with reductions over tensors or functions of matrices
///          come first, so only weights are on their way then. Parts of one message do not overlap.
/// Errors:  std::invalid_argument on all ranks; communication_error if a rank is missed.
/// Limits:  rules have no further inputs, and gradients are of whole tensors.
template <class T = float, class E = T>
class sharded_groups : grouped_optimizer<T, E> {
    using base = grouped_optimizer<T, E>;
    using outcome = detail::local_outcome;

  public:
    using value_type = T;                 ///< the type that it computes in
    using parameter_type = E;             ///< the element type of parameters and gradients
    using group = parameter_group<T, E>;  ///< the type of a group. Its states are this rank's part

    /// @param ranks     a Communicator, which must exist as long as this.
    /// @param settings  how the ranks work together, the same on all.
    template <Communicator C>
    explicit sharded_groups(C& ranks, sharding_settings settings = {}) : ranks_(ranks), settings_(settings) {}
    sharded_groups(const sharded_groups&) = delete;
    sharded_groups& operator=(const sharded_groups&) = delete;

    /// Adds a group with this rule, on all ranks. Groups can be added at any time.
    ///
    /// @param extents   the size or shape of its tensor, a list of these, or the tensors themselves: whole ones.
    /// @param settings  as for furl::grouped_optimizer.
    /// Errors:  std::invalid_argument on all ranks if a setting does not fit, or the ranks do not agree; the message names the first difference.
    template <class Rule, class... Policies, class Extents>
    group& add(const Extents& extents, const group_settings& settings = {}) {
        using local = optimizer<Rule, T, Policies..., detail::rank_share>;
        using engine = typename detail::optimizer_parts<Rule, T, Policies..., detail::rank_share>::engine;
        using plan = typename local::stored;
        static constexpr auto calls = detail::shard_calls::of<local, engine>();
        std::vector<furl::shape> shapes;
        const auto own = outcome::of([&] {
            shapes = detail::list_of_shapes(extents);
            if (!local::info().inputs.empty() || !local::info().step_inputs.empty())
                throw std::invalid_argument("furl: the rule has further inputs; groups on ranks take rules without");
            if constexpr (plan::has_lines && plan::block > 1)
                for (const auto& s : shapes)
                    if (s.rows > 1) detail::require_block_rows<plan>(s.columns);
        });
        detail::agree_on_optimizer(ranks_, own, local::info(), sizeof(T) + 16 * sizeof(E), shapes, settings_);
        agree_on_settings(settings);
        const auto before = shards_.size(), groups = size();
        group* added = nullptr;
        const auto made = outcome::of([&] {
            added = &this->add_made([&](std::span<const furl::shape> some) {
                shards_.emplace_back(ranks_, some, calls, settings_);
                return any_optimizer<T, E>(local(shards_.back().share()));
            }, shapes, settings);
            note_tensors();
        });
        try {
            detail::agree(ranks_, made, 0, [] { return std::vector<std::string>(); });
        } catch (...) {  // no rank has the group
            if (size() > groups) this->drop_last();
            while (shards_.size() > before) shards_.pop_back();
            note_tensors();
            throw;
        }
        return *added;
    }
    template <class Rule, class... Policies>
    group& add(std::initializer_list<std::size_t> sizes, const group_settings& settings = {}) {
        return add<Rule, Policies...>(std::span(sizes.begin(), sizes.size()), settings);
    }
    template <class Rule, class... Policies>
    group& add(std::initializer_list<furl::shape> shapes, const group_settings& settings = {}) {
        return add<Rule, Policies...>(std::span(shapes.begin(), shapes.size()), settings);
    }

    using base::begin, base::end, base::operator[], base::set, base::reset, base::size, base::tensors;

    /// Does one step: adds up (or averages) the gradients of all ranks, steps this rank's shares, and brings the new weights to all ranks.
    ///
    /// @param parameters  whole tensors of all groups, equal on all ranks.
    /// @param gradients   whole tensors, of each rank its own. A tensor may be empty if it is on all ranks.
    /// @returns  whether the step was done, the same on all ranks: false where a rule skipped it or no tensor has a gradient.
    /// Errors:  std::invalid_argument on all ranks, before anything is written, as for furl::grouped_optimizer; also if hyperparameters, step
    ///          counts, frozen groups or the tensors without gradients differ between ranks.
    template <class Parameters, class Gradients>
    bool step(Parameters&& parameters, Gradients&& gradients) {
        return step_on<Parameters, Gradients>(detail::chunk_runner_ref(), parameters, gradients);
    }
    /// Does the same on several threads of each rank: `opt.step(pool, weights, gradients)`.
    template <class Runner, class Parameters, class Gradients>
        requires ChunkRunner<std::remove_reference_t<Runner>>
    bool step(Runner&& runner, Parameters&& parameters, Gradients&& gradients) {
        return step_on<Parameters, Gradients>(detail::chunk_runner_ref(runner), parameters, gradients);
    }
    /// Does the same with braced lists of tensors: `opt.step({w, b}, {grad_w, grad_b})`.
    bool step(std::initializer_list<std::span<E>> parameters, std::initializer_list<gradient_data<E>> gradients) {
        return step_braced(detail::chunk_runner_ref(), parameters, gradients);
    }
    template <class Runner>
        requires ChunkRunner<std::remove_reference_t<Runner>>
    bool step(Runner&& runner, std::initializer_list<std::span<E>> parameters, std::initializer_list<gradient_data<E>> gradients) {
        return step_braced(detail::chunk_runner_ref(runner), parameters, gradients);
    }

    /// Sends this rank's parts of whole tensors to all ranks, and stores theirs. A load of a checkpoint calls it.
    template <class Parameters>
    void gather(Parameters&& parameters) {
        detail::agree(ranks_, outcome::of([&] { list(parameters, weights_, "parameters", [](std::size_t) { return false; }); }), 0, [] { return std::vector<std::string>(); });
        if (is_alone()) return;
        for_each_shard([&](detail::group_shard<E>& shard, const one_part& p) { shard.gather_weights(p.tensors(), weights_); });
    }

    /// The part of a tensor that this rank has, or another.
    ///
    /// Errors:  std::invalid_argument if there is no such rank, or no group has the tensor.
    tensor_part part(std::size_t tensor) const { return part(rank(), tensor); }
    tensor_part part(std::size_t rank, std::size_t tensor) const {
        if (!detail::require_part(rank, ranks(), tensor, places_.size())) return {};
        if (!places_[tensor].shard) return detail::refuse("furl: no group has tensor " + std::to_string(tensor), tensor_part{});
        return places_[tensor].shard->share().part_of(rank, places_[tensor].index);
    }
    /// The numbers of elements of the whole tensors.
    std::span<const std::size_t> sizes() const { return sizes_; }

    /// The number of this rank, and the number of ranks.
    std::size_t rank() const { return ranks_.rank(); }
    std::size_t ranks() const { return ranks_.size(); }

    /// Bytes of the states that this rank has.
    std::size_t state_memory() {
        std::size_t bytes = 0;
        for_each_shard([&](auto&, one_part& p) {
            for (std::size_t s = 0; s < p.info().states.size(); ++s)
                for (std::size_t i = 0; i < p.tensors().size(); ++i) bytes += p.opt().state_bytes(s, i).size();
        });
        return bytes;
    }

    /// The times of the last step that was done.
    const sharded_times& times() const { return times_; }

    /// save_checkpoint and load_checkpoint call these.
    std::vector<detail::saved_share> saved_shares() {
        std::vector<detail::saved_share> shares;
        for (auto& saved : base::saved_parts()) {
            const auto i = shares.size();
            shares.push_back(shards_[i].save(std::move(saved)));
        }
        return shares;
    }
    const detail::communicator_ref& communicator() const { return ranks_; }

  private:
    using one_part = detail::group_part<T, E>;
    struct place {
        detail::group_shard<E>* shard;
        std::size_t index;
        bool writes_gradient;
    };

    detail::communicator_ref ranks_;
    sharding_settings settings_;
    std::deque<detail::group_shard<E>> shards_;  // one for each part of each group, in their order
    // For each tensor of the list of all.
    std::vector<place> places_;
    std::vector<std::size_t> sizes_;
    std::vector<furl::shape> shapes_;       // of tensors whose rule goes by rows; no elements for others
    std::vector<unsigned char> is_frozen_;  // in this step
    // The arguments of a step: whole tensors, and this rank's parts.
    std::vector<std::span<E>> weights_, own_weights_;
    std::vector<std::span<const E>> gradients_, own_gradients_;
    std::vector<unsigned char> is_const_;  // whether a gradient is
    detail::group_exchange<E> exchange_;
    std::vector<const void*> checked_;
    detail::agreed_numbers numbers_;
    sharded_times times_;

    bool is_alone() const { return ranks_.size() == 1; }

    // Calls visit(shard, part) for the parts of all groups.
    template <class Visit>
    void for_each_shard(Visit visit) {
        auto shard = shards_.begin();
        for (auto& g : *this) {
            if (g.tensors() == 0) ++shard;  // that of its only part, which for_each_part leaves out
            g.for_each_part([&](one_part& p) { visit(*shard++, p); });
        }
    }

    void note_tensors() {
        places_.clear(), sizes_.clear(), shapes_.clear();
        for_each_shard([&](detail::group_shard<E>& shard, const one_part& p) {
            for (std::size_t k = 0; k < p.tensors().size(); ++k) {
                const auto number = p.tensors()[k];
                if (places_.size() <= number) places_.resize(number + 1), sizes_.resize(number + 1), shapes_.resize(number + 1);
                places_[number] = {&shard, k, p.info().writes_gradients};
                sizes_[number] = shard.share().sizes()[k];
                if (p.info().has_shape) shapes_[number] = shard.share().shapes()[k];
            }
        });
    }

    void agree_on_settings(const group_settings& settings) {
        numbers_.clear();
        for (const auto& s : settings.settings) numbers_.add("the setting", s.name, s.value);
        for (std::size_t i = 0; i < settings.lr_scale.size(); ++i) numbers_.add("the multiplier", {}, settings.lr_scale[i], i);
        for (std::size_t i = 0; i < settings.tensors.size(); ++i) numbers_.add("the place", {}, static_cast<double>(settings.tensors[i]), i);
        numbers_.add("the frozen flag", settings.frozen);
        detail::agree(ranks_, {}, numbers_.value(), [&] { return numbers_.lines(); });
    }

    // Lists whole tensors. Refuses them if their number or a size is wrong, but those that may_be_empty(tensor) may have no data.
    template <class X, class Element, class MayBeEmpty>
    void list(X& x, std::vector<std::span<Element>>& list, const std::string& what, MayBeEmpty may_be_empty) const {
        detail::list_tensors(x, list);
        if (sizes_.size() != tensors())
            throw std::invalid_argument("furl: " + std::to_string(tensors()) + " tensors are in groups, and the last of them is tensor " + std::to_string(sizes_.size() - 1) +
                                        "; groups must have all tensors");
        if (list.size() != tensors())
            throw std::invalid_argument("furl: " + std::to_string(list.size()) + " tensors of " + what + ", expected " + std::to_string(tensors()) + " of " +
                                        std::to_string(size()) + " groups");
        for (std::size_t i = 0; i < list.size(); ++i)
            if (list[i].size() != sizes_[i] && !(list[i].empty() && may_be_empty(i)))
                throw std::invalid_argument("furl: tensor " + std::to_string(i) + ": " + what + " have " + std::to_string(list[i].size()) + " elements, expected " +
                                            std::to_string(sizes_[i]) + " as at construction");
    }

    // This rank's parts of the tensors of a step.
    void take_parts() {
        own_weights_.assign(tensors(), {}), own_gradients_.assign(tensors(), {});
        for (std::size_t i = 0; i < sizes_.size(); ++i) {
            if (is_frozen_[i]) continue;
            const auto here = part(i);
            own_weights_[i] = weights_[i].subspan(here.first, here.count);
            if (gradients_[i].empty() && sizes_[i] > 0) continue;  // a null pointer: it has no gradient
            own_gradients_[i] = is_alone() ? gradients_[i] : std::span<const E>(places_[i].shard->sum(places_[i].index));
        }
    }

    // Throws on all ranks unless all have taken the arguments, with equal numbers. Returns whether all ranks step on one thread.
    bool agree_on_step(const outcome& own, bool on_one_thread) {
        numbers_.clear();
        for (auto& g : *this) {
            if (g.tensors() > 0) numbers_.add("the frozen flag", {}, g.frozen(), g.number(0));
            g.for_each_part([&](one_part& p) {
                const auto first = p.tensors()[0];
                numbers_.add("the step count", {}, static_cast<double>(p.opt().step_count()), first);
                for (const auto& s : p.opt().settings()) numbers_.add("hyperparameter", s.name, s.value, first);
                for (auto name : p.info().tensor_hyperparameters)
                    for (std::size_t k = 0; k < p.tensors().size(); ++k) numbers_.add("hyperparameter", name, p.opt().get(name, k), p.tensors()[k]);
            });
        }
        for (std::size_t i = 0; i < std::min(gradients_.size(), sizes_.size()); ++i)
            if (!is_frozen_[i]) numbers_.add("the number of gradients", {}, gradients_[i].empty() && sizes_[i] > 0 ? 0 : 1, i);
        return detail::agree(ranks_, own, numbers_.value(), [&] { return numbers_.lines(); }, on_one_thread);
    }

    // Lists the tensors of a step: any may have no gradient, and a frozen one no parameters.
    template <class P, class G>
    void list_all(P& parameters, G& gradients) {
        list(parameters, weights_, "parameters", [&](std::size_t i) { return is_frozen_[i] != 0; });
        list(gradients, gradients_, "gradients", [](std::size_t) { return true; });
    }

    template <class Parameters, class Gradients, class P, class G>
    bool step_on(detail::chunk_runner_ref runner, P& parameters, G& gradients) {
        if constexpr (!detail::data_fits<detail::elements_of<E>, false, Parameters, Gradients>()) return false;
        else
            return run(runner, [&] {
                detail::require_layouts(0, parameters, gradients);
                detail::require_rows("parameters", 0, shapes_, parameters);
                detail::require_rows("gradients", 0, shapes_, gradients);
                list_all(parameters, gradients);
                is_const_.assign(gradients_.size(), !detail::are_writable<G>);
            });
    }
    bool step_braced(detail::chunk_runner_ref runner, std::initializer_list<std::span<E>> parameters, std::initializer_list<gradient_data<E>> gradients) {
        return run(runner, [&] {
            std::vector<std::span<const E>> values;
            is_const_.clear();
            for (const auto& g : gradients) {
                is_const_.push_back(g.is_const());
                if (g.rows()) throw std::invalid_argument("furl: gradients of some rows are for one process; groups on ranks take whole ones");
                values.push_back(g.values());
            }
            list_all(parameters, values);
        });
    }

    // Does a step; `take_lists` lists whole tensors, or throws.
    template <class TakeLists>
    bool run(detail::chunk_runner_ref runner, TakeLists take_lists) {
        bool has_begun = false;
        is_frozen_.assign(sizes_.size(), 0);
        for (auto& g : *this)
            for (std::size_t k = 0; g.frozen() && k < g.tensors(); ++k) is_frozen_[g.number(k)] = 1;
        weights_.clear(), gradients_.clear();
        const bool on_one_thread = agree_on_step(outcome::of([&] {
            take_lists();
            detail::require_apart(weights_, gradients_, [&](std::size_t i) { return places_[i].writes_gradient && !is_frozen_[i]; }, checked_);
            take_parts();
            this->set_gradients(own_gradients_, is_const_);
            has_begun = this->take(own_weights_, {});
        }), runner.concurrency() == 1);
        if (!has_begun) return false;
        times_ = {};
        if (is_alone()) {
            const detail::added_time watch(times_.step);
            return this->go(own_weights_, runner);
        }
        return go_and_exchange(runner, on_one_thread);
    }

    // Adds up the gradients of all ranks, steps, and brings the weights to all ranks.
    bool go_and_exchange(detail::chunk_runner_ref runner, bool on_one_thread) {
        exchange_.clear();
        for_each_active([&](detail::group_shard<E>& shard, const one_part& p) {
            shard.take(p.tensors(), weights_, gradients_);
            exchange_.add(shard, p.info().passes);
        });
        detail::calls_in_order calls(ranks_);
        exchange_.scatter(calls, times_);
        if (!go_timed(runner, [&](const auto& some) { exchange_.run_last(calls, some, runner, on_one_thread, times_); })) return false;
        exchange_.gather(calls, times_);
        for (const auto* p : this->active_parts())
            if (p->info().writes_gradients)
                for (auto i : p->tensors()) std::fill_n(const_cast<E*>(gradients_[i].data()), gradients_[i].size(), E{});
        return true;
    }

    // Steps, and counts the time that is not counted in what it calls.
    template <class RunLast>
    bool go_timed(detail::chunk_runner_ref runner, RunLast run_last) {
        const auto sum = [&] { return times_.scatter + times_.step + times_.gather; };
        const auto before = sum();
        double all = 0;
        const bool done = [&] {
            const detail::added_time watch(all);
            return this->go(own_weights_, runner, run_last);
        }();
        times_.step += all - (sum() - before);
        return done;
    }

    // Calls visit(shard, part) for the parts that take part in the step.
    template <class Visit>
    void for_each_active(Visit visit) {
        const auto active = this->active_parts();
        auto next = active.begin();
        for_each_shard([&](detail::group_shard<E>& shard, one_part& p) {
            if (next == active.end() || *next != &p) return;
            ++next;
            visit(shard, p);
        });
    }
};

}  // namespace furl
