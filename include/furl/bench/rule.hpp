#pragma once

#include <furl/bench/data.hpp>
#include <furl/bench/job.hpp>
#include <furl/bench/limits.hpp>
#include <furl/bench/placement.hpp>
#include <furl/optimizer.hpp>
#include <furl/program/cost.hpp>
#include <furl/threads/thread_pool.hpp>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE::bench {

namespace detail {

// The name of the K-th input of a plan: of one with data, or of a number of the step.
template <class Plan, op Kind, std::size_t K>
struct input_name {
    static constexpr auto view = Kind == op::step_input ? Plan::program.step_inputs[K] : Plan::program.inputs[K];
    static constexpr auto literal = [] {
        char text[view.size() + 1]{};
        std::copy(view.begin(), view.end(), text);
        return fixed_string<view.size() + 1>(text);
    }();
    using type = furl::name<literal>;
};

}  // namespace detail

/// The loops for one rule at one size: the fused loop, the naive loops, the textbook's scalar loop, and the limits. All of
/// them use the same parameters, gradients and inputs, placed where they disturb furl's states and each other least.
template <class Rule, class T = float>
class rule_loops {
    using plan = furl::plan<Rule, contracted>;
    using fused_optimizer = optimizer<Rule, T>;
    using naive_optimizer = naive<Rule, T>;
    using textbook_optimizer = reference<Rule, T>;
    using limit = memory_limit<plan, T>;
    static constexpr auto counts = cost<Rule, T>;

  public:
    static constexpr double bytes_per_parameter = counts.bytes_per_parameter;

    explicit rule_loops(std::size_t n, std::size_t threads = 1) : n_(n), fused_(n) {
        if (threads > 1) pool_.emplace(threads);
        for (std::size_t s = 0; s < plan::first_state; ++s) {
            std::vector<const T*> taken;
            for (auto name : fused_optimizer::states()) taken.push_back(fused_.state(name).data());
            for (auto& stream : given_) taken.push_back(stream.values().data());
            given_.emplace_back(n, distant_offset(taken));
            fill(given_.back().values(), static_cast<std::uint32_t>(s));
        }
        // If memory is short, the slow loops are left out.
        const auto stream = static_cast<double>(n) * sizeof(T);
        const auto needed = stream * (2 * counts.states + counts.operations());
        if (needed < 0.8 * memory_available()) {
            naive_.emplace(n);
            textbook_.emplace(n);
        }
        each_optimizer([](auto& opt) {
            for (auto name : fused_optimizer::hyperparameters())
                if (name == "lr") opt.set(name, 1e-6);  // so that parameters stay near their start
        });
    }

    /// Makes the loops for one size. They share one object.
    static std::vector<loop> prepare(std::size_t n, std::size_t threads = 1) {
        const auto self = std::make_shared<rule_loops>(n, threads);
        std::vector<loop> loops{{"fused", [self](std::size_t calls) { self->steps(self->fused_, calls); }}};
        if (self->pool_)
            loops.push_back(on_threads(threads, "fused",
                                       [self](std::size_t calls) { self->steps(self->fused_, calls, *self->pool_); }));
        if (self->naive_) {
            loops.push_back({"naive", [self](std::size_t calls) { self->steps(*self->naive_, calls); }});
            loops.push_back({"textbook", [self](std::size_t calls) { self->steps(*self->textbook_, calls); }});
        }
        loops.push_back({"memory", [self](std::size_t calls) { self->memory(calls); }});
        if (self->pool_)
            loops.push_back(on_threads(threads, "memory", [self](std::size_t calls) { self->memory(calls, *self->pool_); }));
        if constexpr (counts.square_roots + counts.divisions > 0)
            loops.push_back({"divider", [n](std::size_t calls) {
                                 for (; calls > 0; --calls)
                                     keep(divider_limit<T, counts.square_roots, counts.divisions>(n));
                             }});
        return loops;
    }

  private:
    std::size_t n_;
    fused_optimizer fused_;
    std::optional<naive_optimizer> naive_;
    std::optional<textbook_optimizer> textbook_;
    std::vector<placed_stream<T>> given_;  // parameters, gradients, inputs
    std::optional<thread_pool> pool_;

    template <class F>
    void each_optimizer(F f) {
        f(fused_);
        if (naive_) f(*naive_), f(*textbook_);
    }

    template <class Optimizer, class... Pool>
    void steps(Optimizer& opt, std::size_t calls, Pool&... pool) {
        [&]<std::size_t... K, std::size_t... N>(std::index_sequence<K...>, std::index_sequence<N...>) {
            const std::span<T> param = given_[0].values(), grad = given_[1].values();
            for (; calls > 0; --calls)
                opt.step(pool..., param, grad,
                         input_binding<typename detail::input_name<plan, op::input, K>::type, const std::span<T>>{
                             given_[2 + K].values()}...,
                         number_binding<typename detail::input_name<plan, op::step_input, N>::type>{1}...);
        }(std::make_index_sequence<plan::inputs>{}, std::make_index_sequence<plan::program.step_inputs.size()>{});
    }

    template <class... Pool>
    void memory(std::size_t calls, Pool&... pool) {
        typename limit::pointers streams{};
        std::size_t s = 0;
        for (auto& stream : given_) streams[s++] = stream.values().data();
        for (auto name : fused_optimizer::states()) streams[s++] = fused_.state(name).data();
        limit::repeat(calls, streams, n_, pool...);
    }
};

/// Adds the jobs of a rule, one for each size.
template <class Rule, class T = float>
void add_rule(const std::string& name, const settings& s, std::vector<job>& jobs) {
    for (auto n : s.sizes)
        jobs.push_back({name, n, rule_loops<Rule, T>::bytes_per_parameter,
                        [n, threads = s.threads] { return rule_loops<Rule, T>::prepare(n, threads); }});
}

}  // namespace furl::bench
