#pragma once

#include <furl/checkpoint/crc32.hpp>
#include <furl/storage/state_table.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

// The safetensors format: the length of a header (8 bytes, little-endian), the header (JSON), then the tensors one behind
// the other. https://github.com/huggingface/safetensors
namespace FURL_NAMESPACE::detail {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

struct named_type {
    element_type type;
    std::string_view name;
};
inline constexpr named_type safetensors_types[]{{element_type::float64, "F64"},
                                                {element_type::float32, "F32"},
                                                {element_type::bfloat16, "BF16"},
                                                {element_type::float16, "F16"},
                                                {element_type::uint16, "U16"},
                                                {element_type::uint8, "U8"}};

constexpr std::string_view safetensors_name(element_type type) {
    for (const auto& t : safetensors_types)
        if (t.type == type) return t.name;
    return {};
}

/// A tensor of a file: in memory, or in the file.
struct stored_tensor {
    element_type type = element_type::float32;
    std::vector<std::size_t> shape;
    std::span<const std::byte> bytes;

    std::string describe() const {
        std::string text(safetensors_name(type));
        text += " [";
        for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
        return text + "]";
    }
};

struct safetensors {
    std::map<std::string, std::string, std::less<>> metadata;
    std::map<std::string, stored_tensor, std::less<>> tensors;
};

// The checksum stands in the header that it is about: it is that of the file with eight zeros in its place.
inline constexpr std::string_view checksum_key = R"("checksum":")";
inline constexpr std::string_view no_checksum = "00000000";
inline constexpr std::size_t longest_header = 100'000'000;  // of the format's own readers

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

inline std::string hex(std::uint64_t value, int digits) {
    std::string text;
    for (int k = digits - 1; k >= 0; --k) text += "0123456789abcdef"[(value >> (4 * k)) & 15];
    return text;
}

