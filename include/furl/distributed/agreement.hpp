#pragma once

#include <furl/distributed/communicator.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <exception>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// All ranks go on, or none does.
namespace FURL_NAMESPACE::detail {

/// A number that stands for values which must be equal on all ranks.
class digest {
  public:
    void add(std::uint64_t x) { value_ = (std::rotl(value_, 23) ^ x) * 0x9e3779b97f4a7c15u; }
    void add(double x) { add(std::bit_cast<std::uint64_t>(x)); }
    void add(std::string_view text) {
        for (auto c : text) add(std::uint64_t{static_cast<unsigned char>(c)});
        add(std::uint64_t{text.size()});
    }
    std::uint64_t value() const { return value_ ^ (value_ >> 29); }

  private:
    std::uint64_t value_ = 0x6675726c;
};

/// Prints a number so that different numbers give different texts.
inline std::string exact(double x) {
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, x).ptr};
}

/// The outcome of a call on this rank, before the ranks agree: it succeeded, refused, or failed.
class local_outcome {
  public:
    /// Calls what(), which refuses by an Error, fails by something else, or returns.
    template <class Error = std::invalid_argument, class What>
    static local_outcome of(What what) {
        local_outcome o;
        try {
            what();
        } catch (const Error& e) {
            o.refusal_ = e.what();
        } catch (const std::exception& e) {
            o.failure_ = std::current_exception(), o.refusal_ = e.what();
        } catch (...) {
            o.failure_ = std::current_exception(), o.refusal_ = "an exception of a type that is no std::exception";
        }
        return o;
    }

    const std::string& refusal() const { return refusal_; }
    const std::exception_ptr& failure() const { return failure_; }

  private:
    std::string refusal_;
    std::exception_ptr failure_;
};

/// Numbers that must be equal on all ranks, with their names.
class agreed_numbers {
  public:
    void add(std::string_view what, double value) { add(what, {}, value); }
    /// A number of a kind of thing that has a name: hyperparameter 'lr', or that of a tensor.
    void add(std::string_view kind, std::string_view name, double value, std::size_t tensor = none) {
        all_.add(name), all_.add(std::uint64_t{kind.size()}), all_.add(std::uint64_t{tensor}), all_.add(value);
        numbers_.push_back({kind, name, tensor, value});
    }
    void clear() {
        all_ = {};
        numbers_.clear();
    }

    std::uint64_t value() const { return all_.value(); }
    /// Each as a line: "hyperparameter 'lr' is 0.1".
    std::vector<std::string> lines() const {
        std::vector<std::string> list;
        for (const auto& n : numbers_) {
            auto line = std::string(n.kind);
            if (!n.name.empty()) line += " '" + std::string(n.name) + "'";
            if (n.tensor != none) line += " of tensor " + std::to_string(n.tensor);
            list.push_back(line + " is " + exact(n.value));
        }
        return list;
    }

  private:
    static constexpr auto none = std::numeric_limits<std::size_t>::max();
    struct number {
        std::string_view kind, name;
        std::size_t tensor;
        double value;
    };

    digest all_;
    std::vector<number> numbers_;
};

/// Gathers a text of each rank.
inline std::vector<std::string> gather_texts(const communicator_ref& ranks, std::string_view own) {
    const auto n = ranks.size();
    std::vector<std::uint64_t> lengths(n);
    std::vector<std::size_t> first(n + 1);
    for (std::size_t i = 0; i <= n; ++i) first[i] = i * sizeof(std::uint64_t);
    lengths[ranks.rank()] = own.size();
    ranks.all_gather(std::as_writable_bytes(std::span(lengths)), first);
    for (std::size_t i = 0; i < n; ++i) first[i + 1] = first[i] + static_cast<std::size_t>(lengths[i]);
    first[0] = 0;
    std::string all(first.back(), ' ');
    std::ranges::copy(own, all.begin() + static_cast<std::ptrdiff_t>(first[ranks.rank()]));
    ranks.all_gather(std::as_writable_bytes(std::span(all)), first);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < n; ++i) texts.push_back(all.substr(first[i], first[i + 1] - first[i]));
    return texts;
}

