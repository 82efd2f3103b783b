#pragma once

#include <furl/blocks/as_step.hpp>
#include <furl/checkpoint/checkpoint.hpp>
#include <furl/optimizer.hpp>
#include <furl/runtime/grouped_optimizer.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iomanip>
#include <istream>
#include <locale>
#include <ostream>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace dlib {
class resizable_tensor;
}

namespace FURL_NAMESPACE {

namespace detail {

/// The number of weights of a layer, which come before its biases.
///
/// dlib's solvers have an overload for each layer with biases. Here the functions of the layer decide, so that layers of a user with
/// the same functions are treated in the same way.
template <class Layer>
std::size_t dlib_weights(const Layer& l, std::size_t size) {
    const auto before = [&](auto biases) { return size - std::min(size, static_cast<std::size_t>(biases)); };
    if constexpr (!requires { l.get_bias_weight_decay_multiplier(); }) return size;
    else if constexpr (requires { l.get_weights().get().size(); }) return static_cast<std::size_t>(l.get_weights().get().size());
    else if constexpr (requires { l.num_filters(); l.bias_is_disabled(); }) return before(l.bias_is_disabled() ? 0 : l.num_filters());
    else if constexpr (requires { l.num_filters(); }) return before(l.num_filters());
    else return size / 2;  // a normalization: one bias for each factor
}

}  // namespace detail

/// Turns any rule into a solver of dlib, for dlib::dnn_trainer. Include dlib/dnn.h too.
///
///     using solver = furl::dlib_solver<my_adamw>;
///     dlib::dnn_trainer<net_type, solver> trainer(net, solver({{"weight_decay", 0.1}}));
///
/// The trainer's learning rate, times the multipliers of the layer, becomes the rule's "lr" in each step. Weights and biases of a layer
/// are two tensors, since dlib has multipliers for each: by default biases have no decay. A hyperparameter of the rule named
/// "weight_decay" is multiplied by those. The weights of a dlib::fc_ are a matrix with a row for each input, all others one row.
///
/// dlib's trainer adds steps to parameters itself, so the rule runs in furl::as_step. Where it skips a step, the step is 0.
///
/// @tparam Rule      a struct with a `static constexpr auto update` and a hyperparameter "lr".
/// @tparam Policies  as in furl::optimizer.
/// State:   that of the rule, for the layer that the solver steps; made in the first step. A trainer copies its solver for each layer.
///          serialize and deserialize, which dlib's synchronization file needs, keep it to the bit.
/// Cost:    one furl step, which also writes a tensor of the step; the trainer's sum reads it.
/// Errors:  std::invalid_argument, before anything is written, if the rule lacks a hyperparameter that is set or "lr", if it needs an
///          input besides the gradient, or if the layer's size is another than in earlier steps.
/// Limits:  a solver sees one layer, so a reduction over all tensors covers the weights and biases of that layer. Tensors are read in
///          the memory of the CPU.
/// Source:  dlib 19.24, dlib/dnn/solvers_abstract.h, which defines what a solver is, and solvers.h.
template <class Rule, class... Policies>
class dlib_solver {
  public:
    /// Uses the rule's defaults.
    dlib_solver() = default;

    /// Sets these hyperparameters by name.
    dlib_solver(std::initializer_list<std::pair<std::string_view, double>> settings) {
        for (const auto& [name, value] : settings) settings_.emplace_back(name, value);
    }

    /// Returns the step of a layer, as dlib's trainer asks.
    template <class Layer, class Tensor>
    const Tensor& operator()(float learning_rate, const Layer& l, const Tensor& gradients) {
        const Tensor& parameters = l.get_layer_params();
        const std::size_t size = parameters.size(), weights = detail::dlib_weights(l, size);
        if (optimizer_.size() == 0) make(shapes_of(l, size, weights));
        change_.copy_size(parameters);
        const auto parts = [&](auto* memory, std::size_t n) {
            return std::array{std::span(memory, std::min(weights, n)), std::span(memory, n).subspan(std::min(weights, n))};
        };
        const auto change = parts(change_.host(), size);
        const auto given = parts(std::as_const(parameters).host(), size), slopes = parts(gradients.host(), gradients.size());
        const std::size_t tensors = weights < size ? 2 : 1;
        set_rates(l, learning_rate);
        const named_data<float> input{"param", std::span(given).first(tensors), {}};
        const auto inputs = std::span(&input, std::ranges::count(rule_info_of().inputs, input.name) > 0 ? 1 : 0);
        if (!optimizer_.step_named(std::span<const std::span<float>>(change).first(tensors),
                                   std::span<const std::span<const float>>(slopes).first(tensors), inputs))
            change_ = 0;
        return change_;
    }

    /// The optimizer of the layer. Its groups are the weights, and the biases if there are any; it has none before the first step.
    auto& optimizer() { return optimizer_; }