inline std::string json_text(const nlohmann::json& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// The header of a file, length and all, and the tensors in the order in which they follow it.
inline std::string write_header(const safetensors& file, std::vector<std::span<const std::byte>>& data) {
    using entry = std::pair<const std::string, stored_tensor>;
    std::vector<const entry*> order;
    // The large types first, so that all are aligned.
    for (std::size_t size : {8u, 4u, 2u, 1u})
        for (const auto& e : file.tensors)
            if (size_of(e.second.type) == size) order.push_back(&e);

    auto metadata = file.metadata;
    metadata["checksum"] = no_checksum;
    std::string text = "{" + json_text("__metadata__") + ":" + json_text(metadata);
    std::size_t offset = 0;
    for (const auto* e : order) {
        const auto end = offset + e->second.bytes.size();
        text += "," + json_text(e->first) + ":" +
                json_text({{"dtype", safetensors_name(e->second.type)},
                           {"shape", e->second.shape},
                           {"data_offsets", {offset, end}}});
        offset = end;
        data.push_back(e->second.bytes);
    }
    text += "}";
    text.resize((text.size() + 7) / 8 * 8, ' ');
    std::string length(8, '\0');
    for (std::size_t k = 0; k < 8; ++k) length[k] = static_cast<char>((text.size() >> (8 * k)) & 255);
    text = length + text;

    crc32 sum;
    sum.add(bytes_of(text));
    for (const auto& piece : data) sum.add(piece);
    return text.replace(text.find(checksum_key) + checksum_key.size(), no_checksum.size(), hex(sum.value(), 8));
}

/// Where the eight digits of the checksum stand in a file; 0 if there is none.
inline std::size_t checksum_place(std::span<const std::byte> file, std::size_t header_end) {
    const std::string_view text(reinterpret_cast<const char*>(file.data()), header_end);
    const auto at = text.find(checksum_key, 8);
    if (at == text.npos || header_end - at < checksum_key.size() + no_checksum.size()) return 0;
    return at + checksum_key.size();
}

inline std::string checksum_of(std::span<const std::byte> file, std::size_t place) {
    crc32 sum;
    sum.add(file.first(place)).add(bytes_of(no_checksum)).add(file.subspan(place + no_checksum.size()));
    return hex(sum.value(), 8);
}

// A number of a shape or an offset.
inline bool read_size(const nlohmann::json& j, std::size_t& n) {
    if (!j.is_number_unsigned()) return false;
    n = j.get<std::size_t>();
    return true;
}

// One tensor of the header. What is wrong with it; empty if nothing is.
inline std::string read_tensor(const nlohmann::json& j, std::span<const std::byte> data, stored_tensor& tensor) {
    if (!j.is_object() || j.size() != 3 || !j.contains("dtype") || !j.contains("shape") || !j.contains("data_offsets"))
        return "has not exactly dtype, shape and data_offsets";
    const auto &dtype = j["dtype"], &shape = j["shape"], &offsets = j["data_offsets"];
    const auto* type = std::ranges::find_if(safetensors_types, [&](const auto& t) { return dtype == t.name; });
    if (type == std::end(safetensors_types)) return "has the dtype " + json_text(dtype) + ", which furl does not store";
    tensor.type = type->type;
    if (!shape.is_array()) return "has a shape that is no list";
    std::size_t bytes = size_of(tensor.type);
    for (const auto& dimension : shape) {
        std::size_t n = 0;
        if (!read_size(dimension, n)) return "has a shape that is no list of sizes";
        if (n != 0 && bytes > std::numeric_limits<std::size_t>::max() / n) return "has a shape that fits into no memory";
        bytes *= n;
        tensor.shape.push_back(n);
    }
    std::size_t begin = 0, end = 0;
    if (!offsets.is_array() || offsets.size() != 2 || !read_size(offsets[0], begin) || !read_size(offsets[1], end) || begin > end)
        return "has data_offsets that are no range";
    if (end > data.size())
        return "ends at byte " + std::to_string(end) + " of the data, of which there are " + std::to_string(data.size());
    if (end - begin != bytes)
        return "is " + tensor.describe() + ", which is " + std::to_string(bytes) + " bytes, and has " + std::to_string(end - begin);
    tensor.bytes = data.subspan(begin, bytes);
    return {};
}

// The tensors lie one behind the other, with nothing between, before or behind them.
inline std::string check_order(const safetensors& file, std::span<const std::byte> data) {
    using entry = std::pair<const std::string, stored_tensor>;
    std::vector<const entry*> order;
    for (const auto& e : file.tensors) order.push_back(&e);
    const auto end_of = [](const entry* e) { return e->second.bytes.data() + e->second.bytes.size(); };
    std::ranges::sort(order, [&](const entry* a, const entry* b) {
        return std::pair(a->second.bytes.data(), end_of(a)) < std::pair(b->second.bytes.data(), end_of(b));
    });
    const std::byte* end = data.data();
    for (const auto* e : order) {
        if (e->second.bytes.data() < end) return "tensor '" + e->first + "' overlaps the one before it";
        if (e->second.bytes.data() > end) return "there is a gap before tensor '" + e->first + "'";
        end = end_of(e);
    }
    const auto rest = data.size() - static_cast<std::size_t>(end - data.data());
    return rest == 0 ? std::string() : std::to_string(rest) + " bytes behind the last tensor belong to none";
}

/// Reads a file that furl wrote, or finds what is wrong with it: the result is a text then. Copies no tensor.
inline std::string parse(std::span<const std::byte> bytes, safetensors& file) {
    if (bytes.size() < 8) return "it has " + std::to_string(bytes.size()) + " bytes, too few for the length of the header";
    std::uint64_t length = 0;
    for (std::size_t k = 0; k < 8; ++k) length |= std::to_integer<std::uint64_t>(bytes[k]) << (8 * k);
    if (length > longest_header) return "the header claims " + std::to_string(length) + " bytes, the most are " + std::to_string(longest_header);
    if (length > bytes.size() - 8)
        return "it is cut off: the header claims " + std::to_string(length) + " bytes, and " + std::to_string(bytes.size() - 8) + " follow";
    const auto header_end = 8 + static_cast<std::size_t>(length);
    const auto data = bytes.subspan(header_end);

    const auto place = checksum_place(bytes, header_end);
    if (place == 0) return "it has no checksum: it is damaged, or was not written by furl";
    const std::string stored(reinterpret_cast<const char*>(bytes.data()) + place, no_checksum.size());
    const auto computed = checksum_of(bytes, place);
    if (stored != computed) return "it is damaged: its checksum is " + computed + ", and it says " + stored;

    const auto* text = reinterpret_cast<const char*>(bytes.data());
    std::vector<std::set<std::string>> keys;
    std::string twice;
    const auto watch = [&](int, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
        if (event == nlohmann::json::parse_event_t::object_start) keys.emplace_back();
        if (event == nlohmann::json::parse_event_t::object_end) keys.pop_back();
        if (event == nlohmann::json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
            twice = parsed.get<std::string>();
        return true;
    };
    const auto header = nlohmann::json::parse(text + 8, text + header_end, watch, false);
    if (header.is_discarded() || !header.is_object()) return "its header is no JSON object";
    if (!twice.empty()) return "its header has '" + twice + "' twice";
    for (const auto& [name, value] : header.items()) {
        if (name == "__metadata__") {
            if (!value.is_object()) return "its metadata is no object";
            for (const auto& [key, v] : value.items()) {
                if (!v.is_string()) return "its metadata '" + key + "' is no text";
                file.metadata[key] = v.get<std::string>();
            }
            continue;
        }
        stored_tensor tensor;
        if (auto wrong = read_tensor(value, data, tensor); !wrong.empty()) return "tensor '" + name + "' " + wrong;
        file.tensors.emplace(name, std::move(tensor));
    }
    return check_order(file, data);
}

}  // namespace furl::detail
