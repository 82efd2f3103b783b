#pragma once

#include <furl/base/finite.hpp>
#include <furl/base/narrow_float.hpp>
#include <furl/formats/concepts.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

/// This folder holds the formats: how the values of one stream lie in memory, whatever type they are computed in. A format has
/// a main memory, and some have a companion beside it, which the optimizer owns.
namespace FURL_NAMESPACE {

namespace detail {

/// Reads and writes numbers of type E.
template <class E>
struct codec {
    template <class A>
    static FURL_INLINE auto load(const std::byte* p) {
        return A::template load_as<E>(p);
    }
    template <class A, class V>
    static FURL_INLINE void store(std::byte* p, V x) {
        A::template store_as<E>(p, x);
    }
};

template <>
struct codec<bfloat16> {
    template <class A>
    static FURL_INLINE auto load(const std::byte* p) {
        return A::from_bits(A::template load_bits<std::uint16_t>(p) << 16);
    }
    // Returns the rounded number in the upper half. Adding half a unit would carry a NaN into another number, so a NaN stays as
    // it is. A signaling NaN, which no operation returns, may become infinite.
    template <class A, class V>
    static FURL_INLINE auto nearest(V x) {
        const auto b = A::to_bits(x);
        return A::add_to_number(x, ((b >> 16) & 1u) + 0x7fffu);
    }
    template <class A, class V>
    static FURL_INLINE void store(std::byte* p, V x) {
        A::store_upper_halves(p, nearest<A>(x));
    }
    template <class A, class V>
    static FURL_INLINE void store_two(std::byte* p, V x, V y) {
        if constexpr (A::has_bfloat16)
            if (A::store_bfloat16(p, x, y)) return;
        A::store_upper_halves(p, nearest<A>(x), nearest<A>(y));
    }
};

template <>
struct codec<float16> {
    template <class A>
    static FURL_INLINE auto load(const std::byte* p) {
        if constexpr (A::has_half) return A::load_half(p);
        else return widened<A>(A::template load_bits<std::uint16_t>(p));
    }
    template <class A, class V>
    static FURL_INLINE void store(std::byte* p, V x) {
        if constexpr (A::has_half) A::store_half(p, x);
        else A::template store_bits<std::uint16_t>(p, nearest<A>(x));
    }

    template <class A, class Bits>
    static FURL_INLINE auto widened(Bits half) {
        const Bits magnitude = half & 0x7fffu;
        const auto number = A::from_integers(magnitude);
        const auto normal = A::from_bits((magnitude << 13) + 0x38000000u);
        const auto denormal = A::multiply(number, A::broadcast(0x1p-24f));
        const auto infinite = A::from_bits((magnitude << 13) | 0x7f800000u);
        const auto x = A::select(A::less(number, A::broadcast(0x400)), denormal,
                                 A::select(A::less(number, A::broadcast(0x7c00)), normal, infinite));
        return A::from_bits(A::to_bits(x) | ((half & 0x8000u) << 16));
    }
    template <class A, class V>
    static FURL_INLINE auto nearest(V x) {
        const auto b = A::to_bits(x), m = b & 0x7fffffffu;
        const auto a = A::from_bits(m);
        // Below 2^-14 the unit of binary16 is 2^-24, as that of a float from 0.5 to 1: adding 0.5 rounds to it.
        const auto denormal = A::to_bits(A::add(a, A::broadcast(0.5f))) - 0x3f000000u;
        const auto normal = (m + 0xfffu + ((m >> 13) & 1u) - 0x38000000u) >> 13;
        const auto of = [](typename A::bits y) FURL_INLINE_LAMBDA { return A::from_bits(y); };
        auto r = A::select(A::less(a, A::broadcast(0x1p-14f)), of(denormal), of(normal));
        r = A::select(A::less(a, A::broadcast(65520)), r, of(b * 0u + 0x7c00u));
        r = A::select(A::not_equal(x, x), of(b * 0u + 0x7e00u), r);
        return A::to_bits(r) | ((b >> 16) & 0x8000u);
    }
    // Adds noise below the unit of binary16 and cuts the bits below it. In the denormal range it adds, exactly, less than half
    // of the unit up or down, and leaves the rounding to the store.
    template <class A, class V>
    static FURL_INLINE V dithered(V x, typename A::bits noise) {
        const auto b = A::to_bits(x);
        const auto cut = A::from_bits((b + ((noise >> 3) & ~A::nan_bits(x))) & ~(~A::nan_bits(x) & 0x1fffu));
        const auto offset = A::subtract(A::multiply(A::from_integers(noise >> 4), A::broadcast(0x1p-36f)), A::broadcast(0x1p-25f - 0x1p-37f));
        return A::select(A::less(A::abs(x), A::broadcast(0x1p-14f)), A::add(x, offset), cut);
    }
};

}  // namespace detail

/// Elements of type E (float, double, bfloat16 or float16), rounded to the nearest, ties to even. `E` alone means the same.
template <class E>
struct nearest {
    static constexpr bool fits = NarrowFloat<E> || std::is_same_v<E, float> || std::is_same_v<E, double>;  ///< whether E is one
    using element = E;               ///< in main memory
    using companion = detail::no_companion;    ///< there is no companion
    static constexpr std::size_t block = 1;  ///< elements that are stored together
    static constexpr bool random = false;    ///< whether it draws random bits

