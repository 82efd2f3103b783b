#pragma once

#include <furl/base/error.hpp>
#include <furl/base/finite.hpp>
#include <furl/checkpoint/file.hpp>
#include <furl/checkpoint/groups.hpp>
#include <furl/checkpoint/safetensors.hpp>
#include <furl/storage/saved_part.hpp>
#include <furl/storage/step_data.hpp>

#include <charconv>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace FURL_NAMESPACE {

/// A checkpoint that cannot be written, or is not loaded: the message names the file, the tensor, what was expected and
/// what was found.
class checkpoint_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Texts by name, of a program's own.
using checkpoint_metadata = std::map<std::string, std::string, std::less<>>;

/// How a checkpoint is written or read.
struct checkpoint_settings {
    std::vector<std::string> names{};  ///< of the tensors; tensor0, tensor1, ... where none are given
    checkpoint_metadata metadata{};    ///< what the program wants to keep with it: epoch, seed, data position
    bool any_rule = false;  ///< when loading: take the states by name, though the rule is not the one that was saved
};

/// What a load says of what it loaded.
struct loaded_checkpoint {
    bool done = false;               ///< false without exceptions, where it failed
    checkpoint_metadata metadata{};  ///< the program's own

    /// Whether it was loaded.
    explicit operator bool() const { return done; }
};

namespace detail {

using byte_span = std::span<const std::byte>;

/// The memory of tensors, written or read by a checkpoint.
template <class X>
std::vector<std::span<std::byte>> memory_of(X& tensors) {
    std::vector<std::span<std::byte>> list;
    for_each_tensor(tensors, [&]<class E>(std::size_t, E* p, std::size_t n) {
        list.push_back(std::as_writable_bytes(std::span(const_cast<std::remove_const_t<E>*>(p), n)));
    });
    return list;
}

/// A number as text that gives the same bits when it is read.
inline std::string exact_text(double value) {
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

template <class Number>
bool read_number(std::string_view text, Number& value) {
    if constexpr (requires { std::from_chars(text.data(), text.data(), value); }) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc() && end == text.data() + text.size();
    } else {
        // libc++ before version 20 has it of integers only. strtod reads the point of the user's language, and more than numbers.
        std::string copy(text);
        if (copy.empty() || copy[0] == '+' || copy.find_first_not_of("0123456789+-.einfa") != copy.npos) return false;
        if (const auto point = copy.find('.'); point != copy.npos) copy.replace(point, 1, std::localeconv()->decimal_point);
        char* end = nullptr;
        value = std::strtod(copy.c_str(), &end);
        const bool too_large = is_infinite(value) && copy.find('i') == copy.npos;
        return end == copy.c_str() + copy.size() && !too_large;
    }
}

// What a checkpoint is written from, or loaded into.
struct checkpoint_content {
    std::vector<saved_part> parts;
    std::vector<std::string> names;
    std::optional<std::vector<std::span<std::byte>>> parameters;
    element_type parameter_type = element_type::float32;

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
                if (i >= n) return "it would have a tensor " + std::to_string(i) + ", and no group has each tensor before it";
        if (names.size() != n) return std::to_string(names.size()) + " names are given, for " + std::to_string(n) + " tensors";
        if (!parameters) return {};
        if (parameters->size() != n)
            return std::to_string(parameters->size()) + " parameters are given to " + std::string(verb) + ", for " + std::to_string(n) + " tensors";
        for (const auto& part : parts)
            for (std::size_t i = 0; i < part.sizes.size(); ++i)
                if (const auto k = part.tensors[i]; (*parameters)[k].size() != part.sizes[i] * size_of(parameter_type))
                    return "the parameters of '" + names[k] + "' have " + std::to_string((*parameters)[k].size() / size_of(parameter_type)) +
                           " elements, the optimizer expects " + std::to_string(part.sizes[i]);
        return {};
    }

    template <class Visit>
    bool for_each_tensor_of_file(Visit visit) const {
        for (const auto& part : parts)
            if (!for_each_state(part, names, visit)) return false;
        if (parameters)
            for (std::size_t i = 0; i < names.size(); ++i)
                if (!visit(names[i], parameter_type, false, (*parameters)[i])) return false;
        return true;
    }
};

inline bool is_utf8(const std::string& text) {
    using json = nlohmann::json;
    return json(text).dump(-1, ' ', true, json::error_handler_t::replace) ==
           json(text).dump(-1, ' ', true, json::error_handler_t::ignore);
}

