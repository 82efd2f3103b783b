#pragma once

#include <furl/distributed/agreement.hpp>
#include <furl/distributed/communicator.hpp>
#include <furl/distributed/refused.hpp>
#include <furl/distributed/share_streams.hpp>
#include <furl/distributed/sharding.hpp>
#include <furl/optimizer.hpp>
#include <furl/optimizer/saved_part.hpp>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace FURL_NAMESPACE {

/// An optimizer whose states are spread over ranks: each rank has the states of its share of all elements, and steps these. Weights and
/// gradients are whole on each rank, as in data-parallel training.
///
///     furl::mpi ranks(MPI_COMM_WORLD);
///     furl::sharded_optimizer<my_rule> opt(ranks, sizes);
///     opt.step(weights, gradients);      // adds up the gradients of all ranks; then all have the new weights
///
/// Given equal sums of gradients, weights and states have the same bits for any number of ranks, and as in furl::optimizer. That includes
/// norms, clipping and trust ratios: the partial results of reductions come together in one tree. The sums are in the order of the ranks,
/// ((g0 + g1) + g2) + ..., in the element type; elements of 16 bits are added up in float, and the sum is rounded once.
///
/// All ranks make it together, and then make the same calls in the same order. A call that one rank refuses throws on all, before anything
/// is written.
///
/// @tparam Rule      as for furl::optimizer.
/// @tparam T         as for furl::optimizer.
/// @tparam Policies  as for furl::optimizer.
/// State:   a rank has at most 1 / ranks of all elements and one unit more. A unit is 4096 elements. If the rule has values of rows or
///          columns it is a row, or a group of rows (2^18 elements, or 1/32 of a larger tensor) if more than rows is reduced; with
///          functions of matrices it is a tensor. States of columns, tensors and the step are on each rank.
/// Cost:    a rank sends and receives (ranks - 1) / ranks of the gradients and as much of the weights, 16 bytes from each rank to agree,
///          and 8 bytes for each reduction and unit. If each rank steps on one thread, the last walk of the step overlaps with the exchange.
/// Errors:  std::invalid_argument on all ranks; communication_error if a rank is missed.
/// Limits:  gradients of some rows, and steps tensor by tensor, are those of furl::optimizer.
template <class Rule, class T = float, class... Policies>
class sharded_optimizer : detail::sharding, optimizer<Rule, T, Policies..., detail::rank_share> {
    using local = optimizer<Rule, T, Policies..., detail::rank_share>;
    using plan = typename local::stored;
    using engine = typename detail::optimizer_parts<Rule, T, Policies..., detail::rank_share>::engine;
    using elements = typename step_arguments<plan>::element_types;
    using outcome = detail::local_outcome;
    static constexpr bool writes_gradients = plan::program.gradient >= 0;
    using sum_type = std::remove_const_t<typename plan::template format<1>::element>;
    using gradient_type = std::conditional_t<writes_gradients, sum_type, const sum_type>;

  public:
    using rule = Rule;                                      ///< the rule that it runs
    using value_type = T;                                   ///< the type that it computes in
    using parameter_type = typename local::parameter_type;  ///< the element type of the parameters

    /// Makes this rank's part of the optimizer, for tensors of these sizes or shapes, or for these tensors.
    ///
    /// @param ranks    a Communicator, which must exist as long as this.
    /// @param extents  the same on all ranks.
    /// @param settings how the ranks work together, the same on all.
    /// Errors:  std::invalid_argument on all ranks if extents, rules or settings differ between them; it names the first difference.
    template <Communicator C, class Extents>
    sharded_optimizer(C& ranks, const Extents& extents, sharding_settings settings = {})
        : sharding(detail::communicator_ref(ranks), agreed(detail::communicator_ref(ranks), extents, settings), &engine::unit, settings), local(this->share_),
          streams_(list_, ranks_.rank(), settings.elements(ranks_.size(), std::max(sizeof(parameter_type), sizeof(sum_type))), this->largest_piece(&engine::piece)), sums_(is_alone() ? 0 : list_.count_of(ranks_.rank())) {}
    template <Communicator C>
    sharded_optimizer(C& ranks, std::initializer_list<std::size_t> sizes, sharding_settings settings = {})
        : sharded_optimizer(ranks, std::span(sizes.begin(), sizes.size()), settings) {}
    template <Communicator C>
    sharded_optimizer(C& ranks, std::initializer_list<furl::shape> shapes, sharding_settings settings = {})
        : sharded_optimizer(ranks, std::span(shapes.begin(), shapes.size()), settings) {}

