#pragma once

#include <furl/execute/evaluate.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// The states of one value per tensor or per step, in double. Threads read the old values while the new ones are noted; a step
/// that is done keeps the noted values.
template <class Plan>
class scalar_states {
    using values = registers<Plan, double>;
    static constexpr const auto& program = Plan::program;

  public:
    explicit scalar_states(std::size_t tensors)
        : tensors_(tensors), old_(program.states.size() * stride()), next_(has_tensor_states ? old_.size() : 0) {
        fill([](const state_entry&) { return true; });
    }

    template <domain Where>
    static constexpr bool has_states = [] {
        for (const auto& s : program.states)
            if (s.where == Where) return true;
        return false;
    }();
    static constexpr bool has_tensor_states = has_states<domain::tensor>;

    /// Returns the number that a state is filled with. A state that starts from an expression takes its value in the first step.
    static constexpr double initial_value(const state_entry& s) {
        return program[s.initial].code == op::constant ? program[s.initial].value : 0.0;
    }

    /// Returns a state by its place in the program's table. A state of a step is the same for every tensor.
    double& at(std::size_t state, std::size_t tensor) { return old_.empty() ? nowhere_ : old_[place(state, tensor)]; }

    /// Returns the values of all tensors, of a state of one value per tensor.
    std::span<double> of_tensors(std::size_t state) {
        return old_.empty() ? std::span<double>() : std::span(old_).subspan(state * stride(), tensors_);
    }

    /// To be called before a step. Returns whether all tensors have equal states: usually they do, and then one evaluation is
    /// enough for all.
    bool find_whether_all_are_equal() {
        all_equal_ = true;
        for (std::size_t i = 0; i < program.states.size(); ++i) {
            if (program.states[i].where != domain::tensor) continue;
            const auto list = of_tensors(i);
            if (list.size() > 1)  // each is equal to the next
                all_equal_ = all_equal_ && std::memcmp(&list[0], &list[1], (list.size() - 1) * sizeof(double)) == 0;
        }
        return all_equal_;
    }
    void treat_apart() { all_equal_ = false; }
    bool all_are_equal() const { return all_equal_; }

    /// Whether two tensors have equal states.
    bool are_equal(std::size_t a, std::size_t b) const {
        for (std::size_t i = 0; i < program.states.size(); ++i)
            if (program.states[i].where == domain::tensor && !have_equal_bits(old_[place(i, a)], old_[place(i, b)])) return false;
        return true;
    }

    /// Whether a step of another optimizer of this rule reads the same states, and one evaluation is enough for all its tensors.
    bool begin_like(const scalar_states& other) const {
        bool equal = all_equal_ == other.all_equal_;
        for (std::size_t i = 0; i < program.states.size(); ++i)
            if (program.states[i].where != domain::element)
                equal = equal && have_equal_bits(old_[place(i, 0)], other.old_[other.place(i, 0)]);
        return equal;
    }

    /// Sets all states as before the first step, except those that the user sets.
    void reset() {
        fill([](const state_entry& s) { return s.role != state_role::hyperparameter; });
    }

    /// These note the new values of the states of a tensor, and of the states of one value per step.
    void note_tensor(const values& now, std::size_t tensor) {
        for_each<domain::tensor>([&](std::size_t state, auto next) { next_[place(state, tensor)] = now.value[next]; });
    }
    void note_step(const values& now) {
        for_each<domain::step>([&](std::size_t state, auto next) { next_of_step_[state] = now.value[next]; });
    }

    /// Keeps the new values of a step that is done, in which all tensors had equal states.
    void keep_for_all(const values& now) {
        for_each<domain::tensor>([&](std::size_t state, auto next) {
            const auto list = of_tensors(state);
            if (!list.empty() && !have_equal_bits(list[0], now.value[next])) std::ranges::fill(list, now.value[next]);
        });
        for_each<domain::step>([&](std::size_t state, auto next) { at(state, 0) = now.value[next]; });
    }

    /// Keeps the noted values of a step that is done, for the tensors that had a part in it.
    template <class HadPart>
    void keep(HadPart had_part) {
        for_each<domain::step>([&](std::size_t state, auto) { at(state, 0) = next_of_step_[state]; });
        for_each<domain::tensor>([&](std::size_t state, auto) {
            for (std::size_t i = 0; i < of_tensors(state).size(); ++i)
                if (had_part(i)) at(state, i) = next_[place(state, i)];
        });
    }

  private:
    std::size_t tensors_;
    std::vector<double> old_;   // by state, then by tensor; a state of the step is at the first tensor
    std::vector<double> next_;  // the noted values of states of a tensor
    std::array<double, program.states.size()> next_of_step_{};
    double nowhere_ = 0;  // stands for a state where this was moved from
    bool all_equal_ = false;

    std::size_t stride() const { return std::max<std::size_t>(tensors_, 1); }
    std::size_t place(std::size_t state, std::size_t tensor) const {
        return state * stride() + (program.states[state].where == domain::tensor ? tensor : 0);
    }

    template <class IsFilled>
    void fill(IsFilled is_filled) {
        for (std::size_t i = 0; i < program.states.size(); ++i)
            if (is_filled(program.states[i]) && !old_.empty())
                std::ranges::fill(std::span(old_).subspan(i * stride(), stride()), initial_value(program.states[i]));
    }

    // Visits the states that a step changes: all but those that the user sets.
    template <domain Where, class Visit>
    static void for_each(Visit visit) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (
                [&] {
                    if constexpr (program.states[I].where == Where && program.states[I].role != state_role::hyperparameter)
                        visit(I, std::integral_constant<std::int16_t, program.states[I].next>{});
                }(),
                ...);
        }(std::make_index_sequence<program.states.size()>{});
    }
};

}  // namespace furl::detail
