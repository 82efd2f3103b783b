#include <furl/formats/block8.hpp>
#include <furl/formats/formats.hpp>
#include <furl/simd/simd.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

using namespace furl;

// The formats model the concept. This is asserted here and not in their headers, because programs should not pay for it.
static_assert(Format<nearest<float>> && Format<nearest<double>> && Format<nearest<bfloat16>> && Format<nearest<float16>>);
static_assert(Format<stochastic<bfloat16>> && Format<stochastic<float16>>);
static_assert(Format<compensated<bfloat16>> && Format<compensated<float16>>);
static_assert(Format<split<bfloat16>> && Format<master<bfloat16>> && Format<master<float16>>);
static_assert(Format<block8> && Format<block8_positive>);

namespace {

using vector = arithmetic<vector_of<float>>;
using scalar = arithmetic<float>;

constexpr std::size_t many = 4096;  // of elements; whole vectors

// What a format makes of values: stored and read again, by arithmetic A.
template <class F, class A>
std::vector<float> round_trip(const std::vector<float>& x, std::uint32_t noise = 0x8000) {
    std::vector<std::byte> main(x.size() * 8), companion(x.size() * 8);
    std::vector<float> result(x.size());
    for (std::size_t i = 0; i < x.size(); i += A::width)
        F::template store<A>(main.data(), companion.data(), i, A::load(&x[i]), A::indices(0) * 0u + noise);
    for (std::size_t i = 0; i < x.size(); i += A::width)
        A::store(&result[i], F::template load<A>(main.data(), companion.data(), i));
    return result;
}

// The same, two vectors at a time.
template <class F, class A>
std::vector<float> round_trip_of_pairs(const std::vector<float>& x, std::uint32_t noise) {
    std::vector<std::byte> main(x.size() * 8), companion(x.size() * 8);
    std::vector<float> result(x.size());
    const auto bits = A::indices(0) * 0u + noise;
    for (std::size_t i = 0; i < x.size(); i += 2 * A::width)
        F::template store_two<A>(main.data(), companion.data(), i, A::load(&x[i]), A::load(&x[i + A::width]), bits, bits);
    for (std::size_t i = 0; i < x.size(); i += A::width)
        A::store(&result[i], F::template load<A>(main.data(), companion.data(), i));
    return result;
}

std::vector<float> floats(std::uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<float> x(many);
    for (auto& v : x) {
        v = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
        if (std::isnan(v)) v = std::bit_cast<float>(std::bit_cast<std::uint32_t>(v) | 0x400000U);  // quiet, as of arithmetic
    }
    const float special[] = {0.0F, -0.0F, 1.0F, -1.5F, 65504, 65519.996F, 65520, -65520, 0x1p-14F, 0x1.ffcp-15F, 0x1p-24F,
                             0x1p-25F, 0x1.8p-25F, 0x1.00fffep0F, 0x1.01p0F, 0x1.03p0F, std::numeric_limits<float>::max(),
                             std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                             std::numeric_limits<float>::quiet_NaN(), std::bit_cast<float>(0x7fffffffU),
                             std::bit_cast<float>(0xffffffffU)};
    std::copy(std::begin(special), std::end(special), x.begin());
    return x;
}

bool same(float a, float b) { return (std::isnan(a) && std::isnan(b)) || std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b); }

std::size_t differences(const std::vector<float>& a, const std::vector<float>& b) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < a.size(); ++i) n += !same(a[i], b[i]);
    return n;
}

// The two neighbours of x among the numbers that E has, and how far x is between them; for finite x within its range.
template <class E>
float step_up(float x) {
    E e(x);
    for (float y = static_cast<float>(e); y > x;) {
        e.bits = static_cast<std::uint16_t>(e.bits + (y > 0 ? -1 : 1));
        y = static_cast<float>(e);
    }
    const float below = static_cast<float>(e);
    e.bits = static_cast<std::uint16_t>(e.bits + (below >= 0 ? 1 : -1));
    return static_cast<float>(e) - below;
}

}  // namespace

TEST_CASE_TEMPLATE("every number of 16 bits survives a round trip through float", E, bfloat16, float16) {
    std::size_t wrong = 0;
    for (std::uint32_t b = 0; b < 0x10000; ++b) {
        E e;
        e.bits = static_cast<std::uint16_t>(b);
        const float x = e;
        const E again(x);
        wrong += std::isnan(x) ? !std::isnan(static_cast<float>(again)) : again.bits != e.bits;
    }
    CHECK(wrong == 0);
}

