#pragma once

#include <furl/base/name.hpp>
#include <furl/base/policy.hpp>
#include <furl/formats/stored_plan.hpp>

#include <string_view>
#include <type_traits>

/// A storage policy gives the formats in which the values of an optimizer lie in memory, stream by stream, independent of its
/// rule:
///
///     furl::optimizer<furl::zoo::adamw, float,
///                     furl::storage<furl::param_as<furl::split<furl::bfloat16>>, furl::grad_as<furl::bfloat16>,
///                                   furl::states_as<furl::stochastic<furl::bfloat16>>>> opt(n);
///     std::vector<furl::bfloat16> weights(n), gradients(n);
///     opt.step(weights, gradients);
///
/// A step computes in the element type of the optimizer whatever the formats are, and is still one pass.
namespace FURL_NAMESPACE {

namespace detail {

// A choice of a storage policy. Its rank says whether it applies to a stream, and how specifically.
template <op Kind, class Name, class F>
struct stored_stream {
    using format = typename format_of<F>::type;
    using choice = stored_stream<Kind, Name, void>;  ///< the streams that it applies to, without the format
    static constexpr bool named = !std::is_void_v<Name>;
    static constexpr int rank_of(op kind, std::string_view name) {
        if (kind != Kind) return 0;
        if constexpr (named) return name == name_text<Name> ? 2 : 0;
        else return 1;
    }
};

// Finds the format of the choice with the highest rank; the first of equal ranks wins.
template <class Key, int Rank, class Default, class... Choices>
struct choice_of : std::type_identity<Default> {};
template <class Key, int Rank, class Default, class First, class... Rest>
struct choice_of<Key, Rank, Default, First, Rest...>
    : std::conditional_t<(First::rank_of(Key::kind, Key::name) > Rank),
                         choice_of<Key, First::rank_of(Key::kind, Key::name), typename First::format, Rest...>,
                         choice_of<Key, Rank, Default, Rest...>> {};

// True if values of type T can be stored in format F: the formats of 16 and 8 bits hold rounded floats only.
template <class F, class T>
inline constexpr bool computes_in = std::is_floating_point_v<typename F::element> || std::is_same_v<T, float>;

}  // namespace detail

/// Stores the parameters in a format.
template <class F>
struct param_as : detail::stored_stream<op::param, void, F> {};

/// Reads the gradients in a format. It can have no companion, because only the caller keeps the gradients.
template <class F>
struct grad_as : detail::stored_stream<op::grad, void, F> {};

/// Stores all states in a format, except those that state_as names.
template <class F>
struct states_as : detail::stored_stream<op::previous, void, F> {};

/// Stores one state in a format.
template <fixed_string Name, class F>
struct state_as : detail::stored_stream<op::previous, name<Name>, F> {};

/// Reads one further input in a format, which can have no companion.
template <fixed_string Name, class F>
struct input_as : detail::stored_stream<op::input, name<Name>, F> {};

/// The policy has a choice for each stream that is not stored in the element type of the optimizer.
///
/// @tparam Choices  param_as, grad_as, states_as, state_as, input_as.
/// Errors:  E41 if the rule has no such stream, E42 if a format does not fit it.
template <class... Choices>
struct storage {
    static constexpr policy_kind policy = policy_kind::storage;  ///< the kind of policy it is

    /// The format of a stream.
    template <class Key, class T>
    using format = typename detail::choice_of<Key, 0, nearest<T>, Choices...>::type;