    /// Does one step: adds up (or averages) the gradients of all ranks, steps this rank's share, and brings the new weights to all ranks.
    ///
    /// @param parameters  whole tensors, equal on all ranks.
    /// @param gradients   whole tensors, of each rank its own. A tensor may be empty if it is on all ranks.
    /// @param inputs      as for furl::optimizer. Data is whole, of which a rank reads its part; it is not added up. Numbers are equal on
    ///                    all ranks.
    /// @returns  whether the step was done, the same on all ranks: false where the rule skipped it or no tensor has a gradient.
    /// Errors:  std::invalid_argument on all ranks, before anything is written, as for furl::optimizer; also if hyperparameters, numbers
    ///          of the step, step counts or the tensors without gradients differ between ranks.
    template <class Parameters, class Gradients, detail::InputBinding... Inputs>
    bool step(Parameters&& parameters, Gradients&& gradients, const Inputs&... inputs) {
        return step(serial{}, std::forward<Parameters>(parameters), std::forward<Gradients>(gradients), inputs...);
    }
    /// Does the same on several threads of each rank: `opt.step(pool, weights, gradients)`.
    template <class Runner, class Parameters, class Gradients, detail::InputBinding... Inputs>
        requires ChunkRunner<std::remove_reference_t<Runner>>
    bool step(Runner&& runner, Parameters&& parameters, Gradients&& gradients, const Inputs&... inputs) {
        if constexpr (detail::data_fits<elements, writes_gradients, Parameters, Gradients, Inputs...>()) {
            std::optional<typename local::session> begun;
            const bool in_pieces = agree_on_step(begun, outcome::of([&] {
                require_shapes(parameters, gradients, inputs...);
                list(parameters, own_weights_, "parameters", extent::whole, false);
                list(gradients, own_gradients_, "gradients", extent::whole, true);
                detail::require_apart(own_weights_, own_gradients_, [](std::size_t) { return writes_gradients; }, checked_);
                note_absent();
                all_weights_.clear(), all_gradients_.clear();
                for (const auto& w : own_weights_) all_weights_.push_back(w.data());
                for (const auto& g : own_gradients_) all_gradients_.push_back(g.empty() ? nullptr : g.data());
                keep_parts(own_weights_);
                if (is_alone()) begin_with(begun, own_weights_, own_gradients_, extent::whole, inputs...);
                else begin_with(begun, own_weights_, parts_of_sums(), extent::whole, inputs...);
            }), engine::takes_pieces && detail::concurrency_of(runner) == 1);
            times_ = {};
            if (!(is_alone() ? run(*begun, runner) : run_and_exchange(*begun, runner, in_pieces))) return false;
            if constexpr (writes_gradients)
                for (std::size_t i = 0; i < all_gradients_.size(); ++i)
                    if (all_gradients_[i] && !is_alone()) std::fill_n(all_gradients_[i], share_.sizes()[i], sum_type{});
            return true;
        } else return false;
    }
    /// Does the same with braced lists of tensors: `opt.step({w, b}, {grad_w, grad_b})`.
    template <detail::InputBinding... Inputs>
    bool step(std::initializer_list<std::span<parameter_type>> parameters, std::initializer_list<std::span<gradient_type>> gradients, const Inputs&... inputs) {
        return step(serial{}, std::span(parameters.begin(), parameters.size()), std::span(gradients.begin(), gradients.size()), inputs...);
    }

