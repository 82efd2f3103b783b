#pragma once

#include <furl/base/static_vector.hpp>
#include <furl/language/domain.hpp>
#include <furl/language/limits.hpp>
#include <furl/language/op.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace FURL_NAMESPACE {

struct matrix_function_info;

/// One operation of a rule, as data. Operands are indices of earlier nodes; -1 where there is none.
struct node {
    op code = op::constant;
    std::int16_t operands[3]{-1, -1, -1};
    double value = 0;  ///< the number that the rule writes: a constant, or the default of a hyperparameter (NaN if it has none)
    std::string_view name{};
    /// For a reduction: whether it leaves a value for each row, column or tensor, or one for the step. For `count`: whether it
    /// counts the elements of a row, of a column, of the tensor or of all tensors. For `first_step`: whose first step.
    domain over = domain::tensor;
    const matrix_function_info* function = nullptr;  ///< for a function of matrices: which
};

constexpr bool operator==(const node& a, const node& b) {
    return a.code == b.code && a.operands[0] == b.operands[0] && a.operands[1] == b.operands[1] &&
           a.operands[2] == b.operands[2] && a.over == b.over && a.function == b.function && a.name == b.name &&
           std::bit_cast<std::uint64_t>(a.value) == std::bit_cast<std::uint64_t>(b.value);
}

/// A hash table that finds the nodes of a list by their content. Most of the work of lowering is to look nodes up, and compilers
/// limit the steps of a constant evaluation, so a node is compared only with those in its bucket.
template <std::size_t Capacity>
struct node_index {
    static constexpr std::size_t buckets = std::bit_ceil(Capacity / 4 + 1);

    std::int16_t newest[buckets]{};              // the newest node of a bucket, counted from 1; 0: none
    std::int16_t before[Capacity == 0 ? 1 : Capacity]{};  // for each node, the one before it in its bucket

    static constexpr std::size_t bucket_of(const node& x) {
        const auto bits = std::bit_cast<std::uint64_t>(x.value);
        const auto number = static_cast<std::size_t>(bits ^ (bits >> 47) ^ (bits >> 31));
        return (static_cast<std::size_t>(x.code) * 7 + static_cast<std::size_t>(x.operands[0] + 1) +
                static_cast<std::size_t>(x.operands[1] + 1) * 13 + number + x.name.size()) % buckets;
    }

    /// Returns the place of a node among the first `size` of a list; `size` if it is not there.
    template <class Node>
    constexpr std::size_t find(const Node* nodes, std::size_t size, const node& wanted) const {
        for (std::size_t i = static_cast<std::size_t>(newest[bucket_of(wanted)]); i > 0; i = static_cast<std::size_t>(before[i - 1]))
            if (nodes[i - 1] == wanted) return i - 1;
        return size;
    }

    /// Enters the node that stands at this place of the list.
    constexpr void note(const node& added, std::size_t place) {
        auto& bucket = newest[bucket_of(added)];
        before[place] = bucket;
        bucket = static_cast<std::int16_t>(place + 1);
    }
};

/// An expression as a flat list of nodes: each distinct node occurs once, and operands come before their users.
///
/// A rule is a graph, but a type is a tree: a value that is used twice doubles the type of its user. Therefore let and state lay
/// their operand out as a graph, and their type holds no more than the name and the capacity.
template <std::size_t Capacity>
struct graph {
    static_vector<node, Capacity> nodes;
    node_index<Capacity> index{};
    std::int16_t root = -1;
    bool overflow = false;  ///< the rule outgrew max_graph_nodes; reported by the program's check

    /// Returns the index of this node, and adds it if there is no equal one yet.
    constexpr std::int16_t add(const node& wanted) {
        const auto place = index.find(nodes.begin(), nodes.size(), wanted);
        if (place < nodes.size()) return static_cast<std::int16_t>(place);
        if (nodes.full()) {
            overflow = true;
            return 0;
        }
        index.note(wanted, nodes.size());
        nodes.push_back(wanted);
        return static_cast<std::int16_t>(nodes.size() - 1);
    }

    /// Adds another graph: change(n) adds the replacement of each of its nodes n and returns the index of that. Returns the
    /// index of the root's replacement.
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

}  // namespace furl
