#pragma once

#include <furl/checkpoint/checkpoint.hpp>

#include <string>
#include <vector>

namespace FURL_NAMESPACE {

namespace detail {

// Returns the element type whose bits data of type X holds.
template <class X>
constexpr std::optional<element_type> number_type() {
    if constexpr (holds<X, float>) return element_type::float32;
    else if constexpr (holds<X, double>) return element_type::float64;
    else if constexpr (holds<X, bfloat16>) return element_type::bfloat16;
    else if constexpr (holds<X, float16>) return element_type::float16;
    else return {};
}

/// Copies tensors of a file. It writes nothing unless all of them are as expected.
inline problem copy_tensors(byte_span bytes, const std::vector<std::string>& names, element_type type,
                            const std::vector<std::span<std::byte>>& to, const std::vector<tensor_shape>& shapes) {
    if (names.size() != to.size()) return std::to_string(names.size()) + " names are given, for " + std::to_string(to.size()) + " tensors";
    if (!shapes.empty() && shapes.size() != to.size())
        return std::to_string(shapes.size()) + " shapes are given, for " + std::to_string(to.size()) + " tensors";
    safetensors file;
    if (auto wrong = parse(bytes, file); !wrong.empty()) return wrong;
    std::vector<const stored_tensor*> found;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto at = file.tensors.find(names[i]);
        if (at == file.tensors.end()) {
            std::vector<std::string_view> known;
            for (const auto& [name, tensor] : file.tensors) known.push_back(name);
            const auto near = nearest_name(names[i], known);
            return "it has no tensor '" + names[i] + "'" + (near.empty() ? "" : ", did you mean '" + std::string(near) + "'?") +
                   " It has " + std::to_string(known.size()) + (known.size() > 20 ? "" : ": " + listed(known));
        }
        const auto& tensor = at->second;
        const auto wrong = [&](const std::string& expected) { return "tensor '" + names[i] + "' is " + tensor.describe() + ", expected " + expected; };
        if (!tensor.type || !visit_format(*tensor.type, {}, [](auto) {})) return wrong("F64, F32, F16 or BF16");
        if (!shapes.empty() && tensor.shape != shapes[i]) return wrong("the shape " + describe(shapes[i]));
        if (const auto n = to[i].size() / size_of(type); element_count(tensor.shape) != n) return wrong(std::to_string(n) + " elements");
        found.push_back(&tensor);
    }
    for (std::size_t i = 0; i < to.size(); ++i) {
        if (*found[i]->type == type) std::ranges::copy(found[i]->bytes, to[i].begin());
        else convert({*found[i]->type, {}, found[i]->bytes, {}}, {type, {}, to[i], {}}, to[i].size() / size_of(type));
    }
    return {};
}

}  // namespace detail

/// Loads tensors by name from any safetensors file, for example weights from Hugging Face. It converts F64, F32, F16 and BF16
/// to double, float, furl::float16 and furl::bfloat16, rounded to the nearest.
///
/// `furl::load_tensors("model.safetensors", {"wte.weight", "wpe.weight"}, std::array{std::span(wte), std::span(wpe)});`
///
/// It does not update the companions that an optimizer keeps for its parameters, such as masters or lost bits: load before
/// the first step of the optimizer, or reset the optimizer.
///
/// @param from        a path; a std::istream; or memory, a vector or span of std::byte.
/// @param names       the names of the tensors, in the order of the parameters. Load a model in several files file by file.
/// @param parameters  one tensor or a list: anything contiguous. They are written in the order of the file's memory (C order).
/// @param shapes      the expected shapes of the tensors; without them only the numbers of elements are checked.
/// @returns  true.
/// Errors:  checkpoint_error, with the nearest name, or with the type and shape that were found and expected. A file that
///          furl wrote is also checked by its checksum. Nothing has been written then.
template <detail::Parameters Parameters>
bool load_tensors(const checkpoint_source& from, const std::vector<std::string>& names, Parameters&& parameters,
                  const std::vector<std::vector<std::size_t>>& shapes = {}) {
    using E = typename detail::element_of<std::remove_reference_t<Parameters>>::type;
    static_assert(!std::is_const_v<E>, "furl[E19]: the parameters are const, and a load writes them. See docs/errors.md#E19");
    constexpr auto type = detail::number_type<std::remove_const_t<E>>();
    static_assert(type.has_value(), "furl[E16]: tensors are loaded into float, double, furl::bfloat16 or furl::float16, or a "
                                    "type that furl::holds says is one of these. See docs/errors.md#E16");
    if constexpr (type.has_value() && !std::is_const_v<E>) {
        if (!detail::require_layout("parameters", 0, parameters, parameters)) return false;
        const auto to = detail::memory_of(parameters);
        const auto wrong = from.read([&](detail::byte_span bytes) { return detail::copy_tensors(bytes, names, *type, to, shapes); });
        return wrong.empty() || detail::refuse<checkpoint_error>("furl: load_tensors, " + from.describe() + ": " + wrong);
    } else return false;
}

}  // namespace furl
