#include <furl/simd/denormals.hpp>
#include <furl/simd/root.hpp>

#include <doctest/doctest.h>

#if defined(__AVX512F__)
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

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

// How many of these doubles have a root by fma whose bits are not those of the exact instruction.
std::size_t count_different(std::vector<double> list) {
    while (list.size() % 8 != 0) list.push_back(1);
    std::size_t different = 0;
    for (std::size_t i = 0; i < list.size(); i += 8) {
        const auto v = _mm512_loadu_pd(&list[i]);
        const auto found = _mm512_castpd_si512(furl::detail::root_by_fma(v)), exact = _mm512_castpd_si512(_mm512_sqrt_pd(v));
        different += static_cast<std::size_t>(std::popcount(static_cast<unsigned>(_mm512_cmpneq_epi64_mask(found, exact))));
    }
    return different;
}

__extension__ typedef unsigned __int128 uint128;

// An odd number whose square is delta modulo 2^bits, where delta is 1 modulo 8.
std::uint64_t root_modulo(std::int64_t delta, int bits) {
    std::uint64_t root = 1;
    for (int known = 3; known < bits; ++known)
        if (((root * root - static_cast<std::uint64_t>(delta)) >> known & 1) != 0) root += std::uint64_t{1} << (known - 1);
    return root & ((std::uint64_t{1} << bits) - 1);
}

// All doubles in [1, 4) whose root is nearer than 2^-40 units to the middle of two neighbours. The middle is an odd number m of 54
// bits, times a power of two, and m^2 = v 2^shift + delta with a small delta, where v has 53 bits. The square of an odd number is 1
// modulo 8, so delta is too, and modulo 2^shift there are four m for each delta.
std::vector<double> hardest() {
    std::vector<double> list;
    for (const int shift : {54, 55})
        for (std::int64_t delta = 1 - (1 << 16); delta < 1 << 16; delta += 8) {
            const auto root = root_modulo(delta, shift), modulus = std::uint64_t{1} << shift;
            for (auto m : {root, modulus - root, (root + modulus / 2) % modulus, (modulus + modulus / 2 - root) % modulus}) {
                for (; m < std::uint64_t{1} << 54; m += modulus) {
                    if (m < std::uint64_t{1} << 53) continue;
                    const auto above = static_cast<uint128>(m) * m - static_cast<uint128>(delta);
                    const auto v = static_cast<std::uint64_t>(above >> shift);
                    if ((above & (modulus - 1)) != 0 || v < std::uint64_t{1} << 52 || v >= std::uint64_t{1} << 53) continue;
                    list.push_back(static_cast<double>(v) * (shift == 54 ? 0x1p-52 : 0x1p-51));
                }
            }
        }
    return list;
}

// Values of any sign, exponent and mantissa, among them each end of the range, and all that is no ordinary number.
std::vector<double> of_any_size() {
    std::mt19937_64 random(1);
    std::vector<double> list;
    for (std::uint64_t exponent = 0; exponent < 2048; ++exponent)
        for (int k = 0; k < 256; ++k)
            for (const std::uint64_t mantissa : {random() >> 12, std::uint64_t{0}, ~std::uint64_t{0} >> 12}) {
                list.push_back(std::bit_cast<double>(exponent << 52 | mantissa));
                // Beside ordinary numbers, else the instruction takes the whole vector.
                for (int rest = 0; rest < 7; ++rest) list.push_back(std::bit_cast<double>((1023 + random() % 2) << 52 | random() >> 12));
            }
    for (const double x : {0.0, -0.0, -1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::denorm_min()})
        for (int place = 0; place < 8; ++place)
            for (int lane = 0; lane < 8; ++lane) list.push_back(lane == place ? x : 2.0);
    return list;
}

}  // namespace

TEST_CASE("the root by fma of each float has the bits of the exact instruction") {
    CHECK(count_different() == 0);
}

TEST_CASE("the root by fma of each float has the bits of the exact instruction where denormals are flushed") {
    const furl::flush_denormals environment;
    CHECK(count_different() == 0);
}

TEST_CASE("the root by fma of the hardest doubles has the bits of the exact instruction") {
    const auto list = hardest();
    CHECK(list.size() > 10000);
    std::size_t in_the_middle = 0;
    for (const double x : list) {
        const long double root = std::sqrt(static_cast<long double>(x));
        std::uint64_t mantissa = 0;  // of 64 bits, 11 more than that of a double
        std::memcpy(&mantissa, &root, sizeof mantissa);
        in_the_middle += (mantissa & 0x7ff) == 0x400;
    }
    CHECK(in_the_middle == list.size());
    CHECK(count_different(list) == 0);
    for (const int exponent : {-898, -500, -2, 2, 500, 896}) {
        auto scaled = list;
        for (auto& x : scaled) x = std::ldexp(x, exponent);
        CHECK(count_different(scaled) == 0);
    }
}

TEST_CASE("the root by fma of doubles of any size has the bits of the exact instruction") {
    const auto list = of_any_size();
    CHECK(count_different(list) == 0);
    const furl::flush_denormals environment;
    CHECK(count_different(list) == 0);
}
#endif