/// Returns what is wrong on some rank, or an empty text. All ranks get the same text.
inline std::string refusal_of_all(const communicator_ref& ranks, const std::string& own) {
    const auto texts = gather_texts(ranks, own);
    const auto first = static_cast<std::size_t>(std::ranges::find_if(texts, [](const auto& t) { return !t.empty(); }) - texts.begin());
    if (first == texts.size()) return {};
    std::string_view text = texts[first];
    if (std::ranges::all_of(texts, [&](const auto& t) { return t == text; })) return std::string(text);
    constexpr std::string_view prefix = "furl: ";
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
    return "furl: on rank " + std::to_string(first) + ": " + std::string(text);
}

/// Returns where the first of these lines differs between ranks, in words; an empty text if all are equal. Each line is "WHAT is VALUE".
inline std::string difference_of_all(const communicator_ref& ranks, const std::vector<std::string>& lines) {
    std::string own;
    for (const auto& line : lines) own += line + '\n';
    const auto texts = gather_texts(ranks, own);
    for (std::size_t i = 1; i < texts.size(); ++i) {
        if (texts[i] == texts[0]) continue;
        std::size_t begin = 0;
        for (std::size_t k = 0; k < std::min(texts[i].size(), texts[0].size()) && texts[i][k] == texts[0][k]; ++k)
            if (texts[0][k] == '\n') begin = k + 1;
        const auto line = [&](const std::string& text) { return text.substr(begin, text.find('\n', begin) - begin); };
        return "furl: " + line(texts[0]) + " on rank 0, and " + line(texts[i]) + " on rank " + std::to_string(i) + "; the ranks must agree";
    }
    return {};
}

/// Returns on all ranks, or throws on all: if a rank did not get so far, or if values that must be equal differ. It costs one exchange of 16
/// bytes for each rank, unless something is wrong.
///
/// @param Error     what is thrown if a rank refuses. A rank with another failure throws what it caught, and the others communication_error.
/// @param describe  returns the values of the digest as lines, in one order on all ranks.
/// @param wish      something that is done if all ranks wish it.
/// @returns  whether all do.
template <class Error = std::invalid_argument, class Describe>
bool agree(const communicator_ref& ranks, const local_outcome& own, std::uint64_t values, Describe describe, bool wish = false) {
    constexpr std::uint64_t wished = 4;
    const auto n = ranks.size();
    if (n > 1) {
        std::vector<std::array<std::uint64_t, 2>> all(n);
        std::vector<std::size_t> first(n + 1);
        for (std::size_t i = 0; i <= n; ++i) first[i] = i * sizeof(all[0]);
        all[ranks.rank()] = {(own.failure() ? 2u : own.refusal().empty() ? 0u : 1u) + (wish ? wished : 0), values};
        ranks.all_gather(std::as_writable_bytes(std::span(all)), first);
        const bool all_wish = std::ranges::all_of(all, [](const auto& x) { return x[0] >= wished; });
        for (auto& x : all) x[0] %= wished;
        const bool is_refused = std::ranges::any_of(all, [](const auto& x) { return x[0] != 0; });
        if (!is_refused) {
            if (std::ranges::all_of(all, [&](const auto& x) { return x[1] == values; })) return all_wish;
            const auto why = difference_of_all(ranks, describe());
            throw Error(why.empty() ? "furl: the ranks do not agree on the arguments of this call" : why);
        }
        const auto why = refusal_of_all(ranks, own.refusal());
        if (own.failure()) std::rethrow_exception(own.failure());
        if (std::ranges::any_of(all, [](const auto& x) { return x[0] == 2; })) throw communication_error(why);
        throw Error(why);
    }
    if (own.failure()) std::rethrow_exception(own.failure());
    if (!own.refusal().empty()) throw Error(own.refusal());
    return wish;
}

}  // namespace furl::detail
