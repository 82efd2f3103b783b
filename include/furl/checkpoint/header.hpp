#pragma once

#include <furl/base/element_type.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The header of a safetensors file. https://github.com/huggingface/safetensors
namespace FURL_NAMESPACE::detail {

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

using tensor_shape = std::vector<std::size_t>;

inline std::string describe(const tensor_shape& shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    return text + "]";
}

inline std::size_t element_count(const tensor_shape& shape) {
    std::size_t n = 1;
    for (auto dimension : shape) n *= dimension;
    return n;
}

/// A tensor of a safetensors file.
struct stored_tensor {
    std::string dtype;                   // the name of the type in the file
    std::optional<element_type> type{};  // empty if furl does not store this type
    tensor_shape shape{};
    std::span<const std::byte> bytes{};
    std::size_t begin = 0, end = 0;  // offsets in the data of the file

    std::string describe() const { return dtype + " " + detail::describe(shape); }
};

struct safetensors {
    std::map<std::string, std::string, std::less<>> metadata;
    std::map<std::string, stored_tensor, std::less<>> tensors;

    std::string says(std::string_view key) const {
        const auto found = metadata.find(key);
        return found == metadata.end() ? std::string() : found->second;
    }
};

inline constexpr std::size_t longest_header = 100'000'000;  // the limit of the format's own readers

/// Reads a header from the events of nlohmann's parser. It keeps what the format defines and stops at anything else, so
/// nothing can nest deeper than the format allows, and each part of a header is read once.
class header_reader {
  public:
    explicit header_reader(safetensors& file) : file_(file) {}

    const std::string& wrong() const { return wrong_; }

    bool null() { return unexpected(); }
    bool boolean(bool) { return unexpected(); }
    bool number_integer(std::int64_t) { return unexpected(); }
    bool number_float(double, const std::string&) { return unexpected(); }
    bool binary(std::vector<std::uint8_t>&) { return unexpected(); }
    bool number_unsigned(std::uint64_t n) {
        if (at_ == place::shape) tensor_->shape.push_back(n);
        else if (at_ == place::offsets && offsets_ < 2) (offsets_++ == 0 ? tensor_->begin : tensor_->end) = n;
        else return unexpected();
        return true;
    }
    bool string(std::string& text) {
        if (at_ == place::metadata_value) {
            file_.metadata.insert_or_assign(key_, std::move(text));
            at_ = place::metadata;
        } else if (at_ == place::dtype) {
            const auto* known = std::ranges::find(safetensors_types, std::string_view(text), &named_type::name);
            if (known != std::end(safetensors_types)) tensor_->type = known->type;
            tensor_->dtype = std::move(text);
            at_ = place::tensor;
        } else {
            return unexpected();
        }
        return true;
    }
    bool start_object(std::size_t) {
        if (at_ == place::nothing) return go(place::names);
        if (at_ == place::metadata_start) return go(place::metadata);
        if (at_ == place::tensor_start) return go(place::tensor);
        return unexpected();
    }
    bool key(std::string& name) {
        if (at_ == place::names) {
            key_ = std::move(name);
            if (key_ == "__metadata__") return !std::exchange(has_metadata_, true) ? go(place::metadata_start) : twice();
            const auto added = file_.tensors.try_emplace(key_);
            tensor_ = &added.first->second;
            fields_ = offsets_ = 0;
            return added.second ? go(place::tensor_start) : twice();
        }
        if (at_ == place::metadata) {
            key_ = std::move(name);
            return !file_.metadata.contains(key_) ? go(place::metadata_value) : twice();
        }
        const int field = name == "dtype" ? 1 : name == "shape" ? 2 : name == "data_offsets" ? 4 : 0;
        if (field == 0 || (fields_ & field) != 0) return unexpected();
        fields_ |= field;
        return go(field == 1 ? place::dtype : field == 2 ? place::shape_start : place::offsets_start);
    }
    bool end_object() {
        if (at_ == place::names) return go(place::done);
        if (at_ == place::tensor && fields_ != 7) return unexpected();
        return go(place::names);
    }
    bool start_array(std::size_t) {
        if (at_ == place::shape_start) return go(place::shape);
        if (at_ == place::offsets_start) return go(place::offsets);
        return unexpected();
    }
    bool end_array() {
        if (at_ == place::offsets && (offsets_ != 2 || tensor_->begin > tensor_->end)) return unexpected();
        return go(place::tensor);
    }
    template <class Error>
    bool parse_error(std::size_t, const std::string&, const Error&) {
        wrong_ = "its header is no JSON object";
        return false;
    }

  private:
    // The position of the reader: in an object, before a value, or in a list.
    enum class place {
        nothing, names, metadata_start, metadata, metadata_value, tensor_start, tensor, dtype, shape_start, shape, offsets_start,
        offsets, done
    };

    safetensors& file_;
    std::string wrong_;
    place at_ = place::nothing;
    std::string key_;  // the name of a tensor, or a key of the metadata
    stored_tensor* tensor_ = nullptr;
    bool has_metadata_ = false;
    int fields_ = 0, offsets_ = 0;  // of the current tensor: its fields seen so far, as bits, and the number of its offsets

    bool go(place next) {
        at_ = next;
        return true;
    }
    bool twice() {
        wrong_ = "its header has '" + key_ + "' twice";
        return false;
    }
    bool unexpected() {
        const auto what = [&]() -> std::string {
            switch (at_) {
                case place::nothing: case place::names: case place::done: return "its header is no JSON object";
                case place::metadata_start: return "its metadata is no object";
                case place::metadata: case place::metadata_value: return "its metadata '" + key_ + "' is no text";
                case place::dtype: return "tensor '" + key_ + "' has a dtype that is no text";
                case place::shape_start: return "tensor '" + key_ + "' has a shape that is no list";
                case place::shape: return "tensor '" + key_ + "' has a shape that is no list of sizes";
                case place::offsets_start: case place::offsets: return "tensor '" + key_ + "' has data_offsets that are no range";
                default: return "tensor '" + key_ + "' has not exactly dtype, shape and data_offsets";
            }
        };
        wrong_ = what();
        return false;
    }
};

/// Reads the text of a header. Returns what is wrong with it, or an empty text.
inline std::string read_header(std::string_view text, safetensors& file) {
    if (text.find('\0') != text.npos) return "its header is no JSON object";  // the parser takes it for the end
    header_reader reader(file);
    nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
    return reader.wrong();
}

}  // namespace furl::detail