    /// Writes settings and states, as dlib's trainer does for its synchronization file.
    friend void serialize(const dlib_solver& item, std::ostream& out) {
        std::vector<std::byte> states;
        if (item.optimizer_.size() > 0) save_checkpoint(states, item.optimizer_);
        std::ostringstream head;
        head.imbue(std::locale::classic());
        head << "furl::dlib_solver 1 " << item.settings_.size();
        for (const auto& [name, value] : item.settings_) head << ' ' << std::quoted(name) << ' ' << std::bit_cast<std::uint64_t>(value);
        head << ' ' << item.shapes_.size();
        for (const auto& shape : item.shapes_) head << ' ' << shape.rows << ' ' << shape.columns;
        head << ' ' << states.size() << '\n';
        const auto text = head.str();
        out.write(text.data(), static_cast<std::streamsize>(text.size()));
        out.write(reinterpret_cast<const char*>(states.data()), static_cast<std::streamsize>(states.size()));
    }
    /// Reads what serialize has written. The solver then goes on to the bit.
    ///
    /// Errors:  furl::checkpoint_error if the stream has something else, or the states of another rule. Nothing has changed then.
    friend void deserialize(dlib_solver& item, std::istream& in) {
        std::string line, word;
        std::getline(in, line);
        std::istringstream head(line);
        head.imbue(std::locale::classic());
        std::size_t version = 0, settings = 0, tensors = 0, bytes = 0;
        dlib_solver loaded;
        head >> word >> version >> settings;
        bool fits = word == "furl::dlib_solver" && version == 1 && settings <= line.size();
        for (std::size_t i = 0; fits && i < settings; ++i) {
            std::uint64_t bits = 0;
            fits = static_cast<bool>(head >> std::quoted(word) >> bits);
            loaded.settings_.emplace_back(word, std::bit_cast<double>(bits));
        }
        fits = fits && head >> tensors && tensors <= 2;
        std::vector<furl::shape> shapes(fits ? tensors : 0);
        for (auto& shape : shapes) fits = fits && head >> shape.rows >> shape.columns;
        if (!fits || !(head >> bytes))
            return static_cast<void>(detail::refuse<checkpoint_error>("furl: the stream has no furl::dlib_solver of version 1, but '" + line.substr(0, 40) + "'"));
        std::string states;
        for (std::size_t n = 0; bytes > 0 && in; bytes -= n) {  // piece by piece, since a damaged number asks for any memory
            char piece[4096];
            in.read(piece, static_cast<std::streamsize>(n = std::min(bytes, sizeof(piece))));
            states.append(piece, static_cast<std::size_t>(in.gcount()));
        }
        if (!shapes.empty()) {
            loaded.make(std::move(shapes));
            if (!load_checkpoint(std::as_bytes(std::span(states)), loaded.optimizer_)) return;
        }
        item = std::move(loaded);
    }

    /// Prints the name of the rule and the hyperparameters that are set.
    friend std::ostream& operator<<(std::ostream& out, const dlib_solver& item) {
        out << "furl " << short_name<Rule>();
        for (const char* between = ": "; const auto& [name, value] : item.settings_) out << std::exchange(between, ", ") << name << '=' << value;
        return out;
    }

  private:
    struct step_rule : Rule {
        static constexpr auto update = as_step(Rule::update);
    };
    // dlib declares the tensor later. So its name is looked up where a solver is used.
    template <class Tensor>
    using tensor_of = std::enable_if_t<!std::is_void_v<Rule>, Tensor>;

    std::vector<std::pair<std::string, double>> settings_;
    std::vector<furl::shape> shapes_;  // of weights and biases
    grouped_optimizer<float> optimizer_;
    double decay_ = 0;  // the weight decay before the multipliers of the layer
    tensor_of<dlib::resizable_tensor> change_;

    const rule_info& rule_info_of() const { return optimizer_.begin()->info(); }

    template <class Layer>
    static std::vector<furl::shape> shapes_of([[maybe_unused]] const Layer& l, std::size_t size, std::size_t weights) {
        std::vector<furl::shape> shapes{{1, weights}};
        if constexpr (requires { l.get_weights().get().num_samples(); })
            if (const auto n = static_cast<std::size_t>(l.get_weights().get().num_samples()); n > 0) shapes[0] = {n, weights / n};
        if (weights < size) shapes.push_back({1, size - weights});
        return shapes;
    }

    static bool has_decay(std::span<const std::string_view> names) { return std::ranges::find(names, "weight_decay") != names.end(); }
    bool has_decay() const { return has_decay(rule_info_of().hyperparameters) || has_decay(rule_info_of().tensor_hyperparameters); }

    void make(std::vector<furl::shape> shapes) {
        grouped_optimizer<float> made;
        std::vector<setting> given;
        for (const auto& [name, value] : settings_) given.push_back({name, value});
        for (const auto& shape : shapes) made.add<step_rule, Policies...>({shape}, {.settings = given});
        optimizer_ = std::move(made);
        shapes_ = std::move(shapes);
        const auto& group = optimizer_[0];
        if (has_decay()) decay_ = has_decay(group.hyperparameters()) ? group.get("weight_decay") : group.get("weight_decay", 0);
    }

    template <class Layer>
    void set_rates(const Layer& l, double rate) {
        double decay = decay_;
        if constexpr (requires { l.get_learning_rate_multiplier(); }) rate *= l.get_learning_rate_multiplier();
        if constexpr (requires { l.get_weight_decay_multiplier(); }) decay *= l.get_weight_decay_multiplier();
        const auto set = [&](std::size_t group) {
            optimizer_[group].set("lr", rate);
            if (has_decay()) optimizer_[group].set("weight_decay", decay);
        };
        set(0);
        if constexpr (requires { l.get_bias_weight_decay_multiplier(); }) {
            rate *= l.get_bias_learning_rate_multiplier();
            decay *= l.get_bias_weight_decay_multiplier();
        }
        if (optimizer_.size() > 1) set(1);
    }
};

}  // namespace furl