    /// Does one step of gradients that are added up and scattered already, and leaves the weights where they are: for programs that keep
    /// weights in shares too. Partial results of reductions are exchanged, so the step is that of all ranks.
    ///
    /// @param parameters  this rank's part of each tensor: part(tensor).count elements.
    /// @param gradients   the same. None may be left out.
    /// @param inputs      the same.
    /// @returns  as step().
    /// Errors:  as for step().
    template <class Parameters, class Gradients, detail::InputBinding... Inputs>
    bool step_sharded(Parameters&& parameters, Gradients&& gradients, const Inputs&... inputs) {
        return step_sharded(serial{}, std::forward<Parameters>(parameters), std::forward<Gradients>(gradients), inputs...);
    }
    template <class Runner, class Parameters, class Gradients, detail::InputBinding... Inputs>
        requires ChunkRunner<std::remove_reference_t<Runner>>
    bool step_sharded(Runner&& runner, Parameters&& parameters, Gradients&& gradients, const Inputs&... inputs) {
        if constexpr (detail::data_fits<elements, writes_gradients, Parameters, Gradients, Inputs...>()) {
            std::optional<typename local::session> begun;
            agree_on_step(begun, outcome::of([&] {
                list(parameters, own_weights_, "parameters", extent::part, false);
                list(gradients, own_gradients_, "gradients", extent::part, false);
                absent_.assign(own_gradients_.size(), 0);
                begin_with(begun, own_weights_, own_gradients_, extent::part, inputs...);
            }));
            times_ = {};
            return run(*begun, runner);
        } else return false;
    }

    /// Sends this rank's part of whole tensors to all ranks, and stores theirs: after step_sharded on parts of these tensors.
    ///
    /// Errors:  std::invalid_argument on all ranks if sizes do not fit.
    template <class Parameters>
    void gather(Parameters&& parameters) {
        detail::agree(ranks_, outcome::of([&] {
            list(parameters, own_weights_, "parameters", extent::whole, false);
            all_weights_.clear();
            for (const auto& w : own_weights_) all_weights_.push_back(w.data());
        }), 0, [] { return std::vector<std::string>(); });
        if (is_alone()) return;
        detail::calls_in_order calls(ranks_);
        streams_.weights().gather(calls, all_weights_);
    }

    /// The part of a tensor that this rank has, or another.
    ///
    /// Errors:  std::invalid_argument if there is no such rank or tensor.
    tensor_part part(std::size_t tensor) const { return part(rank(), tensor); }
    tensor_part part(std::size_t rank, std::size_t tensor) const {
        return detail::require_part(rank, ranks(), tensor, tensors()) ? share_.part_of(rank, tensor) : tensor_part{};
    }

    /// The number of this rank, and the number of ranks.
    std::size_t rank() const { return ranks_.rank(); }
    std::size_t ranks() const { return ranks_.size(); }

    /// The whole tensors: how many, their sizes, and their shapes.
    std::size_t tensors() const { return share_.sizes().size(); }
    std::span<const std::size_t> sizes() const { return share_.sizes(); }
    std::span<const furl::shape> shapes() const { return share_.shapes(); }

    /// Bytes of the states that this rank has.
    std::size_t state_memory() {
        std::size_t bytes = 0;
        for (std::size_t s = 0; s < info().states.size(); ++s)
            for (std::size_t i = 0; i < tensors(); ++i) bytes += this->state_bytes(s, i).size();
        return bytes;
    }

    /// The times of the last step that was done.
    const sharded_times& times() const { return times_; }

    /// save_checkpoint and load_checkpoint call these.
    std::vector<detail::saved_share> saved_shares() { return {detail::saved_share::of<plan>(detail::saved_part::of(static_cast<local&>(*this)), share_)}; }
    const detail::communicator_ref& communicator() const { return ranks_; }

    // Hyperparameters must be set on all ranks. state and read_state give this rank's part.
    using local::operator[], local::set, local::get, local::hyperparameters, local::tensor_hyperparameters, local::state, local::read_state, local::states,
        local::scalar_state, local::scalar_states, local::value, local::value_span, local::info, local::step_count, local::reset;

