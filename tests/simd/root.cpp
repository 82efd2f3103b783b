#include <furl/simd/denormals.hpp>
#include <furl/simd/root.hpp>

#include <doctest/doctest.h>

#if defined(__AVX512F__)
#include <cstdint>

namespace {

// How many of all floats have a root by fma whose bits are not those of the exact instruction.
std::uint64_t count_different() {
    std::uint64_t different = 0;
    auto bits = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (std::uint64_t i = 0; i < std::uint64_t{1} << 32; i += 16) {
        const auto v = _mm512_castsi512_ps(bits);
        const auto found = _mm512_castps_si512(furl::detail::root_by_fma(v)), exact = _mm512_castps_si512(_mm512_sqrt_ps(v));
        if (const auto wrong = _mm512_cmpneq_epi32_mask(found, exact); wrong != 0)
            different += static_cast<std::uint64_t>(__builtin_popcount(wrong));
        bits = _mm512_add_epi32(bits, _mm512_set1_epi32(16));
    }
    return different;
}

}  // namespace

TEST_CASE("the root by fma of each float has the bits of the exact instruction") {
    CHECK(count_different() == 0);
}

TEST_CASE("the root by fma of each float has the bits of the exact instruction where denormals are flushed") {
    const furl::flush_denormals environment;
    CHECK(count_different() == 0);
}
#endif
