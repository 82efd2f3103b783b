#pragma once

#include <furl/base/element_type.hpp>
#include <furl/formats/block8.hpp>
#include <furl/formats/formats.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

// Conversion from one storage format to another. A format is identified by its element type and the name of its companion.
namespace FURL_NAMESPACE::detail {

/// Values in their storage format in memory.
template <class Byte>
struct stored_values {
    element_type type = element_type::float32;
    std::string_view companion_name{};  ///< the checkpoint's name for the companion, or empty without one
    std::span<Byte> main{}, companion{};
};

/// The formats that checkpoints load. A new format is an entry here.
template <class... F>
struct format_list {};
using known_formats = format_list<nearest<float>, nearest<double>, nearest<bfloat16>, nearest<float16>, compensated<bfloat16>,
                                  compensated<float16>, split<bfloat16>, master<bfloat16>, master<float16>, block8, block8_positive>;

/// Calls visit with the name of the companion of each format that has one; some have the same.
template <class Visit>
void for_each_companion_name(Visit visit) {
    const auto of = [&]<class F>(std::type_identity<F>) {
        if constexpr (!std::is_same_v<typename F::companion, no_companion>) visit(F::companion_name);
    };
    [&]<class... F>(format_list<F...>) { (of(std::type_identity<F>{}), ...); }(known_formats{});
}

/// Calls visit with the format as a type. Returns whether there is such a format.
template <class Visit>
bool visit_format(element_type type, std::string_view companion_name, Visit visit) {
    const auto is = [&]<class F>(std::type_identity<F>) {
        if constexpr (std::is_same_v<typename F::companion, no_companion>) {
            if (type != element_type_of<typename F::element> || !companion_name.empty()) return false;
        } else {
            if (type != element_type_of<typename F::element> || companion_name != F::companion_name) return false;
        }
        visit(std::type_identity<F>{});
        return true;
    };
    return [&]<class... F>(format_list<F...>) { return (is(std::type_identity<F>{}) || ...); }(known_formats{});
}

/// The companion of a format: its element type, and how many values it has for a number of elements. extent_of_companion returns
/// nothing for a format without a companion.
struct companion_extent {
    element_type type = element_type::float32;
    std::size_t elements = 0;
};
inline std::optional<companion_extent> extent_of_companion(element_type type, std::string_view companion_name, std::size_t elements) {
    std::optional<companion_extent> found;
    visit_format(type, companion_name, [&]<class F>(std::type_identity<F>) {
        found = {element_type_of<typename F::companion>, (elements + F::block - 1) / F::block};
    });
    return found;
}

/// Tells whether the masters have not yet been taken from the parameters, so that the parameter is the value.
inline bool is_unset_master(std::span<const std::byte> masters) {
    std::array<std::byte, sizeof(float)> unset{};
    master<bfloat16>::reset(unset.data());
    return masters.size() < unset.size() || std::memcmp(masters.data(), unset.data(), unset.size()) == 0;
}

/// Rounds a double to odd: it truncates, and sets the last bit where the result is not exact. Rounding this float to fewer
/// bits then gives the same result as rounding the double.
inline float cut_to_odd(double x) {
    const auto y = static_cast<float>(x);
    const auto bits = std::bit_cast<std::uint32_t>(y);
    if (static_cast<double>(y) == x || x != x || (bits & 1) != 0 || (bits & 0x7f800000u) == 0x7f800000u) return y;
    return std::bit_cast<float>((static_cast<double>(y) < x) == (bits >> 31 == 0) ? bits + 1 : bits - 1);
}

inline constexpr std::size_t chunk = block8::block;
static_assert(chunk == block8_positive::block);

/// Reads the values of the elements from i on, where i is a multiple of the chunk size.
template <class F>
void decode(const stored_values<const std::byte>& from, std::size_t i, std::span<double> values) {
    if constexpr (F::block > 1) {
        std::array<float, chunk> read;
        F::read(from.main.data() + i, from.companion.data() + i / F::block * sizeof(float), std::span(read).first(values.size()));
        std::ranges::copy(std::span(read).first(values.size()), values.begin());
    } else {
        using A = arithmetic<std::conditional_t<std::is_same_v<typename F::element, double>, double, float>>;
        for (std::size_t k = 0; k < values.size(); ++k)
            values[k] = static_cast<double>(F::template load<A>(from.main.data(), from.companion.data(), i + k));
    }
}

/// Writes values to the elements from i on, rounded to the nearest.
template <class F>
void encode(const stored_values<std::byte>& to, std::size_t i, std::span<const double> values) {
    if constexpr (F::block > 1) {
        std::array<float, chunk> written;
        for (std::size_t k = 0; k < values.size(); ++k) written[k] = static_cast<float>(values[k]);
        F::write(to.main.data() + i, to.companion.data() + i / F::block * sizeof(float), std::span(written).first(values.size()));
    } else if constexpr (std::is_same_v<typename F::companion, no_companion>) {
        using E = typename F::element;
        for (std::size_t k = 0; k < values.size(); ++k) {
            E x;
            if constexpr (NarrowFloat<E>) x = E(cut_to_odd(values[k]));
            else x = static_cast<E>(values[k]);
            std::memcpy(to.main.data() + (i + k) * sizeof x, &x, sizeof x);
        }
    } else {
        using A = arithmetic<float>;
        for (std::size_t k = 0; k < values.size(); ++k)
            F::template store<A>(to.main.data(), to.companion.data(), i + k, static_cast<float>(values[k]), A::bits{});
    }
}

/// Sets n elements to one value.
inline void fill_with(const stored_values<std::byte>& to, std::size_t n, double value) {
    std::array<double, chunk> values;
    values.fill(value);
    for (std::size_t i = 0; i < n; i += chunk)
        visit_format(to.type, to.companion_name, [&]<class F>(std::type_identity<F>) {
            encode<F>(to, i, std::span(values).first(std::min(chunk, n - i)));
        });
}

/// Converts n values to another format, rounded to the nearest. visit_format must know both formats.
inline void convert(const stored_values<const std::byte>& from, const stored_values<std::byte>& to, std::size_t n) {
    std::array<double, chunk> values;
    for (std::size_t i = 0; i < n; i += chunk) {
        const auto some = std::span(values).first(std::min(chunk, n - i));
        visit_format(from.type, from.companion_name, [&]<class F>(std::type_identity<F>) { decode<F>(from, i, some); });
        visit_format(to.type, to.companion_name, [&]<class F>(std::type_identity<F>) { encode<F>(to, i, some); });
    }
}

}  // namespace furl::detail