  private:
    detail::share_streams<parameter_type, sum_type> streams_;
    std::vector<sum_type> sums_;  // the gradients of this rank's share
    std::vector<unsigned char> absent_;
    std::vector<const void*> checked_;  // the addresses that were found apart last
    // The arguments of a step: this rank's parts, and where whole tensors begin.
    std::vector<std::span<parameter_type>> own_weights_;
    std::vector<std::span<gradient_type>> own_gradients_;
    std::vector<parameter_type*> all_weights_;
    std::vector<gradient_type*> all_gradients_;
    detail::agreed_numbers numbers_;
    sharded_times times_;

    bool is_alone() const { return ranks_.size() == 1; }

    // Returns the shapes, once all ranks have said that they have the same.
    template <class Extents>
    static std::vector<furl::shape> agreed(const detail::communicator_ref& ranks, const Extents& extents, const sharding_settings& settings) {
        std::vector<furl::shape> shapes;
        const auto own = outcome::of([&] {
            shapes = detail::list_of_shapes(extents);
            if constexpr (plan::has_lines && plan::block > 1)
                for (const auto& s : shapes)
                    if (s.rows > 1) detail::require_block_rows<plan>(s.columns);
        });
        detail::agree_on_optimizer(ranks, own, local::info(), std::uint64_t{sizeof(T) + 16 * sizeof(parameter_type) + 256 * sizeof(sum_type)}, shapes, settings);
        return shapes;
    }

    template <class Parameters, class Gradients, class... Inputs>
    void require_shapes(Parameters& parameters, Gradients& gradients, const Inputs&... inputs) const {
        detail::require_layouts(0, parameters, gradients, inputs...);
        if constexpr (plan::has_shape) {
            detail::require_rows("parameters", 0, shapes(), parameters);
            detail::require_rows("gradients", 0, shapes(), gradients);
            detail::for_each_data([&](std::string_view name, auto& data) { return detail::require_rows(name, 0, shapes(), data); }, inputs...);
        }
    }

    void note_absent() {
        absent_.assign(own_gradients_.size(), 0);
        for (std::size_t i = 0; i < absent_.size(); ++i) absent_[i] = own_gradients_[i].empty() && sizes()[i] > 0;
    }

    std::vector<std::span<sum_type>> parts_of_sums() {
        std::vector<std::span<sum_type>> parts;
        std::size_t at = 0;
        for (std::size_t i = 0; i < tensors(); ++i) {
            const auto n = part(i).count;
            parts.push_back(absent_[i] ? std::span<sum_type>() : std::span(sums_).subspan(at, n));
            at += n;
        }
        return parts;
    }

    // The data of an input, as this rank's parts; nothing for a number.
    template <class Input>
    auto parts_of_input([[maybe_unused]] const Input& given, [[maybe_unused]] extent is) const {
        if constexpr (detail::NumberBinding<Input>) {
            return std::monostate();
        } else {
            std::vector<std::span<const std::remove_const_t<typename elements::template input<Input>>>> parts;
            list(given.data, parts, "input '" + std::string(name_text<typename Input::name>) + "'", is, true);
            if (is == extent::whole) keep_parts(parts);
            return parts;
        }
    }
    template <class Input, class Parts>
    static auto bound_to([[maybe_unused]] const Input& given, [[maybe_unused]] const Parts& parts) {
        if constexpr (detail::NumberBinding<Input>) return given;
        else return input_binding<typename Input::name, const Parts>{parts};
    }

    template <class Gradients, class... Inputs>
    void begin_with(std::optional<typename local::session>& begun, std::vector<std::span<parameter_type>>& parameters, Gradients&& gradients, [[maybe_unused]] extent is,
                    const Inputs&... inputs) {
        begin_bound(begun, parameters, gradients, std::tuple(parts_of_input(inputs, is)...), std::index_sequence_for<Inputs...>{}, inputs...);
        if (std::ranges::find(absent_, 1) != absent_.end()) begun->leave_out(absent_);
    }

