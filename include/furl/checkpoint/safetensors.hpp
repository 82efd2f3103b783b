#pragma once

#include <furl/checkpoint/crc32.hpp>
#include <furl/checkpoint/header.hpp>

#include <bit>
#include <limits>

// A file in the safetensors format has the length of the header (8 bytes, little-endian), the header (JSON), and then the
// tensors one after the other.
namespace FURL_NAMESPACE::detail {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

// The checksum is computed over the file as furl writes it, with eight zeros in place of the checksum. So it stays the same
// when another program formats the header differently or writes the tensors in another order.
inline constexpr std::string_view no_checksum = "00000000";

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

inline std::string hex(std::uint64_t value, int digits) {
    std::string text;
    for (int k = digits - 1; k >= 0; --k) text += "0123456789abcdef"[(value >> (4 * k)) & 15];
    return text;
}

inline std::string json_text(const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// A file as furl writes it: the header with its length, and the tensors in the order in which they follow the header.
struct written_file {
    std::string header;
    std::string checksum;
    std::vector<std::span<const std::byte>> data;

    /// Writes the tensors whose types furl stores. The checksum does not cover the others either.
    explicit written_file(const safetensors& file) {
        using entry = std::pair<const std::string, stored_tensor>;
        std::vector<const entry*> order;
        // Large types come first, so that all tensors are aligned.
        for (std::size_t size : {8u, 4u, 2u, 1u})
            for (const auto& e : file.tensors)
                if (e.second.type && size_of(*e.second.type) == size) order.push_back(&e);

        header = std::string(8, '\0') + "{\"__metadata__\":{";
        auto metadata = file.metadata;
        metadata["checksum"] = no_checksum;
        std::size_t checksum_at = 0;
        for (const auto& [key, value] : metadata) {
            header += json_text(key) + ":";
            if (key == "checksum") checksum_at = header.size() + 1;
            header += json_text(value) + ",";
        }
        header.back() = '}';
        std::size_t offset = 0;
        for (const auto* e : order) {
            const auto end = offset + e->second.bytes.size();
            header += "," + json_text(e->first) + ":{\"data_offsets\":[" + std::to_string(offset) + "," + std::to_string(end) +
                      "],\"dtype\":\"" + e->second.dtype + "\",\"shape\":[";
            for (std::size_t i = 0; i < e->second.shape.size(); ++i)
                header += (i == 0 ? "" : ",") + std::to_string(e->second.shape[i]);
            header += "]}";
            offset = end;
            data.push_back(e->second.bytes);
        }
        header += "}";
        header.resize((header.size() + 7) / 8 * 8, ' ');
        for (std::size_t k = 0; k < 8; ++k) header[k] = static_cast<char>(((header.size() - 8) >> (8 * k)) & 255);

        crc32 sum;
        sum.add(bytes_of(header));
        for (const auto& piece : data) sum.add(piece);
        checksum = hex(sum.value(), 8);
        header.replace(checksum_at, no_checksum.size(), checksum);
    }
};

// Assigns the tensors of a header their bytes. Returns what is wrong with them, or an empty text.
inline std::string find_data(safetensors& file, std::span<const std::byte> data) {
    using entry = std::pair<const std::string, stored_tensor>;
    std::vector<const entry*> order;
    for (auto& e : file.tensors) {
        auto& t = e.second;
        const auto wrong = [&](const std::string& what) { return "tensor '" + e.first + "' " + what; };
        if (t.end > data.size())
            return wrong("ends at byte " + std::to_string(t.end) + " of the data, of which there are " + std::to_string(data.size()));
        std::size_t bytes = t.type ? size_of(*t.type) : 1;
        const auto most = std::numeric_limits<std::size_t>::max();
        for (auto n : t.shape) {
            if (n != 0 && bytes > most / n) return wrong("has a shape that fits into no memory");
            bytes *= n;
        }
        if (t.type && t.end - t.begin != bytes)
            return wrong("is " + t.describe() + ", which is " + std::to_string(bytes) + " bytes, and has " + std::to_string(t.end - t.begin));
        t.bytes = data.subspan(t.begin, t.end - t.begin);
        order.push_back(&e);
    }
    // The tensors must fill the data without gaps or overlaps.
    std::ranges::sort(order, {}, [](const entry* e) { return std::pair(e->second.begin, e->second.end); });
    std::size_t end = 0;
    for (const auto* e : order) {
        if (e->second.begin < end) return "tensor '" + e->first + "' overlaps the one before it";
        if (e->second.begin > end) return "there is a gap before tensor '" + e->first + "'";
        end = e->second.end;
    }
    return end == data.size() ? std::string() : std::to_string(data.size() - end) + " bytes behind the last tensor belong to none";
}

// Reads the length of the header from the first bytes of a file. Returns what is wrong with it, or an empty text.
inline std::string header_length(std::span<const std::byte> bytes, std::size_t& length) {
    if (bytes.size() < 8) return "it has " + std::to_string(bytes.size()) + " bytes, too few for the length of the header";
    std::uint64_t n = 0;
    for (std::size_t k = 0; k < 8; ++k) n |= std::to_integer<std::uint64_t>(bytes[k]) << (8 * k);
    if (n > longest_header) return "the header claims " + std::to_string(n) + " bytes, the most are " + std::to_string(longest_header);
    length = static_cast<std::size_t>(n);
    return {};
}

/// Reads a file without copying tensors. Returns what is wrong with it, or an empty text.
inline std::string parse(std::span<const std::byte> bytes, safetensors& file) {
    std::size_t length = 0;
    if (auto wrong = header_length(bytes, length); !wrong.empty()) return wrong;
    if (length > bytes.size() - 8)
        return "it is cut off: the header claims " + std::to_string(length) + " bytes, and " + std::to_string(bytes.size() - 8) + " follow";
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + 8, length);
    if (auto wrong = read_header(text, file); !wrong.empty()) return wrong;
    if (auto wrong = find_data(file, bytes.subspan(8 + length)); !wrong.empty()) return wrong;
    const auto stored = file.metadata.find("checksum");
    if (file.says("format") != "furl" || stored == file.metadata.end()) return {};
    const auto computed = written_file(file).checksum;
    if (stored->second == computed) return {};
    return "it is damaged: its checksum is " + computed + ", and it says " + stored->second +
           "; a program that changes a checkpoint takes the checksum out of its metadata";
}

/// Checks that a reader will get from a written header what `file` contains. Returns what differs, or an empty text.
inline std::string check_header(const written_file& written, const safetensors& file) {
    if (written.header.size() - 8 > longest_header)
        return "its header would have " + std::to_string(written.header.size() - 8) + " bytes, of which readers take " +
               std::to_string(longest_header) + ": there are too many tensors, or their names are too long";
    safetensors read;
    if (auto wrong = read_header(std::string_view(written.header).substr(8), read); !wrong.empty()) return wrong;
    read.metadata.erase("checksum");
    for (const auto& [key, value] : file.metadata)
        if (const auto found = read.metadata.find(key); found == read.metadata.end() || found->second != value)
            return "the metadata '" + key + "' is no UTF-8 text";
    for (const auto& [name, tensor] : file.tensors)
        if (!read.tensors.contains(name)) return "the name '" + name + "' is no UTF-8 text";
    return {};
}

}  // namespace furl::detail
