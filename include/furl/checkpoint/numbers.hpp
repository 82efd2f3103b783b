#pragma once

#include <furl/base/finite.hpp>
#include <furl/checkpoint/file.hpp>
#include <furl/checkpoint/safetensors.hpp>
#include <furl/optimizer/saved_part.hpp>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#if !defined(__cpp_lib_to_chars)
#include <clocale>
#include <cstdlib>
#endif

// The numbers in the metadata of a checkpoint: the step, the hyperparameters, and the numbers of further objects.
namespace FURL_NAMESPACE::detail {

using byte_span = std::span<const std::byte>;

/// Prints a number so that reading the text gives the same bits.
inline std::string exact_text(double value) {
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

inline bool read_number(const std::string& text, std::int64_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}
// It does not accept NaN.
inline bool read_number(const std::string& text, double& value) {
#if defined(__cpp_lib_to_chars)
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool read = error == std::errc() && end == text.data() + text.size();
#else
    // The from_chars of this standard library reads only integers.
    static const auto plain = ::newlocale(LC_ALL_MASK, "C", nullptr);
    char* end = nullptr;
    value = ::strtod_l(text.c_str(), &end, plain);
    const bool read = !text.empty() && end == text.c_str() + text.size();
#endif
    return read && !is_nan(value);
}

// The step and the numbers of a part, from the metadata.
struct part_values {
    std::int64_t steps = 0;
    std::vector<std::optional<double>> numbers;
};

// Rules compute with the step in double, which holds whole numbers exactly up to here.
inline constexpr std::int64_t most_steps = std::int64_t{1} << 53;

inline problem read_part(const safetensors& file, const saved_part& part, bool any_rule, part_values& out) {
    const auto find = [&](const std::string& key) -> const std::string* {
        const auto found = file.metadata.find(part.prefix + key);
        return found == file.metadata.end() ? nullptr : &found->second;
    };
    const auto *rule = find("rule"), *mark = find("fingerprint"), *steps = find("step");
    if (!rule || !mark || !steps) return "it does not say its rule, fingerprint and step";
    const auto expected = hex(part.info->fingerprint, 16);
    if (*mark != expected && !any_rule)
        return "it is of the rule " + *rule + " (fingerprint " + *mark + "), expected " + std::string(part.info->rule) + " (" +
               expected + ")";
    if (!read_number(*steps, out.steps) || out.steps < 0 || out.steps > most_steps)
        return "its step is '" + *steps + "', expected a number from 0 to " + std::to_string(most_steps);
    for (const auto& n : part.numbers) {
        const auto* text = find(n.key);
        auto& value = out.numbers.emplace_back();
        if (!text && (any_rule || !n.is_required)) continue;
        if (!text) return "it has no '" + part.prefix + n.key + "'";
        if (!read_number(*text, value.emplace())) return "its '" + part.prefix + n.key + "' is '" + *text + "', expected a number";
        if (n.is_fixed && *value != *n.get() && !any_rule)
            return "its '" + part.prefix + n.key + "' is " + *text + ", expected " + exact_text(*n.get());
    }
    return {};
}

inline std::string object_key(const checkpoint_object& object, std::string_view number) {
    return "object." + object.name() + "." + std::string(number);
}

// Checks the numbers of an object. take() assigns them later.
inline problem read_object(const safetensors& file, checkpoint_object& object) {
    std::vector<double> values;
    for (const auto& n : object.numbers()) {
        const auto key = object_key(object, n.name);
        const auto found = file.metadata.find(key);
        if (found == file.metadata.end()) return "it has no '" + key + "'";
        if (!read_number(found->second, values.emplace_back())) return "its '" + key + "' is '" + found->second + "', expected a number";
    }
    const auto wrong = object.prepare(values);
    return wrong.empty() ? wrong : "its object '" + object.name() + "' does not fit: " + wrong;
}

}  // namespace furl::detail