TEST_CASE("a number of 16 bits is the nearest, ties to even") {
    CHECK(float(bfloat16(1.00390625F)) == 1.0F);     // 1 + 1/256: half of a unit, to even
    CHECK(float(bfloat16(1.01171875F)) == 1.015625F);
    CHECK(float(bfloat16(1.00390637F)) == 1.0078125F);
    CHECK(float(float16(1.00048828125F)) == 1.0F);
    CHECK(float(float16(0x1p-25F)) == 0.0F);
    CHECK(float(float16(0x1.8p-24F)) == 0x1p-23F);
    CHECK(std::isinf(float(float16(65520.0F))));
    CHECK(float(float16(65519.0F)) == 65504.0F);
}

TEST_CASE_TEMPLATE("vectors and single numbers are stored to the same bits", F, nearest<bfloat16>, nearest<float16>,
                   stochastic<bfloat16>, stochastic<float16>, compensated<bfloat16>, compensated<float16>, split<bfloat16>,
                   master<bfloat16>, master<float16>, nearest<float>, nearest<double>) {
    for (std::uint32_t seed = 1; seed <= 8; ++seed) {
        const auto x = floats(seed);
        for (std::uint32_t noise : {0U, 1U, 0x8000U, 0xffffU})
            CHECK(differences(round_trip<F, vector>(x, noise), round_trip<F, scalar>(x, noise)) == 0);
    }
}

TEST_CASE_TEMPLATE("two vectors are stored as each of them", F, nearest<bfloat16>, stochastic<bfloat16>, split<bfloat16>,
                   master<bfloat16>, compensated<bfloat16>) {
    auto x = floats(1);
    const auto check = [&] {
        for (std::uint32_t noise : {0U, 1U, 0x8000U, 0xffffU})
            CHECK(differences(round_trip_of_pairs<F, vector>(x, noise), round_trip<F, scalar>(x, noise)) == 0);
    };
    check();
    // Without zeros, with some denormals, and of denormals alone.
    for (auto& v : x)
        if (std::abs(v) < 0x1p-100F) v = 1.001F;
    check();
    x[40] = 0x1.8p-130F, x[79] = -0x1p-149F;
    check();
    std::mt19937 random(9);
    for (auto& v : x) v = std::bit_cast<float>(static_cast<std::uint32_t>(random()) & 0x807fffffU);
    check();
}

TEST_CASE_TEMPLATE("the nearest is what the number's own conversion gives", E, bfloat16, float16) {
    for (std::uint32_t seed = 1; seed <= 8; ++seed) {
        const auto x = floats(seed);
        const auto stored = round_trip<nearest<E>, vector>(x);
        std::vector<float> expected;
        for (auto v : x) expected.push_back(E(v));
        CHECK(differences(stored, expected) == 0);
    }
}

TEST_CASE_TEMPLATE("split and master lose nothing", F, split<bfloat16>, master<bfloat16>, master<float16>) {
    const auto x = floats(3);
    std::size_t wrong = 0;
    const auto stored = round_trip<F, vector>(x);
    for (std::size_t i = 0; i < x.size(); ++i) wrong += !same(stored[i], x[i]);
    CHECK(wrong == 0);
}

TEST_CASE("the visible half of a split float is it to the nearest") {
    const auto x = floats(4);
    std::vector<std::byte> main(many * 2), low(many * 2);
    for (std::size_t i = 0; i < many; i += vector::width)
        split<bfloat16>::store<vector>(main.data(), low.data(), i, vector::load(&x[i]), typename vector::bits{});
    for (std::size_t i = 0; i < many; ++i) {
        bfloat16 e;
        std::memcpy(&e, &main[2 * i], 2);
        if (std::isnan(x[i])) CHECK(std::isnan(static_cast<float>(e)));
        const float visible = e, tie = std::bit_cast<float>(std::bit_cast<std::uint32_t>(x[i]) & 0xffff0000U);
        if (!std::isfinite(x[i]) || !std::isfinite(visible)) continue;
        CHECK(std::abs(double(visible) - x[i]) <= std::abs(double(tie) - x[i]));
    }
}

