#pragma once

#include <furl/base/error.hpp>
#include <furl/checkpoint/content.hpp>
#include <furl/checkpoint/medium.hpp>
#include <furl/checkpoint/restore.hpp>
#include <furl/memory/step_data.hpp>

#include <optional>
#include <string>
#include <vector>

// One type for units of all flags: what one of them throws, another catches.
namespace furl {

/// A checkpoint that cannot be written, or is not loaded: the message names the file, the tensor, what was expected and
/// what was found.
class checkpoint_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace furl

namespace FURL_NAMESPACE {

/// How a checkpoint is written or read.
struct checkpoint_settings {
    std::vector<std::string> names{};  ///< of the tensors; tensor0, tensor1, ... where none are given
    checkpoint_metadata metadata{};    ///< what the program wants to keep with it: epoch, seed, data position
    bool any_rule = false;  ///< when loading: take the states by name, though the rule is not the one that was saved
    std::vector<std::vector<std::size_t>> shapes{};  ///< of the tensors, as other programs see them; none: one dimension
    std::vector<checkpoint_object> also{};  ///< `{{"scale", scale}, {"plateau", plateau}}`: what else goes with the run
};

/// What a load says of what it loaded.
struct loaded_checkpoint {
    bool done = false;               ///< false without exceptions, where it failed
    checkpoint_metadata metadata{};  ///< the program's own
    std::size_t converted = 0;       ///< how many states and parameters were stored in another format, and were converted

    /// Whether it was loaded.
    explicit operator bool() const { return done; }
};

namespace detail {

inline bool save_content(const checkpoint_target& to, checkpoint_content content, const checkpoint_metadata& own) {
    safetensors file;
    auto wrong = fill(file, content, own);
    if (wrong.empty()) {
        const written_file written(file);
        wrong = check_header(written, file);
        std::vector<byte_span> pieces{bytes_of(written.header)};
        pieces.insert(pieces.end(), written.data.begin(), written.data.end());
        if (wrong.empty()) wrong = to.write(pieces);
    }
    return wrong.empty() || refuse<checkpoint_error>("furl: checkpoint " + to.describe() + " was not saved: " + wrong);
}

inline loaded_checkpoint load_content(const checkpoint_source& from, checkpoint_content content) {
    loaded_checkpoint result;
    const auto wrong = from.read([&](byte_span bytes) { return restore(bytes, content, result.metadata, result.converted); });
    if (!wrong.empty())
        return refuse<checkpoint_error>("furl: checkpoint " + from.describe() + " is not loaded: " + wrong, loaded_checkpoint());
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
    checkpoint_content content{parts_of(opt), settings.names, {}, element_type_of<E>, settings.shapes, settings.also, settings.any_rule};
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

/// Writes what an optimizer keeps: all states, hyperparameters, the step count. And the parameters, if given.
///
/// The file is in the safetensors format: `safetensors.numpy.load_file(path)` reads it in Python. It has a tensor
/// "NAME.STATE" for each state of each tensor in the type it is stored in, "global.STATE" for a state of one value per
/// step, "NAME" for parameters; and as metadata the rule with its fingerprint, the step, each hyperparameter, a checksum.
/// At any moment, whatever crashes, there is the old file or the new one, whole: it is written beside it
/// (path.partial), synced, and renamed. A link stays a link, and the file keeps its rights.
///
/// @param to          a path; a std::ostream; or a std::vector<std::byte>, which is replaced.
/// @param opt         a furl::optimizer, furl::any_optimizer or furl::grouped_optimizer.
/// @param settings    names of the tensors, metadata of your own, shapes, further objects. Before it may stand the
///                    parameters, the tensors that opt steps, to have all in one file.
/// @returns  true.
/// Cost:    reads the states twice, copies none.
/// Errors:  checkpoint_error, with the reason of the system, if it cannot be written; if it could not be loaded again: a
///          hyperparameter that is NaN, names that are not UTF-8, a header above 100 MB; if a step tensor by tensor is open.
///          The old file is as it was, unless the message says that the new one is in place.
/// Limits:  POSIX. Where the file system has no locks, a process that crashes in a save leaves its file beside the other.
template <class Optimizer>
bool save_checkpoint(const checkpoint_target& to, const Optimizer& opt, const checkpoint_settings& settings = {}) {
    return detail::save_content(to, detail::content_of(opt, std::nullopt, settings), settings.metadata);
}
template <class Optimizer, detail::Parameters Parameters>
bool save_checkpoint(const checkpoint_target& to, const Optimizer& opt, const Parameters& parameters,
                     const checkpoint_settings& settings = {}) {
    if (!detail::require_layout("parameters", 0, parameters, parameters)) return false;
    return detail::save_content(to, detail::content_of(opt, parameters, settings), settings.metadata);
}

/// Loads what save_checkpoint wrote: into an optimizer of the same rule and sizes. Then it goes on as if it had not
/// stopped, to the bit. Hyperparameters are those of the file: set what is to be another afterwards. A step tensor by
/// tensor that is open is given up, as by reset.
///
/// All is checked before anything is changed: the format, the checksum, the rule's fingerprint, each tensor's type and
/// number of elements. What is stored in another format than that of the optimizer is converted, rounded to the nearest,
/// with what is kept beside it; equal formats give equal bits.
///
/// @param from        a path; a std::istream; or memory, a vector or span of std::byte.
/// @param opt         a furl::optimizer, furl::any_optimizer or furl::grouped_optimizer.
/// @param settings    names of the tensors and objects, as they were saved; shapes, if they are to be checked; any_rule, if
///                    the rule's equations have changed since. Before it may stand the parameters, if they are in the file
///                    and are wanted.
/// @returns  the metadata of your own, and how much was converted; true as a condition.
/// Cost:    maps the file into memory and copies each tensor once.
/// Errors:  checkpoint_error that names the tensor, what was expected and what was found. Nothing is changed then.
/// Limits:  A program that cuts the file off while it is loaded (save_checkpoint never does) ends this one by SIGBUS. A file
///          without a checksum, from another program, is taken as it is.
template <class Optimizer>
loaded_checkpoint load_checkpoint(const checkpoint_source& from, Optimizer& opt, const checkpoint_settings& settings = {}) {
    return detail::load_content(from, detail::content_of(opt, std::nullopt, settings));
}
template <class Optimizer, detail::Parameters Parameters>
loaded_checkpoint load_checkpoint(const checkpoint_source& from, Optimizer& opt, Parameters&& parameters,
                                  const checkpoint_settings& settings = {}) {
    static_assert(!std::is_const_v<typename detail::element_of<std::remove_reference_t<Parameters>>::type>,
                  "furl[E19]: the parameters are const, and a load writes them. See docs/errors.md#E19");
    if (!detail::require_layout("parameters", 0, parameters, parameters)) return {};
    return detail::load_content(from, detail::content_of(opt, parameters, settings));
}

}  // namespace furl