    /// These say whether all choices are choices of streams, have formats, are of different streams, and are of streams of a
    /// plan.
    static constexpr bool all_choices = (requires { typename Choices::choice; } && ...);
    static constexpr bool all_formats = (Format<typename Choices::format> && ...);
    static constexpr bool all_different = [] {
        [[maybe_unused]] const auto times = []<class C>(std::type_identity<C>) {
            return (0 + ... + std::is_same_v<typename Choices::choice, C>);
        };
        return ((times(std::type_identity<typename Choices::choice>{}) == 1) && ...);
    }();
    template <class Plan>
    static constexpr bool all_known = ([] {
        if (!Choices::named) return true;
        for (const auto& s : Plan::streams)
            if (Choices::rank_of(s.kind, s.name) > 0) return true;
        return false;
    }() && ...);
};

namespace detail {

/// What is wrong with a storage policy for an optimizer.
enum class storage_fault { none, no_choice, no_format, twice, unknown, too_narrow, not_kept, no_parameter, in_blocks, naive };

template <class Execution, class Plan, class T, class Storage>
inline constexpr storage_fault storage_fault_of = [] {
    if constexpr (!Storage::all_choices) return storage_fault::no_choice;
    else if constexpr (!Storage::all_formats) return storage_fault::no_format;
    else if constexpr (!Storage::all_different) return storage_fault::twice;
    else if constexpr (!Storage::template all_known<Plan>) return storage_fault::unknown;
    else {
        using stored = stored_plan<Plan, T, Storage>;
        return []<std::size_t... K>(std::index_sequence<K...>) {
            if (!(computes_in<typename stored::template format<K>, T> && ...)) return storage_fault::too_narrow;
            if (!((K == 0 || K >= stored::first_state ||
                   (!stored::template has_companion<K> && !stored::template format<K>::random)) && ...))
                return storage_fault::not_kept;
            if (((K > 0 && requires { stored::template format<K>::begin; }) || ...)) return storage_fault::no_parameter;
            if (stored::template format<0>::block > 1) return storage_fault::in_blocks;
            return Execution::takes_formats || is_native<stored> ? storage_fault::none : storage_fault::naive;
        }(std::make_index_sequence<stored::stream_count>{});
    }
}();

template <class Execution, class Plan, class T>
inline constexpr storage_fault storage_fault_of<Execution, Plan, T, stored_as_computed> = storage_fault::none;

/// Errors E41 and E42.
template <storage_fault Fault>
struct diagnose_storage {
    static_assert(Fault != storage_fault::no_choice,
                  "furl[E42]: furl::storage is of param_as, grad_as, states_as, state_as and input_as, each of a format. "
                  "See docs/errors.md#E42");
    static_assert(Fault != storage_fault::twice, "furl[E42]: the storage gives two formats to the same. "
                                                 "See docs/errors.md#E42");
    static_assert(Fault != storage_fault::no_parameter, "furl[E42]: furl::master is a format of parameters: a state that is "
                                                        "kept in float needs no copy. See docs/errors.md#E42");
    static_assert(Fault != storage_fault::no_format,
                  "furl[E42]: a format is float, double, furl::bfloat16, furl::float16, or furl::nearest, stochastic, "
                  "compensated, split, master of one of these, furl::block8, block8_positive. See docs/errors.md#E42");
    static_assert(Fault != storage_fault::unknown, "furl[E41]: the storage names a state or input that the rule's update "
                                                   "does not use, or a state that is not of one value per parameter. "
                                                   "See docs/errors.md#E41");
    static_assert(Fault != storage_fault::too_narrow, "furl[E42]: formats of less than 32 bits are of an optimizer of float, "
                                                      "which computes in float. See docs/errors.md#E42");
    static_assert(Fault != storage_fault::not_kept, "furl[E42]: gradients and inputs are the caller's: their format is float, "
                                                    "double, furl::bfloat16 or furl::float16. See docs/errors.md#E42");
    static_assert(Fault != storage_fault::in_blocks, "furl[E42]: parameters are read by others, so they are not in blocks of 8 "
                                                     "bits. See docs/errors.md#E42");
    static_assert(Fault != storage_fault::naive, "furl[E42]: a loop for each operation is over streams of the element type; "
                                                 "formats are of the fused loop. See docs/errors.md#E42");
};

}  // namespace detail

}  // namespace furl
