#pragma once

#include <furl/checkpoint/convert.hpp>
#include <furl/checkpoint/groups.hpp>
#include <furl/checkpoint/numbers.hpp>
#include <furl/memory/tensors.hpp>

#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <vector>

// The content of a checkpoint, independent of where it is stored.
namespace FURL_NAMESPACE {

/// A program's own metadata: texts by name.
using checkpoint_metadata = std::map<std::string, std::string, std::less<>>;

namespace detail {

/// Returns the memory of each tensor, for a checkpoint to read or write.
template <class X>
std::vector<std::span<std::byte>> memory_of(X& tensors) {
    std::vector<std::span<std::byte>> list;
    for_each_tensor(tensors, [&]<class E>(std::size_t, E* p, std::size_t n) {
        list.push_back(std::as_writable_bytes(std::span(const_cast<std::remove_const_t<E>*>(p), n)));
    });
    return list;
}

/// A stream of values that a checkpoint keeps: a state of a tensor, or parameters, with the companion of its format.
struct saved_stream {
    std::string name;       // the name of the values in a file
    std::string companion_name;  // the name of the companion, up to its last point
    stored_values<std::byte> memory{};
    std::size_t elements = 1;
    tensor_shape shape{};
    std::optional<double> if_missing{};
    bool has_main = true;  // false for parameters that are not given
    bool may_be_nan = true;  // false for hyperparameters
    std::size_t part = 0;
    std::optional<elements_here> here{};  // those that the memory has, if others have the rest

    bool is_refused(byte_span bytes) const {
        double value = 0;
        if (!may_be_nan) std::memcpy(&value, bytes.data(), sizeof value);
        return is_nan(value);
    }

    std::string describe() const { return std::string(safetensors_name(memory.type)) + " " + detail::describe(shape); }
    std::string name_of_companion(std::string_view kind) const { return companion_name + "." + std::string(kind); }
};

// The data that a checkpoint is written from, or loaded into.
struct checkpoint_content {
    std::vector<saved_part> parts;
    std::vector<std::string> names;
    std::optional<std::vector<std::span<std::byte>>> parameters;
    element_type parameter_type = element_type::float32;
    std::vector<tensor_shape> shapes{};
    std::vector<checkpoint_object> objects{};
    bool any_rule = false;

    std::size_t tensors() const {
        std::size_t n = 0;
        for (const auto& part : parts) n += part.sizes.size();
        return n;
    }

    problem check(std::string_view verb) {
        const auto n = tensors();
        if (names.empty())
            for (std::size_t i = 0; i < n; ++i) names.push_back("tensor" + std::to_string(i));
        for (const auto& part : parts)
            for (auto i : part.tensors)
                if (i >= n) return "a group has the tensor number " + std::to_string(i) + ", but some lower number belongs to no group";
        if (names.size() != n) return std::to_string(names.size()) + " names are given, for " + std::to_string(n) + " tensors";
        if (!shapes.empty() && shapes.size() != n)
            return std::to_string(shapes.size()) + " shapes are given, for " + std::to_string(n) + " tensors";
        if (parameters && parameters->size() != n)
            return std::to_string(parameters->size()) + " parameters are given to " + std::string(verb) + ", for " + std::to_string(n) + " tensors";
        for (const auto& part : parts)
            for (std::size_t i = 0; i < part.sizes.size(); ++i) {
                const auto k = part.tensors[i];
                const auto own = part.here.empty() ? part.sizes[i] : part.here[i].count;
                const auto expected = " elements, the optimizer expects " + std::to_string(part.sizes[i]);
                if (parameters && (*parameters)[k].size() != own * size_of(parameter_type))
                    return "the parameters of '" + names[k] + "' have " + std::to_string((*parameters)[k].size() / size_of(parameter_type)) + expected;
                if (!shapes.empty() && element_count(shapes[k]) != part.sizes[i])
                    return "the shape " + describe(shapes[k]) + " of '" + names[k] + "' has " + std::to_string(element_count(shapes[k])) + expected;
            }
        return {};
    }

    std::vector<saved_stream> streams() const {
        std::vector<saved_stream> list;
        for (const auto& part : parts) {
            const auto first = list.size();
            for (std::size_t s = 0; s < part.info->states.size(); ++s) {
                const auto& state = part.info->states[s];
                if (state.companion_of != state_info::no_companion) continue;
                if (state.where == domain::step) list.push_back(scalar(part, s, part.prefix + "global", 0));
                else
                    for (std::size_t i = 0; i < part.sizes.size(); ++i) {
                        const auto& name = names[part.tensors[i]];
                        if (state.where == domain::tensor) list.push_back(scalar(part, s, name, i));
                        else {
                            const auto own = name + "." + std::string(state.name);
                            saved_stream stream{own, own, {state.type, {}, part.state_bytes(s, i), {}}};
                            if (is_of_lines(state.where)) {
                                stream.elements = state.where == domain::row ? part.shapes[i].rows : part.shapes[i].columns;
                                if (const auto columns = part.shapes[i].columns; !part.here.empty() && state.where == domain::row && columns > 0)
                                    stream.here = {part.here[i].first / columns, part.here[i].count / columns};
                                stream.shape = {stream.elements};
                            } else stream = with_companion(part, static_cast<int>(s), i, std::move(stream));
                            list.push_back(std::move(stream));
                        }
                    }
            }
            for (std::size_t i = 0; i < part.sizes.size(); ++i) {
                const auto k = part.tensors[i];
                saved_stream stream{names[k], names[k] + ".param", {parameter_type, {}, {}, {}}};
                stream.has_main = parameters.has_value();
                if (parameters) stream.memory.main = (*parameters)[k];
                stream = with_companion(part, state_info::parameters, i, std::move(stream));
                if (stream.has_main || !stream.memory.companion_name.empty()) list.push_back(std::move(stream));
            }
            for (auto& stream : std::span(list).subspan(first)) stream.part = static_cast<std::size_t>(&part - parts.data());
        }
        return list;
    }

