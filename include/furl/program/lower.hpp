#pragma once

#include <furl/base/finite.hpp>
#include <furl/language/expression.hpp>
#include <furl/program/program.hpp>

#include <algorithm>

namespace FURL_NAMESPACE {

/// The update of a rule, laid out as a graph.
template <class Rule>
inline constexpr auto graph_of = [] {
    const auto update = as_expression(Rule::update);
    graph<graph_capacity<0, std::remove_cv_t<decltype(update)>>> g;
    g.root = detail::lay_out(update, g);
    return g;
}();

namespace detail {

// Turns a graph into a program: names become table entries, `updated` becomes the update, and each state gets its domain.
template <std::size_t N, std::size_t Capacity>
struct lowering {
    const graph<N>& source;
    program<Capacity> out{};
    std::int16_t emitted[N]{};
    bool visiting[N]{};

    constexpr explicit lowering(const graph<N>& g) : source(g) {
        for (auto& e : emitted) e = -1;
    }

    constexpr const node& at(std::int16_t i) const { return source.nodes[static_cast<std::size_t>(i)]; }

    constexpr void collect_names() {
        for (const auto& n : source.nodes) {
            if (n.code == op::hyper) declare_hyper(n);
            // One with a name takes the place of a derivative that is not known: that of the function of this name.
            if (n.code == op::refused) out.fail(n.name.empty() ? mistake::told : mistake::no_derivative, n.name);
            const bool has_name = n.code == op::hyper || n.code == op::tensor_hyper || n.code == op::input ||
                                  n.code == op::step_input || n.code == op::let || n.code == op::state;
            if (has_name && n.name.empty()) out.fail(mistake::empty_name);
            // The program itself defines states of such names: see initialize.hpp.
            if (has_name && n.name.starts_with("furl.")) out.fail(mistake::defined_twice, n.name);
            if (n.code == op::input) {
                if (out.inputs.full()) out.fail(mistake::too_large);
                else out.inputs.push_back(n.name);
            }
            if (n.code == op::step_input) {
                if (out.step_inputs.full()) out.fail(mistake::too_large);
                else out.step_inputs.push_back(n.name);
            }
            if (n.code == op::state) {
                for (const auto& s : out.states)
                    if (s.name == n.name) out.fail(mistake::defined_twice, n.name);
                if (out.states.full()) out.fail(mistake::too_large);
                else out.states.push_back(state_of(n));
            }
            if (n.code == op::tensor_hyper) declare_tensor_hyper(n);
        }
        for (const auto& h : out.hypers) {
            if (is_nan(h.default_value)) out.fail(mistake::no_default, h.name);
            if (const auto* s = find_state(h.name); s && s->role == state_role::hyperparameter) out.fail(mistake::defined_twice, h.name);
        }
        // A step is given inputs of both kinds by their names.
        for (auto given : out.step_inputs) {
            const bool is_input = std::ranges::find(out.inputs, given) != out.inputs.end();
            const bool is_hyper = std::ranges::find(out.hypers, given, &hyper_entry::name) != out.hypers.end();
            if (is_input || is_hyper) out.fail(mistake::name_is_taken, given);
        }
        for (const auto& n : source.nodes)
            if (n.code == op::previous && !find_state(n.name)) out.fail(mistake::state_not_defined, n.name);
    }

    // Makes the table entry of a state's node. Its values are still indices of nodes.
    constexpr state_entry state_of(const node& n) const {
        state_entry s{n.name, domain::step, n.operands[0], n.operands[1], n.operands[2]};
        if (const auto& initial = at(s.initial); initial.code == op::starts) {
            s.initial = initial.operands[0];
            s.starts = initial.operands[1];
        }
        return s;
    }

    constexpr void declare_tensor_hyper(const node& n) {
        if (is_nan(n.value)) return out.fail(mistake::no_default, n.name);
        const auto i = static_cast<std::int16_t>(&n - source.nodes.begin());
        for (const auto& s : out.states) {
            if (s.name != n.name) continue;
            if (s.role != state_role::hyperparameter) out.fail(mistake::defined_twice, n.name);
            else if (at(s.next).value != n.value) out.fail(mistake::two_defaults, n.name);
            return;
        }
        if (out.states.full()) return out.fail(mistake::too_large);
        state_entry s{n.name, domain::tensor, i, i};
        s.role = state_role::hyperparameter;
        out.states.push_back(s);
    }

    constexpr const state_entry* find_state(std::string_view name) const {
        for (const auto& s : out.states)
            if (s.name == name) return &s;
        return nullptr;
    }

    constexpr void declare_hyper(const node& n) {
        for (auto& h : out.hypers) {
            if (h.name != n.name) continue;
            if (is_nan(h.default_value)) h.default_value = n.value;
            else if (!is_nan(n.value) && h.default_value != n.value) out.fail(mistake::two_defaults, n.name);
            return;
        }
        if (out.hypers.full()) out.fail(mistake::too_large);
        else out.hypers.push_back({n.name, n.value});
    }

