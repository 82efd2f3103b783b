#pragma once

#include <furl/base/suggest.hpp>
#include <furl/checkpoint/content.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

// Loads an optimizer in two stages: it first checks the whole file, then changes the optimizer.
namespace FURL_NAMESPACE::detail {

// The values of a stream in a file, and their format.
struct found_stream {
    stored_values<const std::byte> values{};
    bool is_there = true;
    bool converts = false;
};

inline problem find_stream(const safetensors& file, const saved_stream& s, std::set<std::string_view>& used, found_stream& found) {
    const auto tensor = [&](const std::string& name) -> const stored_tensor* {
        const auto at = file.tensors.find(name);
        if (at == file.tensors.end()) return nullptr;
        used.insert(at->first);
        return &at->second;
    };
    problem wrong;
    // Finds the companion of this kind for values of a type; empty if the file has none.
    const auto companion = [&](element_type type, std::string_view kind) -> byte_span {
        const auto extent = extent_of_companion(type, kind, s.elements);
        const auto* t = extent ? tensor(s.name_of_companion(kind)) : nullptr;
        if (!t) return {};
        if (t->type != extent->type || element_count(t->shape) != extent->elements)
            wrong = "tensor '" + s.name_of_companion(kind) + "' is " + t->describe() + ", expected " +
                    stored_tensor{std::string(safetensors_name(extent->type)), {}, {extent->elements}}.describe();
        found.values.companion_name = kind;
        return t->bytes;
    };
    if (!s.has_main) {
        found.values.type = s.memory.type;
        found.values.companion = companion(s.memory.type, s.memory.companion_name);
        found.is_there = !found.values.companion_name.empty();
        return wrong;
    }
    const auto* main = tensor(s.name);
    if (!main) {
        found.is_there = false;
        return s.if_missing ? problem() : "it has no tensor '" + s.name + "', expected " + s.describe();
    }
    const auto expects = [&] { return "tensor '" + s.name + "' is " + main->describe() + ", expected " + s.describe(); };
    const bool flat = main->shape.size() <= 1, asked_for = s.shape.size() > 1;
    if (!main->type || element_count(main->shape) != s.elements || (!flat && asked_for && main->shape != s.shape)) return expects();
    found.values.type = *main->type;
    found.values.main = main->bytes;
    if (main->type == element_type::bfloat16 || main->type == element_type::float16 || main->type == element_type::uint8)
        for_each_companion_name([&](std::string_view kind) {
            if (found.values.companion_name.empty()) found.values.companion = companion(*main->type, kind);
        });
    if (!wrong.empty()) return wrong;
    found.converts = found.values.type != s.memory.type || found.values.companion_name != s.memory.companion_name;
    if (found.converts && found.values.companion_name == master<bfloat16>::companion_name && is_unset_master(found.values.companion)) {
        found.values.companion_name = {};
        found.values.companion = {};
    }
    const bool known = visit_format(found.values.type, found.values.companion_name, [](auto) {});
    if (!known && found.converts) return expects();
    std::array<std::byte, sizeof(double)> number;
    if (!s.may_be_nan && found.converts) convert(found.values, {s.memory.type, {}, number, {}}, 1);
    if (s.is_refused(found.converts ? byte_span(number) : found.values.main)) return "its '" + s.name + "' is NaN";
    return {};
}

// Leaves the values of some elements. Where masters are not yet taken from the parameters, the first of all says so; then none is left,
// and those of the optimizer stay as after a reset.
inline stored_values<const std::byte> values_here(stored_values<const std::byte> values, elements_here here) {
    const auto size = size_of(values.type);
    if (!values.main.empty()) values.main = values.main.subspan(here.first * size, here.count * size);
    if (values.companion_name == master<bfloat16>::companion_name && is_unset_master(values.companion)) values.companion = {};
    if (values.companion.empty()) return values;
    const auto before = extent_of_companion(values.type, values.companion_name, here.first), own = extent_of_companion(values.type, values.companion_name, here.count);
    values.companion = values.companion.subspan(before->elements * size_of(before->type), own->elements * size_of(own->type));
    return values;
}

// Checks the tensors of a file that no stream has used. Parameters may be left over if they were not asked for, and tensors of
// types that furl does not store belong to another program.
inline problem check_companion(const safetensors& file, const checkpoint_content& content, const std::set<std::string_view>& used) {
    if (content.any_rule || used.size() == file.tensors.size()) return {};
    const std::set<std::string_view> names(content.names.begin(), content.names.end());
    for (const auto& [name, tensor] : file.tensors) {
        if (used.contains(name) || !tensor.type) continue;
        const auto of_parameters = std::string_view(name).rfind(".param.");
        if (!content.parameters && (names.contains(name) || names.contains(std::string_view(name).substr(0, of_parameters)))) continue;
        return "it has a tensor '" + name + "', " + tensor.describe() + ", that the optimizer has no place for";
    }
    return {};
}

/// Loads an optimizer from a file in memory. It changes nothing unless the whole file is as expected.
///
/// @param converted  counts the tensors that were stored in another format.
/// @param go_on      is called when the whole file is as expected, and returns why nothing shall be changed all the same, if so.
inline problem restore(byte_span bytes, checkpoint_content& content, checkpoint_metadata& own,
                       std::size_t& converted, const std::function<problem(const safetensors&)>& go_on = {}) {
    safetensors file;
    if (auto p = content.check("load"); !p.empty()) return p;
    if (auto p = parse(bytes, file); !p.empty()) return p;
    if (file.says("format") != "furl") return "its format is '" + file.says("format") + "', expected 'furl'";
    if (file.says("format_version") != "1") return "its format_version is '" + file.says("format_version") + "', expected '1'";
    if (!file.metadata.contains("checksum")) {
        // Other programs may leave the checksum out. A key that is nearly "checksum" is a damaged one.
        for (const auto& [key, value] : file.metadata)
            if (edit_distance(key, "checksum") <= 2) return "it has '" + key + "' in place of a checksum: it is damaged";
    }
    if (auto p = match_groups(file.metadata, content.parts, content.names); !p.empty()) return p;
    std::vector<part_values> values(content.parts.size());
    for (std::size_t i = 0; i < values.size(); ++i)
        if (auto p = read_part(file, content.parts[i], content.any_rule, values[i]); !p.empty()) return p;
    for (auto& object : content.objects)
        if (auto p = read_object(file, object); !p.empty()) return p;
    const auto streams = content.streams();
    std::vector<found_stream> found(streams.size());
    std::set<std::string_view> used;
    for (std::size_t i = 0; i < streams.size(); ++i)
        if (auto p = find_stream(file, streams[i], used, found[i]); !p.empty()) return p;
    if (auto p = check_companion(file, content, used); !p.empty()) return p;
    if (go_on)
        if (auto p = go_on(file); !p.empty()) return p;
    for (const auto& [key, value] : file.metadata)
        if (key.starts_with("user.")) own[key.substr(5)] = value;

    // Nothing below can fail.
    for (std::size_t i = 0; i < values.size(); ++i) {
        auto& part = content.parts[i];
        part.reset();
        for (std::size_t k = 0; k < part.numbers.size(); ++k) part.numbers[k].set(values[i].numbers[k]);
        part.set_steps(values[i].steps);
    }
    for (std::size_t i = 0; i < streams.size(); ++i) {
        const auto& to = streams[i].memory;
        const auto& here = streams[i].here;
        const auto elements = here ? here->count : streams[i].elements;
        const auto from = here && found[i].is_there ? values_here(found[i].values, *here) : found[i].values;
        if (!found[i].is_there) {
            if (streams[i].if_missing && values[streams[i].part].steps > 0)
                fill_with(to, elements, *streams[i].if_missing);
        } else if (found[i].converts) {
            convert(from, to, elements);
            ++converted;
        } else {
            std::ranges::copy(from.main, to.main.begin());
            std::ranges::copy(from.companion, to.companion.begin());
        }
    }
    for (auto& object : content.objects) object.take();
    for (const auto& part : content.parts)
        if (part.loaded) part.loaded();
    return {};
}

}  // namespace furl::detail