TEST_CASE_TEMPLATE("what rounding lost is kept in a compensated number", E, bfloat16, float16) {
    std::mt19937 random(7);
    std::uniform_real_distribution<float> uniform(-4, 4);
    std::vector<float> x(many);
    for (auto& v : x) v = uniform(random);
    const auto stored = round_trip<compensated<E>, vector>(x);
    constexpr float fraction = std::is_same_v<E, bfloat16> ? 0x1p-16F : 0x1p-21F;
    for (std::size_t i = 0; i < many; ++i)
        CHECK(std::abs(stored[i] - x[i]) <= std::max(std::abs(x[i]) * fraction, std::is_same_v<E, float16> ? 0x1p-25F : 0.0F));
}

TEST_CASE_TEMPLATE("stochastic rounding has the right mean, and takes a neighbour only", E, bfloat16, float16) {
    for (float x : {1.0F / 3, -0.7F, 3e-3F, 1.001F, 0x1p-14F * 1.3F, 0x1p-16F * 1.7F, -1e-5F}) {
        CAPTURE(x);
        std::vector<float> same_number(many, x);
        double sum = 0;
        std::size_t far = 0;
        const double unit = std::abs(step_up<E>(x));
        for (std::uint32_t noise = 0; noise < 0x10000; noise += 16) {
            const float stored = round_trip<stochastic<E>, scalar>({x}, noise)[0];
            sum += stored;
            far += std::abs(stored - x) >= unit * 1.000001;
        }
        CHECK(far == 0);
        CHECK(std::abs(sum / 4096 - x) <= unit * 2e-3);
        CHECK(differences(round_trip<stochastic<E>, vector>(same_number, 5), std::vector<float>(many, round_trip<stochastic<E>, scalar>({x}, 5)[0])) == 0);
    }
}

namespace {

template <class F, class A>
std::vector<float> through_block(const std::vector<float>& values, std::uint32_t noise) {
    std::vector<std::byte> codes(256);
    std::byte scale[4];
    const auto factor = A::broadcast(F::template measure<A>(values.data(), 256, scale));
    const auto unit = A::broadcast(scalar::load_as<float>(scale));
    const auto bits = A::indices(0) * 0u + noise;
    for (std::size_t i = 0; i < 256; i += 4 * A::width) {
        const auto code = [&](std::size_t k) { return F::template encode<A>(A::load(&values[i + k * A::width]), factor, bits); };
        A::store_bytes(&codes[i], code(0), code(1), code(2), code(3));
    }
    std::vector<float> result(256);
    for (std::size_t i = 0; i < 256; i += A::width)
        A::store(&result[i], F::template decode<A>(A::template load_bits<std::uint8_t>(&codes[i]), unit));
    return result;
}

template <class F>
std::vector<float> block_of_values(std::uint32_t seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> exponent(-12, 0), sign(-1, 1);
    std::vector<float> x(256);
    for (auto& v : x) v = std::exp2(exponent(random)) * (std::is_same_v<F, block8> && sign(random) < 0 ? -3.0F : 3.0F);
    x[7] = 0;
    return x;
}

}  // namespace

TEST_CASE_TEMPLATE("blocks of 8 bits: a neighbour with the right mean, on vectors as on single numbers", F, block8,
                   block8_positive) {
    const auto x = block_of_values<F>(5);
    std::vector<double> mean(256);
    constexpr std::uint32_t rounds = 1024;
    for (std::uint32_t k = 0; k < rounds; ++k) {
        const auto stored = through_block<F, vector>(x, k << 10);
        CHECK(differences(stored, through_block<F, scalar>(x, k << 10)) == 0);
        for (std::size_t i = 0; i < 256; ++i) {
            mean[i] += stored[i] / rounds;
            // A unit is at most an eighth; near 0 it is 2^-18 of the largest.
            REQUIRE(std::abs(stored[i] - x[i]) <= std::max(std::abs(x[i]) * 0.126F, 3 * 0x1p-17F));
        }
    }
    for (std::size_t i = 0; i < 256; ++i) CHECK(std::abs(mean[i] - x[i]) <= std::abs(x[i]) * 1e-3 + 1e-7);
    CHECK((mean[7] == 0) == (std::is_same_v<F, block8>));
}