    // The domain of a state is that of its recurrence joined with that of its initial value. A recurrence may read the state
    // itself, so the domains are joined until none changes.
    constexpr void find_state_domains() {
        domain domains[N]{};
        for (bool changed = true; changed;) {
            changed = false;
            for (std::size_t i = 0; i < source.nodes.size(); ++i) {
                const auto& n = source.nodes[i];
                domain found = domain::step;
                for (auto operand : n.operands)
                    if (operand >= 0) found = join(found, domains[operand]);
                if (info(n.code).kind == op_kind::leaf || n.code == op::random) {
                    // Only the domain of a state is looked up by its name.
                    const auto slot = n.code == op::previous ? out.slot_of(n) : std::int16_t{-1};
                    found = out.domain_of(instruction{{n.code, {-1, -1, -1}, n.value, n.name, n.over}, domain::step, slot});
                } else if (info(n.code).kind == op_kind::reduction) {
                    found = out.reduced(found, n.over);
                } else if (n.code == op::starts) {
                    found = domains[n.operands[0]];  // when a state starts does not change how many values it has
                }
                domains[i] = found;
            }
            for (auto& s : out.states) {
                const auto wanted = join(s.where, join(domains[s.next], domains[s.initial]));
                changed = changed || wanted != s.where;
                s.where = wanted;
            }
        }
    }

    constexpr std::int16_t emit(std::int16_t i) {
        auto& done = emitted[i];
        if (done >= 0) return done;
        const node& n = at(i);
        if (n.code == op::updated) {
            if (visiting[source.root]) {
                out.fail(mistake::updated_in_update);
                return done = out.emit(instruction{n});
            }
            return done = emit(source.root);
        }
        if (n.code == op::hyper) {
            instruction unified{n};
            unified.value = out.hypers[static_cast<std::size_t>(out.slot_of(n))].default_value;
            return done = out.emit(unified);
        }
        visiting[i] = true;
        // The initial value must come before the values that read it: see initialize.hpp.
        if (n.code == op::previous)
            if (const auto* s = find_state(n.name)) emit(s->initial);
        instruction x{n};
        // The value of a node that only carries a name is its first operand.
        const std::size_t arity = info(n.code).kind == op_kind::naming ? 1 : std::size(n.operands);
        for (std::size_t k = 0; k < arity; ++k)
            if (n.operands[k] >= 0) x.operands[k] = emit(n.operands[k]);
        visiting[i] = false;
        switch (n.code) {
            case op::let: case op::corrected: case op::state:
                done = x.operands[0];
                name(n.code, n.name, done);
                return done;
            case op::with: case op::starts: return done = x.operands[0];
            case op::zero_grad:
                out.gradient = out.emit(0.0);
                return done = x.operands[0];
            case op::guard: {
                const auto condition = emit(n.operands[1]);
                out.guard = out.guard < 0 || out.guard == condition
                                ? condition
                                : out.emit(op::logical_and, out.guard, condition);
                return done = x.operands[0];
            }
            default: return done = out.emit(x);
        }
    }

    // Emits the condition of the first step: that of each tensor or row, but not of more than the state has values for.
    constexpr std::int16_t emit_start(const state_entry& s) {
        instruction x{at(s.starts)};
        if (x.operands[0] >= 0) x.operands[0] = emit(x.operands[0]);
        x.over = meet(x.over, s.where);
        return out.emit(x);
    }

    // Lets and states share one set of names. A corrected value has the name of its state, with a hat.
    constexpr void name(op kind, std::string_view text, std::int16_t value) {
        for (const auto& known : out.names) {
            if ((known.kind == op::corrected) != (kind == op::corrected) || known.name != text) continue;
            if (known.value != value) out.fail(mistake::defined_twice, text);
            return;
        }
        if (!out.names.full()) out.names.push_back({kind, text, value});
    }

    constexpr program<Capacity> run() {
        collect_names();
        // The capacity of a graph counts each name once, so a graph that overflows without being too large has two values of one
        // name.
        if (source.overflow) out.fail(N < max_graph_nodes ? mistake::defined_twice : mistake::too_large);
        if (out.error != mistake::none) return out;
        find_state_domains();
        out.update = emit(source.root);
        for (std::size_t i = 0; i < source.nodes.size(); ++i)
            if (source.nodes[i].code == op::state) emit(static_cast<std::int16_t>(i));
        for (std::size_t i = 0; i < out.states.size(); ++i) {
            auto& s = out.states[i];
            s.next = emit(s.next);
            s.initial = s.role == state_role::hyperparameter ? out.emit(out[s.next].value) : emit(s.initial);
            if (s.decay >= 0) s.decay = emit(s.decay);
            if (s.starts >= 0) s.starts = emit_start(s);
        }
        return out;
    }
};

}  // namespace detail

/// Turns a graph into a program as it is written: nothing is rearranged.
template <std::size_t Capacity, std::size_t N>
constexpr program<Capacity> lower(const graph<N>& source) {
    return detail::lowering<N, Capacity>(source).run();
}

}  // namespace furl
