#pragma once

#include <furl/base/error.hpp>
#include <furl/checkpoint/content.hpp>
#include <furl/checkpoint/medium.hpp>
#include <furl/checkpoint/restore.hpp>
#include <furl/memory/step_data.hpp>

#include <optional>
#include <string>
#include <vector>

// The exception is one type in all units, whatever their flags, so that one unit can catch what another throws.
namespace furl {

/// Thrown when a checkpoint cannot be written or loaded. The message names the file, the tensor, what was expected and what
/// was found.
class checkpoint_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace furl

namespace FURL_NAMESPACE {

/// How a checkpoint is written or read.
struct checkpoint_settings {
    std::vector<std::string> names{};  ///< the names of the tensors; tensor0, tensor1, ... if empty
    checkpoint_metadata metadata{};    ///< metadata of the program itself: epoch, seed, position in the data
    bool any_rule = false;  ///< a load takes the states by name, even if another rule was saved
    std::vector<std::vector<std::size_t>> shapes{};  ///< the shapes that other programs see; one dimension each if empty
    std::vector<checkpoint_object> also{};  ///< further objects to save or load: `{{"scale", scale}, {"plateau", plateau}}`
};

/// The result of a load.
struct loaded_checkpoint {
    bool done = false;               ///< whether the load succeeded; false only in a program without exceptions
    checkpoint_metadata metadata{};  ///< the program's own metadata
    std::size_t converted = 0;       ///< how many states and parameters were converted from another storage format

    /// Tells whether the load succeeded.
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

/// @param go_on  see restore.
inline loaded_checkpoint load_content(const checkpoint_source& from, checkpoint_content content,
                                      const std::function<problem(const safetensors&)>& go_on = {}) {
    loaded_checkpoint result;
    const auto wrong = from.read([&](byte_span bytes) { return restore(bytes, content, result.metadata, result.converted, go_on); });
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

/// Writes the states, hyperparameters and step count of an optimizer, and the parameters if they are given.
///
/// The file is in the safetensors format: `safetensors.numpy.load_file(path)` reads it in Python. It has a tensor
/// "NAME.STATE" for each state of each tensor in the type it is stored in, "global.STATE" for a per-step state, and "NAME"
/// for parameters. Its metadata has the rule with its fingerprint, the step, each hyperparameter and a checksum.
/// Whatever crashes, the path always holds either the whole old file or the whole new one: the new file is written beside
/// the old one (path.partial), synced and renamed. A symbolic link stays a link, and the file keeps its permissions.
///
/// @param to          a path; a std::ostream; or a std::vector<std::byte>, which is replaced.
/// @param opt         a furl::optimizer, furl::any_optimizer or furl::grouped_optimizer.
/// @param settings    the names of the tensors, metadata of your own, shapes and further objects. To save the parameters in
///                    the same file, give the tensors that opt steps before this argument.
/// @returns  true.
/// Cost:    reads the states twice, and copies none.
/// Errors:  checkpoint_error if the file cannot be written, with the system's reason; if it could not be loaded again (a
///          hyperparameter is NaN, a name is not UTF-8, the header is above 100 MB); or if a partial step is open.
///          The old file is unchanged, unless the message says that the new one is in place.
/// Limits:  POSIX. On a file system without locks, a process that crashes during a save leaves its partial file behind.
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

/// Loads a checkpoint that save_checkpoint wrote into an optimizer of the same rule and sizes, which then goes on as if it
/// had not stopped, to the bit. The hyperparameters are those of the file; to change one, set it after the load. A load
/// abandons a partial step that is open, as reset does.
///
/// The load checks the format, the checksum, the rule's fingerprint, and the type and number of elements of each tensor
/// before it changes anything. Values in another format than the optimizer's are converted together with their companion,
/// and rounded to the nearest; equal formats give equal bits.
///
/// @param from        a path; a std::istream; or memory, a vector or span of std::byte.
/// @param opt         a furl::optimizer, furl::any_optimizer or furl::grouped_optimizer.
/// @param settings    the names of tensors and objects, as they were saved; shapes, if they should be checked; any_rule, if
///                    the rule's equations have changed since. To load the parameters as well, give them before this argument.
/// @returns  your own metadata and the number of converted tensors; as a condition it is true.
/// Cost:    maps the file into memory and copies each tensor once.
/// Errors:  checkpoint_error that names the tensor, what was expected and what was found. Nothing has changed then.
/// Limits:  If another program truncates the file during the load (save_checkpoint never does), SIGBUS ends this program. A
///          file without a checksum, which another program wrote, is loaded without that check.
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