    template <class Gradients, class Lists, std::size_t... K, class... Inputs>
    void begin_bound(std::optional<typename local::session>& begun, std::vector<std::span<parameter_type>>& parameters, Gradients& gradients,
                     [[maybe_unused]] const Lists& lists, std::index_sequence<K...>, const Inputs&... inputs) {
        local::begin(begun, parameters, gradients, bound_to(inputs, std::get<K>(lists))...);
    }

    // Throws on all ranks unless the step begins on all of them, with equal numbers. Returns whether all ranks wish to step in pieces.
    bool agree_on_step(const std::optional<typename local::session>& begun, const outcome& own, bool in_pieces = false) {
        numbers_.clear();
        if (begun) {
            numbers_.add("the step count", static_cast<double>(this->step_count()));
            for (std::size_t i = 0; i < local::hyperparameters().size(); ++i) numbers_.add("hyperparameter", local::hyperparameters()[i], local::hyperparameter_span()[i]);
            for (std::size_t k = 0; k < plan::program.step_inputs.size(); ++k) numbers_.add("step input", plan::program.step_inputs[k], begun->step().tensors.step_inputs[k]);
            for (auto name : local::tensor_hyperparameters())
                for (std::size_t i = 0; i < tensors(); ++i) numbers_.add("hyperparameter", name, local::get(name, i), i);
            for (std::size_t i = 0; i < absent_.size(); ++i) numbers_.add("the number of gradients", {}, absent_[i] ? 0 : 1, i);
        }
        return detail::agree(ranks_, own, numbers_.value(), [&] { return numbers_.lines(); }, in_pieces);
    }

    using together = typename local::session::together;

    // Runs all walks but the last `but`. Returns whether the step goes on.
    template <class Runner>
    bool run_walks(typename local::session& now, Runner& runner, std::size_t but) {
        const detail::added_time watch(times_.step);
        auto* const one = &now.step();
        for (std::size_t walk = 0; walk < plan::order.walks; ++walk) {
            if (!together::prepare({&one, 1}, walk)) return false;
            if (walk + but < plan::order.walks) together::execute({&one, 1}, walk, runner);
        }
        return true;
    }

    template <class Runner>
    bool run(typename local::session& now, Runner& runner) {
        if (!run_walks(now, runner, 0)) return false;
        now.finish();
        return true;
    }

    // Adds up the gradients of all ranks, steps, and brings the weights to all ranks. The last walk overlaps with the exchange, if it is in
    // pieces. The walks before it need all gradients.
    template <class Runner>
    bool run_and_exchange(typename local::session& now, Runner& runner, bool in_pieces) {
        constexpr bool has_sums = plan::order.walks > 1;
        detail::calls_in_order calls(ranks_);
        const typename decltype(streams_)::arguments a{all_weights_, all_gradients_, sums_.data(), settings_.mean};
        if constexpr (has_sums) {
            const detail::added_time watch(times_.scatter);
            streams_.gradients().scatter(calls, a.gradients, a.sums, a.mean);
        }
        if (!run_walks(now, runner, 1)) return false;
        if constexpr (!has_sums) streams_.send_first(calls, a);
        detail::tensor_place at;
        streams_.step(calls, a, has_sums, in_pieces, times_, [] {}, [&](std::size_t element) {
            if (!in_pieces) {
                auto* const one = &now.step();
                together::execute({&one, 1}, plan::order.walks - 1, runner);
            } else if constexpr (engine::takes_pieces) {
                const auto to = this->place_here(element, &engine::piece);
                together::execute_between(now.step(), {at.tensor, at.element}, {to.tensor, to.element});
                at = to;
            }
        });
        streams_.end(calls, a, times_);
        now.finish();
        return true;
    }
};

// This is the optimizer of a rule that is not well formed, or of policies that do not fit.
template <class Rule, class T, class... Policies>
    requires(!detail::can_be_optimizer<Rule, T, Policies...>())
class sharded_optimizer<Rule, T, Policies...> : public detail::refused_sharded_optimizer<Rule, T, Policies...> {
  public:
    using detail::refused_sharded_optimizer<Rule, T, Policies...>::refused_sharded_optimizer;
};

}  // namespace furl