/// Fills a file from an optimizer.
inline problem fill(safetensors& file, checkpoint_content& content, const checkpoint_metadata& own) {
    if (auto p = content.check("save"); !p.empty()) return p;
    file.metadata = {{"format", "furl"}, {"format_version", "1"}};
    if (content.parts.size() != 1) file.metadata["groups"] = std::to_string(content.parts.size());
    for (const auto& part : content.parts) {
        file.metadata[part.prefix + "rule"] = part.info->rule;
        file.metadata[part.prefix + "fingerprint"] = hex(part.info->fingerprint, 16);
        file.metadata[part.prefix + "step"] = std::to_string(part.steps);
        if (part.place) file.metadata[part.prefix + "tensors"] = names_text(part, content.names);
        for (const auto& n : part.numbers)
            if (const auto value = n.get()) file.metadata[part.prefix + n.key] = exact_text(*value);
    }
    for (const auto& [key, value] : own) {
        if (!is_utf8(key) || !is_utf8(value)) return "the metadata '" + key + "' is no UTF-8 text";
        file.metadata["user." + key] = value;
    }
    problem wrong;
    content.for_each_tensor_of_file([&](const std::string& name, element_type type, bool scalar, byte_span bytes) {
        stored_tensor tensor{type, {}, bytes};
        if (!scalar) tensor.shape.push_back(bytes.size() / size_of(type));
        if (!is_utf8(name)) wrong = "the name '" + name + "' is no UTF-8 text";
        else if (name.empty() || name == "__metadata__") wrong = "a tensor cannot have the name '" + name + "'";
        else if (!file.tensors.emplace(name, std::move(tensor)).second) wrong = "two tensors would have the name '" + name + "'; give them other names";
        return wrong.empty();
    });
    return wrong;
}

// What the file says of a part beside its tensors.
struct part_values {
    std::int64_t steps = 0;
    std::vector<std::optional<double>> numbers;
};

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
    if (!read_number(*steps, out.steps) || out.steps < 0) return "its step is '" + *steps + "', expected a number from 0";
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

// Whether a tensor of the file is expected, and as expected.
inline problem check_tensors(const safetensors& file, const checkpoint_content& content) {
    problem wrong;
    std::set<std::string_view> known;
    content.for_each_tensor_of_file([&](const std::string& name, element_type type, bool scalar, byte_span bytes) {
        stored_tensor expected{type, {}, bytes};
        if (!scalar) expected.shape.push_back(bytes.size() / size_of(type));
        const auto found = file.tensors.find(name);
        if (found == file.tensors.end()) wrong = "it has no tensor '" + name + "', expected " + expected.describe();
        else if (found->second.type != type || found->second.shape != expected.shape)
            wrong = "tensor '" + name + "' is " + found->second.describe() + ", expected " + expected.describe();
        else known.insert(found->first);
        return wrong.empty();
    });
    if (!wrong.empty()) return wrong;
    if (!content.parameters) known.insert(content.names.begin(), content.names.end());  // may be there, and stay there
    for (const auto& [name, tensor] : file.tensors)
        if (!known.contains(name)) return "it has a tensor '" + name + "', " + tensor.describe() + ", that the optimizer has no place for";
    return {};
}

/// Loads an optimizer from a file in memory. Nothing is changed unless all is as expected.
inline problem restore(byte_span bytes, checkpoint_content& content, bool any_rule, checkpoint_metadata& own) {
    safetensors file;
    if (auto p = content.check("load"); !p.empty()) return p;
    if (auto p = parse(bytes, file); !p.empty()) return p;
    const auto says = [&](std::string_view key) {
        const auto found = file.metadata.find(key);
        return found == file.metadata.end() ? std::string() : found->second;
    };
    if (says("format") != "furl") return "its format is '" + says("format") + "', expected 'furl'";
    if (says("format_version") != "1") return "its format_version is '" + says("format_version") + "', expected '1'";
    if (auto p = match_groups(file.metadata, content.parts, content.names); !p.empty()) return p;
    std::vector<part_values> values(content.parts.size());
    for (std::size_t i = 0; i < values.size(); ++i)
        if (auto p = read_part(file, content.parts[i], any_rule, values[i]); !p.empty()) return p;
    if (auto p = check_tensors(file, content); !p.empty()) return p;

    // From here on nothing can fail.
    for (const auto& [key, value] : file.metadata)
        if (key.starts_with("user.")) own[key.substr(5)] = value;
    for (std::size_t i = 0; i < values.size(); ++i) {
        auto& part = content.parts[i];
        for (std::size_t k = 0; k < part.numbers.size(); ++k) part.numbers[k].set(values[i].numbers[k]);
        part.set_steps(values[i].steps);
    }
    content.for_each_tensor_of_file([&](const std::string& name, element_type, bool, std::span<std::byte> to) {
        std::ranges::copy(file.tensors.find(name)->second.bytes, to.begin());
        return true;
    });
    for (const auto& part : content.parts)
        if (part.loaded) part.loaded();
    return {};
}

inline bool save_content(const std::filesystem::path& path, checkpoint_content content, const checkpoint_metadata& own) {
    safetensors file;
    auto wrong = fill(file, content, own);
    if (wrong.empty()) {
        std::vector<byte_span> pieces(1);
        const auto header = write_header(file, pieces);
        pieces[0] = bytes_of(header);
        wrong = write_atomically(path, pieces);
    }
    return wrong.empty() || refuse<checkpoint_error>("furl: checkpoint " + path.string() + " was not saved: " + wrong);
}