  private:
    static saved_stream scalar(const saved_part& part, std::size_t s, const std::string& owner, std::size_t tensor) {
        const auto& state = part.info->states[s];
        const auto name = owner + "." + std::string(state.name);
        return {name, name, {state.type, {}, part.state_bytes(s, tensor), {}}, 1, {}, state.if_missing, true, state.role != state_role::hyperparameter};
    }

    saved_stream with_companion(const saved_part& part, int owner, std::size_t i, saved_stream stream) const {
        stream.elements = part.sizes[i];
        if (!part.here.empty()) stream.here = part.here[i];
        const auto own = part.shapes[i];
        if (!shapes.empty()) stream.shape = shapes[part.tensors[i]];
        else stream.shape = own.rows == 1 ? tensor_shape{own.columns} : tensor_shape{own.rows, own.columns};
        for (std::size_t s = 0; s < part.info->states.size(); ++s)
            if (const auto& companion = part.info->states[s]; companion.companion_of == owner) {
                stream.memory.companion_name = companion.name.substr(companion.name.rfind('.') + 1);
                stream.memory.companion = part.state_bytes(s, i);
            }
        return stream;
    }
};

inline bool is_utf8(const std::string& text) {
    using json = nlohmann::json;
    return json(text).dump(-1, ' ', true, json::error_handler_t::replace) ==
           json(text).dump(-1, ' ', true, json::error_handler_t::ignore);
}

/// Fills a file from an optimizer. It refuses content that could not be loaded again.
inline problem fill(safetensors& file, checkpoint_content& content, const checkpoint_metadata& own) {
    if (auto p = content.check("save"); !p.empty()) return p;
    for (const auto& part : content.parts)
        if (part.step_is_open) return "a step by step_tensor is open, in which some tensors have stepped and others have not; call finish_step() first";
    file.metadata = {{"format", "furl"}, {"format_version", "1"}};
    if (content.parts.size() != 1) file.metadata["groups"] = std::to_string(content.parts.size());
    for (const auto& part : content.parts) {
        file.metadata[part.prefix + "rule"] = part.info->rule;
        file.metadata[part.prefix + "fingerprint"] = hex(part.info->fingerprint, 16);
        file.metadata[part.prefix + "step"] = std::to_string(part.steps);
        if (part.place) file.metadata[part.prefix + "tensors"] = names_text(part, content.names);
        for (const auto& n : part.numbers)
            if (const auto value = n.get()) file.metadata[part.prefix + n.key] = exact_text(*value);
        part_values values;
        if (auto p = read_part(file, part, false, values); !p.empty()) return p;
    }
    for (const auto& object : content.objects)
        for (const auto& n : object.numbers()) {
            const auto key = object_key(object, n.name);
            if (is_nan(n.value)) return "its '" + key + "' is no number";
            if (!file.metadata.emplace(key, exact_text(n.value)).second) return "two objects would have '" + key + "'; give them other names";
        }
    for (const auto& [key, value] : own) {
        if (!is_utf8(key) || !is_utf8(value)) return "the metadata '" + key + "' is no UTF-8 text";
        file.metadata["user." + key] = value;
    }
    problem wrong;
    const auto add = [&](const std::string& name, element_type type, const tensor_shape& shape, byte_span bytes) {
        if (!is_utf8(name)) wrong = "the name '" + name + "' is no UTF-8 text";
        else if (name.empty() || name == "__metadata__") wrong = "a tensor cannot have the name '" + name + "'";
        else if (!file.tensors.try_emplace(name, stored_tensor{std::string(safetensors_name(type)), type, shape, bytes}).second)
            wrong = "two tensors would have the name '" + name + "'; give them other names";
        return wrong.empty();
    };
    for (const auto& s : content.streams()) {
        const auto& memory = s.memory;
        if (s.is_refused(memory.main)) return "its '" + s.name + "' is NaN";
        if (s.has_main && !add(s.name, memory.type, s.shape, memory.main)) return wrong;
        if (memory.companion_name.empty()) continue;
        const auto companion = extent_of_companion(memory.type, memory.companion_name, s.elements);
        if (!companion) return "what is kept beside '" + s.name + "' is of no format that furl loads";
        const bool by_element = companion->elements == s.elements && !s.shape.empty();
        if (!add(s.name_of_companion(memory.companion_name), companion->type, by_element ? s.shape : tensor_shape{companion->elements}, memory.companion)) return wrong;
    }
    return {};
}

}  // namespace detail

}  // namespace furl
