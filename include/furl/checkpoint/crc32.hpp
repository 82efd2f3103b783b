#pragma once

#include <furl/base/build.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

/// This folder saves and loads optimizers. Programs include checkpoint.hpp.
namespace FURL_NAMESPACE::detail {

// Table k holds the checksum of each byte followed by k zero bytes.
inline constexpr auto crc32_tables = [] {
    std::array<std::array<std::uint32_t, 256>, 8> tables{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t c = i;
        for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ (c & 1 ? 0xedb88320 : 0);
        tables[0][i] = c;
    }
    for (std::size_t k = 1; k < 8; ++k)
        for (std::size_t i = 0; i < 256; ++i)
            tables[k][i] = (tables[k - 1][i] >> 8) ^ tables[0][tables[k - 1][i] & 255];
    return tables;
}();

/// The CRC-32 of zlib, PNG and Ethernet, computed eight bytes at a time. It detects every change within 32 adjacent bits.
class crc32 {
  public:
    crc32& add(std::span<const std::byte> bytes) {
        const auto& table = crc32_tables;
        const std::byte* p = bytes.data();
        std::size_t n = bytes.size();
        if constexpr (std::endian::native == std::endian::little)
            for (; n >= 8; n -= 8, p += 8) {
                std::uint64_t word;
                std::memcpy(&word, p, 8);
                word ^= state_;
                state_ = 0;
                for (std::size_t k = 0; k < 8; ++k) state_ ^= table[7 - k][(word >> (8 * k)) & 255];
            }
        for (; n > 0; --n, ++p) state_ = (state_ >> 8) ^ table[0][(state_ ^ std::to_integer<std::uint32_t>(*p)) & 255];
        return *this;
    }

    std::uint32_t value() const { return ~state_; }

  private:
    std::uint32_t state_ = ~std::uint32_t{0};
};

}  // namespace furl::detail