    /// Reads a vector.
    template <class A>
    static FURL_INLINE auto load(const std::byte* main, const std::byte*, std::size_t i) {
        return detail::codec<E>::template load<A>(main + i * sizeof(E));
    }
    /// Writes a vector.
    template <class A, class V>
    static FURL_INLINE void store(std::byte* main, std::byte*, std::size_t i, V x, typename A::bits) {
        detail::codec<E>::template store<A>(main + i * sizeof(E), x);
    }
    /// Writes two vectors that follow each other.
    template <class A, class V>
        requires std::is_same_v<E, bfloat16>
    static FURL_INLINE void store_two(std::byte* main, std::byte*, std::size_t i, V x, V y, typename A::bits,
                                      typename A::bits) {
        detail::codec<E>::template store_two<A>(main + i * sizeof(E), x, y);
    }
};

/// Elements of type E (bfloat16 or float16), rounded up or down at random, so that the mean is right: changes of less than half
/// a unit per step are not lost. The nearer of the two neighbours is the more likely one (Gupta et al. 2015). The random bits
/// are a hash of step, tensor and element, so they are the same for any vector width and any number of threads.
template <class E>
struct stochastic {
    static constexpr bool fits = NarrowFloat<E>;  ///< whether E is a number of 16 bits
    using element = E;             ///< in main memory
    using companion = detail::no_companion;  ///< there is no companion
    static constexpr std::size_t block = 1;  ///< elements that are stored together
    static constexpr bool random = true;     ///< whether it draws random bits

    /// Reads a vector.
    template <class A>
    static FURL_INLINE auto load(const std::byte* main, const std::byte*, std::size_t i) {
        return detail::codec<E>::template load<A>(main + i * sizeof(E));
    }
    /// Writes a vector.
    template <class A, class V>
    static FURL_INLINE void store(std::byte* main, std::byte*, std::size_t i, V x, typename A::bits noise) {
        if constexpr (std::is_same_v<E, bfloat16>) A::store_upper_halves(main + i * 2, A::add_to_number(x, noise));
        else detail::codec<E>::template store<A>(main + i * 2, detail::codec<E>::template dithered<A>(x, noise));
    }
    /// Writes two vectors that follow each other.
    template <class A, class V>
        requires std::is_same_v<E, bfloat16>
    static FURL_INLINE void store_two(std::byte* main, std::byte*, std::size_t i, V x, V y, typename A::bits noise_x,
                                      typename A::bits noise_y) {
        A::store_upper_halves(main + i * 2, A::add_to_number(x, noise_x), A::add_to_number(y, noise_y));
    }
};

/// Elements of type E with a companion of the same type, which holds what rounding lost: the value is the sum of both (Kahan
/// summation, as in Zamirai et al. 2020). Two bfloat16 have 16 bits of fraction together.
template <class E>
struct compensated {
    static constexpr bool fits = NarrowFloat<E>;  ///< whether E is a number of 16 bits
    using element = E;  ///< in main memory
    using companion = E;     ///< what rounding lost
    static constexpr std::string_view companion_name = "lost";  ///< its name in a checkpoint
    static constexpr std::size_t block = 1;  ///< elements that are stored together
    static constexpr bool random = false;    ///< whether it draws random bits

    /// Reads a vector.
    template <class A>
    static FURL_INLINE auto load(const std::byte* main, const std::byte* lost, std::size_t i) {
        using codec = detail::codec<E>;
        return A::add(codec::template load<A>(main + i * sizeof(E)), codec::template load<A>(lost + i * sizeof(E)));
    }
    /// Writes a vector.
    template <class A, class V>
    static FURL_INLINE void store(std::byte* main, std::byte* lost, std::size_t i, V x, typename A::bits) {
        detail::codec<E>::template store<A>(main + i * sizeof(E), x);
        detail::codec<E>::template store<A>(lost + i * sizeof(E), lost_of<A>(x));
    }
    /// Writes two vectors that follow each other.
    template <class A, class V>
        requires std::is_same_v<E, bfloat16>
    static FURL_INLINE void store_two(std::byte* main, std::byte* lost, std::size_t i, V x, V y, typename A::bits,
                                      typename A::bits) {
        detail::codec<E>::template store_two<A>(main + i * sizeof(E), x, y);
        detail::codec<E>::template store_two<A>(lost + i * sizeof(E), lost_of<A>(x), lost_of<A>(y));
    }