inline loaded_checkpoint load_content(const std::filesystem::path& path, checkpoint_content content, bool any_rule) {
    loaded_checkpoint result;
    mapped_file file;
    auto wrong = file.open(path);
    if (wrong.empty()) wrong = restore(file.bytes(), content, any_rule, result.metadata);
    if (!wrong.empty())
        return refuse<checkpoint_error>("furl: checkpoint " + path.string() + " is not loaded: " + wrong, loaded_checkpoint());
    result.done = true;
    return result;
}

template <class Optimizer>
struct parameter_of {
    using type = typename Optimizer::value_type;
};
template <class Optimizer>
    requires requires { typename Optimizer::parameter_type; }
struct parameter_of<Optimizer> {
    using type = typename Optimizer::parameter_type;
};

template <class Optimizer, class Parameters>
checkpoint_content content_of(const Optimizer& opt, Parameters& parameters, const checkpoint_settings& settings) {
    using E = typename parameter_of<Optimizer>::type;
    checkpoint_content content{parts_of(opt), settings.names, {}, element_type_of<E>};
    if constexpr (!std::is_same_v<Parameters, const std::nullopt_t>) {
        static_assert(holds<std::remove_const_t<typename element_of<Parameters>::type>, E>,
                      "furl[E16]: the data has another element type than the optimizer; use "
                      "furl::optimizer<my_rule, double> for double, and furl::storage for others. See docs/errors.md#E16");
        content.parameters = memory_of(parameters);
    }
    return content;
}

template <class X>
concept Parameters = Tensor<X> || TensorList<X>;

}  // namespace detail

/// Writes what an optimizer keeps to a file: all states, hyperparameters, the step count. And the parameters, if given.
///
/// The file is in the safetensors format: `safetensors.numpy.load_file(path)` reads it in Python. It has a tensor
/// "NAME.STATE" for each state of each tensor in the type it is stored in, "global.STATE" for a state of one value per
/// step, "NAME" for parameters; and as metadata the rule with its fingerprint, the step, each hyperparameter, a checksum.
/// At any moment, whatever crashes, there is the old file or the new one, whole: it is written beside it
/// (path.partial), synced, and renamed.
///
/// @param path        of the file.
/// @param opt         a furl::optimizer, furl::any_optimizer or furl::grouped_optimizer.
/// @param settings    names of the tensors, metadata of your own. Before it may stand the parameters, the tensors that
///                    opt steps, to have all in one file.
/// @returns  true.
/// Cost:    reads the states twice, copies none.
/// Errors:  checkpoint_error, with the reason of the system, if it cannot be written: the old file is as it was.
/// Limits:  POSIX. Tensors have one dimension, as furl sees them.
template <class Optimizer>
bool save_checkpoint(const std::filesystem::path& path, const Optimizer& opt, const checkpoint_settings& settings = {}) {
    return detail::save_content(path, detail::content_of(opt, std::nullopt, settings), settings.metadata);
}
template <class Optimizer, detail::Parameters Parameters>
bool save_checkpoint(const std::filesystem::path& path, const Optimizer& opt, const Parameters& parameters,
                     const checkpoint_settings& settings = {}) {
    if (!detail::require_layout("parameters", 0, parameters, parameters)) return false;
    return detail::save_content(path, detail::content_of(opt, parameters, settings), settings.metadata);
}

/// Loads what save_checkpoint wrote: into an optimizer of the same rule and sizes. Then it goes on as if it had not
/// stopped, to the bit. Hyperparameters are those of the file: set what is to be another afterwards.
///
/// All is checked before anything is changed: the format, the checksum, the rule's fingerprint, each tensor's type and
/// shape.
///
/// @param path        of the file.
/// @param opt         a furl::optimizer, furl::any_optimizer or furl::grouped_optimizer.
/// @param settings    names of the tensors, as they were saved; any_rule, if the rule's equations have changed since.
///                    Before it may stand the parameters, if they are in the file and are wanted.
/// @returns  the metadata of your own; true as a condition.
/// Cost:    maps the file into memory and copies each tensor once.
/// Errors:  checkpoint_error that names the tensor, what was expected and what was found. Nothing is changed then.
/// Limits:  A program that cuts the file off while it is loaded (save_checkpoint never does) ends this one by SIGBUS.
template <class Optimizer>
loaded_checkpoint load_checkpoint(const std::filesystem::path& path, Optimizer& opt, const checkpoint_settings& settings = {}) {
    return detail::load_content(path, detail::content_of(opt, std::nullopt, settings), settings.any_rule);
}
template <class Optimizer, detail::Parameters Parameters>
loaded_checkpoint load_checkpoint(const std::filesystem::path& path, Optimizer& opt, Parameters&& parameters,
                                  const checkpoint_settings& settings = {}) {
    static_assert(!std::is_const_v<typename detail::element_of<std::remove_reference_t<Parameters>>::type>,
                  "furl[E19]: the parameters are const, and a load writes them. See docs/errors.md#E19");
    if (!detail::require_layout("parameters", 0, parameters, parameters)) return {};
    return detail::load_content(path, detail::content_of(opt, parameters, settings), settings.any_rule);
}

}  // namespace furl