TEST_CASE("no number of a block without a sign is read as 0, whatever the others are, unless all of them are 0") {
    const float least = std::numeric_limits<float>::min();
    for (float largest : {least, 1e-36F, 1e-30F, 1e-10F, 1.0F, 1e30F, 7e37F})
        for (std::uint32_t noise : {0U, 0x80000U, 0xfffffU}) {
            CAPTURE(largest);
            std::vector<float> x(256);
            for (std::size_t i = 0; i < 128; ++i) x[i] = std::max(largest * std::exp2(-static_cast<float>(i)), least);
            x[200] = -largest / 2;
            const auto stored = through_block<block8_positive, vector>(x, noise);
            CHECK(differences(stored, through_block<block8_positive, scalar>(x, noise)) == 0);
            const float unit = std::max(largest * 0x1p-34F, least);
            for (std::size_t i = 0; i < 256; ++i) {
                REQUIRE(stored[i] >= least);
                // The mean is right down to the smallest number, which is more than what is below it by that number at most.
                REQUIRE(std::abs(stored[i] - std::max(x[i], 0.0F)) <= std::abs(x[i]) * 0.126F + unit);
            }
        }
    CHECK(through_block<block8_positive, vector>(std::vector<float>(256), 0xfffff) == std::vector<float>(256));
}

TEST_CASE("the smallest numbers of first and second moments fit: one step of m over the root of one of v is below that of the largest") {
    std::vector<float> m(256), v(256);
    m[0] = v[0] = 1;
    m[1] = 1e-6F;
    const float a = through_block<block8, vector>(m, 0xfffff)[1], d = through_block<block8_positive, vector>(v, 0)[1];
    CHECK(a > 0);
    CHECK(a / std::sqrt(d) == doctest::Approx(0.366).epsilon(0.01));
}

TEST_CASE_TEMPLATE("blocks of 8 bits: zeros, the largest, and what is not finite", F, block8, block8_positive) {
    CHECK(through_block<F, vector>(std::vector<float>(256), 0xfffff) == std::vector<float>(256));
    // A large noise does not carry the largest beyond its code.
    std::vector<float> x(256, 5);
    for (auto v : through_block<F, vector>(x, 0xfffff)) CHECK(v == doctest::Approx(5).epsilon(1e-5));
    for (float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                      -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::max()}) {
        x[100] = bad;
        for (auto v : through_block<F, vector>(x, 0)) CHECK(std::isnan(v));
        for (auto v : through_block<F, scalar>(x, 0)) CHECK(std::isnan(v));
    }
    // Below the largest that a block takes, and above the smallest.
    for (float size : {1e33F, 1e-30F, 1e-36F}) {
        x.assign(256, size);
        for (auto v : through_block<F, vector>(x, 0xfffff)) CHECK(v == doctest::Approx(size).epsilon(1e-5));
    }
}

TEST_CASE_TEMPLATE("a block that is decoded and encoded again stays as it is, for any noise", F, block8, block8_positive) {
    std::mt19937 random(3);
    for (std::uint32_t seed = 1; seed < 20; ++seed) {
        auto x = through_block<F, vector>(block_of_values<F>(seed), 0x12345);
        x = through_block<F, vector>(x, 0x54321);  // a scale may round once
        const auto first = x;
        for (int k = 0; k < 200; ++k) x = through_block<F, vector>(x, random() & 0xfffffU);
        CHECK(x == first);
    }
}

TEST_CASE("a number of a stochastic format is kept, for any noise") {
    for (std::uint32_t noise : {0U, 1U, 0x8000U, 0xfffeU, 0xffffU}) {
        std::size_t wrong = 0;
        for (std::uint32_t b = 0; b < 0x7c00; ++b) {
            float16 e;
            e.bits = static_cast<std::uint16_t>(b);
            wrong += round_trip<stochastic<float16>, scalar>({e}, noise)[0] != static_cast<float>(e);
        }
        for (std::uint32_t b = 0; b < 0x7f80; ++b) {
            bfloat16 e;
            e.bits = static_cast<std::uint16_t>(b);
            wrong += round_trip<stochastic<bfloat16>, scalar>({e}, noise)[0] != static_cast<float>(e);
        }
        CHECK(wrong == 0);
    }
}

TEST_CASE_TEMPLATE("what rounds to infinity is infinite in a compensated number", E, bfloat16, float16) {
    for (float x : {65530.0F, 1e5F, std::numeric_limits<float>::max(), std::numeric_limits<float>::infinity()}) {
        const float stored = round_trip<compensated<E>, scalar>({x})[0];
        if (std::isinf(static_cast<float>(E(x)))) CHECK(std::isinf(stored));
        else CHECK(stored == doctest::Approx(x).epsilon(1e-4));
    }
}
