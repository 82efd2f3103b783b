#pragma once

#include <furl/language/matrices.hpp>
#include <furl/program/check.hpp>

#include <array>
#include <bit>
#include <cstdint>

namespace FURL_NAMESPACE {

namespace detail {

// A hash of 64 bits that is fed with words; the finalizer of splitmix64 mixes it after each.
struct word_hash {
    std::uint64_t value = 0x9e3779b97f4a7c15;

    constexpr word_hash& operator<<(std::uint64_t word) {
        value = (value ^ word) + 0x9e3779b97f4a7c15;
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        value ^= value >> 31;
        return *this;
    }
    constexpr word_hash& operator<<(std::string_view text) { return add({}, text); }

    /// Feeds two pieces of text as one.
    constexpr word_hash& add(std::string_view prefix, std::string_view text) {
        for (char c : prefix) *this << static_cast<unsigned char>(c);
        for (char c : text) *this << static_cast<unsigned char>(c);
        return *this << prefix.size() + text.size();
    }
};

// The prefix of a reduction or a count that is not over the tensor.
constexpr std::string_view scope_text(const node& x) {
    if (x.code == op::first_step) return {};
    switch (x.over) {
        case domain::step: return "global_";
        case domain::row: return "row_";
        case domain::column: return "column_";
        default: return {};
    }
}

// The number of a state's domain in a hash. Step, tensor and element keep their numbers of the time when there were no others, so
// that old files load.
constexpr std::uint64_t domain_number(domain where) { return where == domain::element ? 2 : static_cast<std::uint64_t>(where); }

// Returns the hash of each value of a program, by what it computes. The default of a hyperparameter is not part of it.
template <std::size_t Capacity>
constexpr static_vector<std::uint64_t, Capacity> value_hashes(const program<Capacity>& p) {
    static_vector<std::uint64_t, Capacity> hashes;
    for (const auto& x : p.code) {
        if (x.code == op::first_step && x.operands[0] < 0) {
            // Rules used `step == 1` before first_step existed: with the same hash, their checkpoints still load.
            const auto leaf = [](op code, double value) {
                return (word_hash{} << info(code).text << std::string_view() << std::bit_cast<std::uint64_t>(value) << 0 << 0 << 0).value;
            };
            hashes.push_back((word_hash{} << info(op::equal).text << std::string_view() << 0 << leaf(op::step, 0)
                                          << leaf(op::constant, 1) << 0).value);
            continue;
        }
        // Old checkpoints must load, so the words of a hash stay as they were: a reduction over all tensors has a name of its own,
        // a first_step that all tensors share has the value 1, and a random number has its stream as its value.
        const auto of = [&](std::int16_t i) { return i < 0 ? 0 : hashes[static_cast<std::size_t>(i)]; };
        double value = x.value;
        auto second = of(x.operands[1]);
        if (x.code == op::first_step) value = x.over == domain::step;
        if (x.code == op::random) value = p[x.operands[1]].value, second = 0;
        word_hash h;
        h.add(scope_text(x), info(x.code).text);
        h << x.name;
        if (x.code == op::matrix) h << x.function->id;
        if (x.code != op::hyper) h << std::bit_cast<std::uint64_t>(value);
        hashes.push_back((h << of(x.operands[0]) << second << of(x.operands[2])).value);
    }
    return hashes;
}

template <std::size_t Capacity>
constexpr std::uint64_t program_hash(const program<Capacity>& p) {
    const auto values = value_hashes(p);
    const auto of = [&](std::int16_t i) { return i < 0 ? 0 : values[static_cast<std::size_t>(i)]; };
    std::uint64_t states = 0;  // added up, so that their order has no influence
    for (const auto& s : p.states)
        states += (word_hash{} << s.name << domain_number(s.where) << of(s.next) << of(s.initial)).value;
    return (word_hash{} << of(p.update) << of(p.guard) << states).value;
}

// The hash of each reduction of a plan, in the order of the plan. It identifies the reduction, also in other rules, so it comes
// from the program before the passes that depend on the rest of the rule.
template <class Plan>
inline constexpr auto reduction_hashes = [] {
    std::array<std::uint64_t, Plan::order.reductions.size()> result{};
    if constexpr (result.size() > 0) {
        constexpr const auto& expanded = stages<typename Plan::rule>::expanded;
        constexpr auto levels = find_levels(expanded);
        constexpr auto order = order_passes<levels.passes>(expanded, levels);
        static_assert(order.reductions.size() == result.size());
        const auto values = value_hashes(expanded);
        for (std::size_t i = 0; i < result.size(); ++i) result[i] = values[static_cast<std::size_t>(order.reductions[i])];
    }
    return result;
}();

}  // namespace detail

/// A hash of 64 bits that tells rules apart by what they compute: equations, constants, names of states and hyperparameters.
///
/// The rule's own name, the names of its lets, the defaults of hyperparameters and the policies have no influence. An optimizer
/// can continue from the states of any rule with the same fingerprint.
template <class Rule>
    requires well_formed<Rule>
inline constexpr std::uint64_t fingerprint = detail::program_hash(stages<Rule>::written);

}  // namespace furl