  private:
    template <class A, class V>
    static FURL_INLINE V rounded_to(V x) {
        if constexpr (std::is_same_v<E, bfloat16>) return A::from_bits(detail::codec<E>::template nearest<A>(x) & 0xffff0000u);
        else return detail::codec<E>::template widened<A>(detail::codec<E>::template nearest<A>(x));
    }
    // Returns 0 if the rounded number is infinite, because the difference would be infinite or NaN.
    template <class A, class V>
    static FURL_INLINE V lost_of(V x) {
        const auto rest = A::subtract(x, rounded_to<A>(x));
        const auto finite = A::less(A::abs(rest), A::broadcast(detail::infinity<float>));
        return A::select(finite, rest, A::broadcast(0));
    }
};

/// A float in two halves: main memory holds it rounded to bfloat16 (ties away from 0), for the model to compute with; the
/// companion holds the lower 16 bits. Together they are the exact float (a NaN stays some NaN), so a step gives the bits of a
/// step in float.
template <class E>
struct split {
    static constexpr bool fits = std::is_same_v<E, bfloat16>;  ///< whether E is a bfloat16
    using element = bfloat16;     ///< in main memory
    using companion = std::uint16_t;   ///< the lower half of the float
    static constexpr std::string_view companion_name = "low";  ///< its name in a checkpoint
    static constexpr std::size_t block = 1;  ///< elements that are stored together
    static constexpr bool random = false;    ///< whether it draws random bits

    // Rounding added 1 to the upper half where the lower one is at least 0x8000: load subtracts that again.
    /// Reads a vector.
    template <class A>
    static FURL_INLINE auto load(const std::byte* main, const std::byte* low, std::size_t i) {
        const auto upper = A::template load_bits<std::uint16_t>(main + i * 2);
        const auto lower = A::template load_bits<std::uint16_t>(low + i * 2);
        return A::from_bits((upper << 16) + lower - ((lower & 0x8000u) << 1));
    }
    /// Writes a vector.
    template <class A, class V>
    static FURL_INLINE void store(std::byte* main, std::byte* low, std::size_t i, V x, typename A::bits) {
        A::store_upper_halves(main + i * 2, rounded<A>(x));
        A::store_lower_halves(low + i * 2, A::to_bits(x));
    }
    /// Writes two vectors that follow each other.
    template <class A, class V>
    static FURL_INLINE void store_two(std::byte* main, std::byte* low, std::size_t i, V x, V y, typename A::bits,
                                      typename A::bits) {
        A::store_upper_halves(main + i * 2, rounded<A>(x), rounded<A>(y));
        A::store_lower_halves(low + i * 2, A::to_bits(x), A::to_bits(y));
    }

  private:
    template <class A, class V>
    static FURL_INLINE typename A::bits rounded(V x) {
        return A::add_to_number(x, A::to_bits(x) * 0u + 0x8000u);
    }
};

/// Parameters of type E that are a copy of masters in float. The optimizer owns the masters, the rule computes with them, and
/// the same pass writes both. The first step of a tensor, and the first one after a reset, takes the masters from the
/// parameters; what others write to the parameters later is ignored.
template <class E>
struct master {
    static constexpr bool fits = NarrowFloat<E>;  ///< whether E is a number of 16 bits
    using element = E;   ///< in main memory
    using companion = float;  ///< the masters
    static constexpr std::string_view companion_name = "master";  ///< its name in a checkpoint
    static constexpr std::size_t block = 1;  ///< elements that are stored together
    static constexpr bool random = false;    ///< whether it draws random bits

    /// Reads a vector.
    template <class A>
    static FURL_INLINE auto load(const std::byte*, const std::byte* masters, std::size_t i) {
        return A::template load_as<float>(masters + i * sizeof(float));
    }
    /// Writes a vector.
    template <class A, class V>
    static FURL_INLINE void store(std::byte* main, std::byte* masters, std::size_t i, V x, typename A::bits) {
        A::template store_as<float>(masters + i * sizeof(float), x);
        detail::codec<E>::template store<A>(main + i * sizeof(E), x);
    }
    /// Writes two vectors that follow each other.
    template <class A, class V>
        requires std::is_same_v<E, bfloat16>
    static FURL_INLINE void store_two(std::byte* main, std::byte* masters, std::size_t i, V x, V y, typename A::bits,
                                      typename A::bits) {
        A::template store_as<float>(masters + i * sizeof(float), x);
        A::template store_as<float>(masters + (i + A::width) * sizeof(float), y);
        detail::codec<E>::template store_two<A>(main + i * sizeof(E), x, y);
    }
    /// Copies the n parameters (at least 1) to the masters if there are no masters yet, and returns whether it did. A step calls
    /// it first.
    static bool begin(const std::byte* main, std::byte* masters, std::size_t n) {
        using A = arithmetic<float>;
        if (A::load_bits<std::uint32_t>(masters) != none) return false;
        for (std::size_t i = 0; i < n; ++i)
            A::store_as<float>(masters + i * sizeof(float), detail::codec<E>::template load<A>(main + i * sizeof(E)));
        return true;
    }
    /// Forgets the masters.
    static void reset(std::byte* masters) { arithmetic<float>::store_bits<std::uint32_t>(masters, none); }

  private:
    // Marks that there are no masters, in the place of the first: a signaling NaN, which no operation returns.
    static constexpr std::uint32_t none = 0xff80be61;
};

namespace detail {

template <class X>
struct format_of {
    using type = X;
};
template <class X>
    requires nearest<X>::fits
struct format_of<X> {
    using type = nearest<X>;
};

}  // namespace detail

}  // namespace furl
