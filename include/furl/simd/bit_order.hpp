#pragma once

#include <furl/base/finite.hpp>
#include <furl/base/macros.hpp>

#include <limits>

namespace FURL_NAMESPACE::detail {

/// IEEE's comparisons of numbers of type T, by the integers of their bits: one integer, or a vector of them. They are for
/// compilers that were told that there is no NaN, and whose other comparisons are then wrong for a NaN.
template <std::floating_point T, class Bits>
struct bit_order {
    using integer = std::make_signed_t<bits_of<T>>;
    static constexpr integer largest = std::numeric_limits<integer>::max();
    static constexpr integer infinite = static_cast<integer>(infinity_bits<T>);

    static FURL_INLINE auto less(Bits a, Bits b) { return both(are_numbers(a, b), place(a) < place(b)); }
    static FURL_INLINE auto less_equal(Bits a, Bits b) { return both(are_numbers(a, b), place(a) <= place(b)); }
    static FURL_INLINE auto equal(Bits a, Bits b) { return both(are_numbers(a, b), place(a) == place(b)); }
    static FURL_INLINE auto not_equal(Bits a, Bits b) { return either(either(is_nan(a), is_nan(b)), place(a) != place(b)); }
    static FURL_INLINE auto is_nan(Bits a) { return (a & largest) > infinite; }

  private:
    static FURL_INLINE auto are_numbers(Bits a, Bits b) { return both((a & largest) <= infinite, (b & largest) <= infinite); }
    // A vector of conditions has no && and ||, and of two bools clang wants those.
    template <class Truth>
    static FURL_INLINE Truth both(Truth a, Truth b) {
        if constexpr (std::is_same_v<Truth, bool>) return a && b;
        else return a & b;
    }
    template <class Truth>
    static FURL_INLINE Truth either(Truth a, Truth b) {
        if constexpr (std::is_same_v<Truth, bool>) return a || b;
        else return a | b;
    }
    // Maps numbers to integers of the same order; both zeros become 0.
    static FURL_INLINE Bits place(Bits a) {
        const Bits magnitude = a & largest;
        return a < 0 ? -magnitude : magnitude;
    }
};

}  // namespace furl::detail
