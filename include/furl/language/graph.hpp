#pragma once

#include <furl/base/static_vector.hpp>
#include <furl/language/op.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace furl {

/// One operation of a rule, as data. Operands are indices of earlier nodes; -1 where there is none.
struct node {
    op code = op::constant;
    std::array<std::int16_t, 3> operands{-1, -1, -1};
    double value = 0;  ///< of a constant; the default of a hyperparameter (NaN: it has none)
    std::string_view name{};
};

constexpr bool operator==(const node& a, const node& b) {
    return a.code == b.code && a.operands == b.operands && a.name == b.name &&
           std::bit_cast<std::uint64_t>(a.value) == std::bit_cast<std::uint64_t>(b.value);
}

/// An expression as a flat list of nodes, each once, operands before their users.
///
/// A rule is a graph, but a type is a tree: a value used twice doubles the type of its user. So a name is a border:
/// let and state lay their operand out as a graph, and their type holds no more than the name and the capacity.
template <std::size_t Capacity>
struct graph {
    static_vector<node, Capacity> nodes;
    std::int16_t root = -1;
    bool overflow = false;  ///< the rule outgrew max_graph_nodes; reported by the program's check

    /// The index of this node: that of an equal one where there is one already.
    constexpr std::int16_t add(const node& wanted) {
        for (std::size_t i = 0; i < nodes.size(); ++i)
            if (nodes[i] == wanted) return static_cast<std::int16_t>(i);
        if (nodes.full()) {
            overflow = true;
            return 0;
        }
        nodes.push_back(wanted);
        return static_cast<std::int16_t>(nodes.size() - 1);
    }

    /// Adds the nodes of another graph, each through change(n), which adds what stands for n and returns its index; the
    /// index of what stands for the root.
    template <std::size_t N, class Change>
    constexpr std::int16_t add(const graph<N>& other, Change change) {
        overflow = overflow || other.overflow;
        static_vector<std::int16_t, N> here;
        for (node n : other.nodes) {
            for (auto& operand : n.operands)
                if (operand >= 0) operand = here[static_cast<std::size_t>(operand)];
            here.push_back(change(n));
        }
        return here[static_cast<std::size_t>(other.root)];
    }

    template <std::size_t N>
    constexpr std::int16_t add(const graph<N>& other) {
        return add(other, [this](const node& n) { return add(n); });
    }
};

inline constexpr std::size_t max_graph_nodes = 1024;

}  // namespace furl
