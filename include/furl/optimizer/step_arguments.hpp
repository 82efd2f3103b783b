#pragma once

#include <furl/base/chunk_runner.hpp>
#include <furl/execute/evaluate.hpp>
#include <furl/execute/step_tensors.hpp>
#include <furl/language/leaves.hpp>
#include <furl/memory/step_data.hpp>
#include <furl/optimizer/hyperparameters.hpp>
#include <furl/optimizer/named_values.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE {

namespace detail {

template <class... X>
inline constexpr bool are_step_arguments = false;
template <class Parameters, class Gradients, class... Inputs>
inline constexpr bool are_step_arguments<Parameters, Gradients, Inputs...> = (InputBinding<std::remove_cvref_t<Inputs>> && ...);
template <class Runner, class Parameters, class Gradients, class... Inputs>
    requires ChunkRunner<std::remove_reference_t<Runner>>
inline constexpr bool are_step_arguments<Runner, Parameters, Gradients, Inputs...> = (InputBinding<std::remove_cvref_t<Inputs>> && ...);

/// A flag of one object: it is false in a copy.
class own_flag {
  public:
    own_flag() = default;
    own_flag(const own_flag&) noexcept {}
    own_flag& operator=(const own_flag&) noexcept { return *this = false; }
    own_flag& operator=(bool value) noexcept { return value_ = value, *this; }
    operator bool() const { return value_; }

  private:
    bool value_ = false;
};

}  // namespace detail

/// The tensors of a step. This takes what a caller gives, and refuses what does not fit before anything is written.
///
/// A training loop gives the same memory each time. Then only sizes and addresses are compared.
template <class Plan>
class step_arguments {
    using T = typename Plan::value_type;
    using E = typename Plan::template format<0>::element;

  public:
    /// The types of the elements of the streams.
    struct element_types {
        using parameter = typename Plan::template format<0>::element;
        using gradient = typename Plan::template format<1>::element;
        // An unknown name has the stream of the gradients here; it is refused later, by name.
        template <class Name>
        static constexpr std::size_t stream_of_input = [] {
            for (std::size_t k = 2; k < Plan::first_state; ++k)
                if (Plan::streams[k].name == name_text<Name>) return k;
            return std::size_t{1};
        }();
        template <class Binding>
        using input = typename Plan::template format<stream_of_input<typename Binding::name>>::element;
    };

    explicit step_arguments(std::vector<std::size_t> sizes) : touched_(sizes.size() * Plan::first_state + 1), sizes_(std::move(sizes)), tensors_(sizes_.size()) {}

    const std::vector<std::size_t>& sizes() const { return sizes_; }

    /// The tensors with their buffers. The owner fills in the buffers of its states.
    step_tensors<Plan>& tensors() { return tensors_; }

    /// Takes parameters, gradients and inputs, and returns whether they fit. They are refused if they overlap each other or the
    /// states, where one of the two is written.
    template <class Parameters, class Gradients, detail::InputBinding... Inputs>
    bool take(std::span<const std::byte> states, Parameters&& parameters, Gradients&& gradients,
              const Inputs&... inputs) {
        if constexpr (detail::data_fits<element_types, writes_gradients, Parameters, Gradients, Inputs...>())
            return detail::require_layouts(0, parameters, gradients, inputs...) &&
                   take_checked({0, sizes_.size()}, states, parameters, gradients, [&] { return gather_inputs(false, inputs...); });
        else return false;
    }

    /// Does the same with inputs that are named at run time.
    ///
    /// @param some_rows  the tensors of which gradients and inputs have only some rows. The list must exist during the step.
    bool take_named(std::span<const std::byte> states, std::span<const std::span<E>> parameters,
                    std::span<const std::span<const E>> gradients, std::span<const named_data<T>> inputs,
                    std::span<const detail::named_rows> some_rows) {
        [[maybe_unused]] constexpr detail::diagnose_named<can_be_named> report{};
        return take_checked({0, sizes_.size()}, states, parameters, gradients, [&] { return gather_named(false, inputs); }, some_rows);
    }

    /// Takes the parameters, gradients and inputs of one tensor. They are refused if they overlap each other or the states, but
    /// those of other tensors are not compared. In a step that is open, numbers of the step are those of its first tensor.
    template <class Parameters, class Gradients, detail::InputBinding... Inputs>
    bool take_one(std::size_t tensor, bool is_open, std::span<const std::byte> states, Parameters&& parameters, Gradients&& gradients,
                  const Inputs&... inputs) {
        if constexpr (detail::data_fits<element_types, writes_gradients, Parameters, Gradients, Inputs...>())
            return detail::require_layouts(tensor, parameters, gradients, inputs...) &&
                   take_checked({tensor, 1}, states, parameters, gradients, [&] { return gather_inputs(is_open, inputs...); });
        else return false;
    }
    bool take_one_named(std::size_t tensor, bool is_open, std::span<const std::byte> states, std::span<E> parameters,
                        std::span<const E> gradients, std::span<const named_data<T>> inputs, std::span<const detail::named_rows> some_rows) {
        [[maybe_unused]] constexpr detail::diagnose_named<can_be_named> report{};
        return take_checked({tensor, 1}, states, parameters, gradients, [&] { return gather_named(is_open, inputs); }, some_rows);
    }

    /// Takes all tensors together that were taken one by one. First, keep_present is told which of them have a gradient.
    void keep_present(std::span<const unsigned char> had_part) {
        tensors_.absent_count = 0;
        for (std::size_t i = 0; i < sizes_.size(); ++i) {
            tensors_.absent[i] = !had_part[i];
            tensors_.absent_count += tensors_.absent[i];
        }
    }
    bool take_all(std::span<const std::byte> states) {
        taken_ = {0, sizes_.size()};
        return require_no_overlap(states);
    }

    /// Takes the parameters of one tensor, and the gradients and inputs of some of its rows.
    template <class Parameters, class Gradients, detail::InputBinding... Inputs>
    bool take_rows(const detail::named_rows& named, bool is_open, std::span<const std::byte> states, Parameters&& parameters, Gradients&& gradients,
                   const Inputs&... inputs) {
        if constexpr (detail::data_fits<element_types, writes_gradients, Parameters, Gradients, Inputs...>())
            return take_checked({named.tensor, 1}, states, parameters, gradients, [&] { return gather_inputs(is_open, inputs...); }, {&named, 1});
        else return false;
    }

    /// Leaves tensors out that have no gradient, if a share has no elements of them: their gradients are empty in any case.
    void leave_out(std::span<const unsigned char> absent) {
        for (std::size_t i = 0; i < absent.size(); ++i)
            if (absent[i] && !tensors_.absent[i]) tensors_.absent[i] = step_tensors<Plan>::no_gradient, ++tensors_.absent_count;
        tensors_.find_neighbours(sizes_);
        checked_ = false;  // the next take finds the neighbours again
    }

    /// Returns whether the next step can use the same arguments: the last take had all tensors, and each had a gradient.
    bool has_all() const { return checked_ && tensors_.absent_count == 0; }

    /// Whether the last take found anything at another address than the take before it.
    bool moved() const { return moved_; }

    bool require_tensor(std::size_t tensor) const {
        return tensor < sizes_.size() ||
               detail::refuse("furl: no tensor " + std::to_string(tensor) + "; the optimizer has " + std::to_string(sizes_.size()));
    }

    bool require_one_tensor() const {
        return sizes_.size() == 1 || detail::refuse("furl: the optimizer has " + std::to_string(sizes_.size()) +
                                                    " tensors; say which: state(symbol, index)");
    }

  private:
    // True if gradients have the element type of the parameters, and inputs have that of the optimizer.
    static constexpr bool can_be_named = []<std::size_t... K>(std::index_sequence<K...>) {
        return std::is_same_v<typename element_types::gradient, E> && (std::is_same_v<typename Plan::template format<K + 2>::element, T> && ...);
    }(std::make_index_sequence<Plan::inputs>{});

    static constexpr const auto& step_input_names = Plan::program.step_inputs;

    static constexpr bool writes_gradients = Plan::program.gradient >= 0;

    // The tensors that the arguments belong to.
    struct window {
        std::size_t first = 0, count = 0;
    };

    std::vector<detail::interval> touched_;  // scratch of the overlap check, in full size, because a copy keeps no capacity
    window taken_;
    bool moved_ = true;
    std::vector<std::size_t> sizes_;
    detail::own_flag checked_;  // whether the last check passed. A copy has other states, so it has to check again.
    step_tensors<Plan> tensors_;

    template <class Parameters, class Gradients, class TakeInputs>
    bool take_checked(window tensors, std::span<const std::byte> states, Parameters& parameters, Gradients& gradients,
                      TakeInputs take_inputs, std::span<const detail::named_rows> some_rows = {}) {
        moved_ = !checked_;
        checked_ = false;
        taken_ = tensors;
        if (tensors_.absent_count > 0) {
            std::ranges::fill(tensors_.absent, static_cast<unsigned char>(0));
            tensors_.absent_count = 0;
        }
        tensors_.some_rows = some_rows;
        if (!gather(0, parameters) || !gather(1, gradients) || !take_inputs()) return false;
        if (moved_ || tensors.count != sizes_.size())
            if (!require_no_overlap(states)) return false;
        if (!some_rows.empty()) tensors_.mark_rows();
        else if (tensors.count == sizes_.size()) checked_ = true;
        return true;
    }

    template <detail::InputBinding... Inputs>
    bool gather_inputs([[maybe_unused]] bool is_open, const Inputs&... inputs) {
        static constexpr std::array<std::string_view, sizeof...(Inputs)> names{name_text<typename Inputs::name>...};
        return (require_known(name_text<typename Inputs::name>, detail::NumberBinding<Inputs>) && ...) && require_distinct(names) &&
               [&]<std::size_t... K>(std::index_sequence<K...>) {
                   return (gather_input<K>(inputs...) && ...);
               }(std::make_index_sequence<Plan::inputs>{}) &&
               [&]<std::size_t... K>(std::index_sequence<K...>) {
                   return (take_number(K, is_open, number_of(step_input_names[K], inputs...)) && ...);
               }(std::make_index_sequence<step_input_names.size()>{});
    }

    bool gather_named(bool is_open, std::span<const named_data<T>> inputs) {
        for (const auto& given : inputs)
            if (!require_known(given.name, given.number.has_value())) return false;
        if (!require_distinct(inputs)) return false;
        for (std::size_t k = 0; k < Plan::inputs; ++k) {
            const auto wanted = Plan::program.inputs[k];
            const auto found = std::ranges::find(inputs, wanted, &named_data<T>::name);
            if (found == inputs.end()) return refuse_missing("input", wanted, "data");
            if (!gather(2 + k, found->tensors)) return false;
        }
        for (std::size_t k = 0; k < step_input_names.size(); ++k) {
            const auto found = std::ranges::find(inputs, step_input_names[k], &named_data<T>::name);
            if (!take_number(k, is_open, found == inputs.end() ? std::nullopt : found->number)) return false;
        }
        return true;
    }

    // Takes a number of the step, and returns whether it fits. In an open step it is there already, and stays.
    bool take_number(std::size_t k, bool is_open, std::optional<double> given) {
        auto& number = tensors_.step_inputs[k];
        if (!given) return is_open || refuse_missing("step_input", step_input_names[k], "number");
        if (is_open && !detail::have_equal_bits(*given, number))
            return detail::refuse("furl: step input '" + std::string(step_input_names[k]) +
                                  "' differs from what the first tensor of this step was given; it is one number per step");
        number = *given;
        return true;
    }

    // Takes the tensors of one stream, and returns whether they fit.
    template <class X>
    bool gather(std::size_t stream, X& x) {
        // These are locals, because with 10,000 tensors of a few values this loop is a good part of the step.
        bool fits = true, moved = false;
        const bool of_rows = stream > 0 && !tensors_.some_rows.empty();
        const auto expected = taken_.count, first = taken_.first;
        const auto* const sizes = sizes_.data() + first;
        auto* const buffers = tensors_.buffers.data() + first;
        const auto given = detail::for_each_tensor(x, [&, expected, first, sizes, buffers, of_rows](std::size_t k, const auto* elements, std::size_t n) {
            if (k >= expected || !fits) return;
            if (n != (of_rows ? size_in(stream, first + k) : sizes[k])) {
                if (n > 0 || !may_be_absent(stream, first + k)) fits = refuse_size(stream, first + k, n);
                else moved |= std::exchange(buffers[k][stream], nullptr) != nullptr;
                return;
            }
            auto* const data = reinterpret_cast<const std::byte*>(elements);
            if (buffers[k][stream] == data) return;
            moved = true;
            buffers[k][stream] = const_cast<std::byte*>(data);  // a stream that the program does not store is only read
        });
        moved_ |= moved;
        if (!fits) return false;
        return given == taken_.count ||
               detail::refuse("furl: " + std::to_string(given) + " tensors of " + describe(stream) + ", expected " +
                              std::to_string(taken_.count) +
                              (taken_.count == sizes_.size() ? " as at construction" : ": a step of one tensor"));
    }

    // Returns the number of elements of a stream: gradients and inputs may have only some rows.
    std::size_t size_in(std::size_t stream, std::size_t tensor) const {
        const auto* some = stream > 0 ? tensors_.rows_of(tensor) : nullptr;
        return some ? some->elements() : sizes_[tensor];
    }

    // Whether a stream of a tensor may be empty. An empty gradient says that the tensor has no part in the step; then its inputs
    // may be empty too.
    bool may_be_absent(std::size_t stream, std::size_t tensor) {
        if (stream == 1 && !tensors_.absent[tensor] && !tensors_.rows_of(tensor)) {
            tensors_.absent[tensor] = 1;
            ++tensors_.absent_count;
        }
        return stream >= 1 && tensors_.absent[tensor];
    }

    static bool require_known(std::string_view name, bool is_number) {
        const auto has = [&](const auto& list) { return std::ranges::find(list, name) != list.end(); };
        const auto& data = Plan::program.inputs;
        if (is_number ? has(step_input_names) : has(data)) return true;
        if (has(data))
            return detail::refuse("furl: input '" + std::string(name) + "' has one value per parameter, and one number is given for it");
        if (has(step_input_names))
            return detail::refuse("furl: step input '" + std::string(name) + "' is one number per step, and tensors are given for it");
        return detail::refuse(is_number ? detail::no_such("step input", name, "the rule", step_input_names)
                                        : detail::no_such("input", name, "the rule", data));
    }

    static std::string_view name_of(std::string_view name) { return name; }
    static std::string_view name_of(const named_data<T>& input) { return input.name; }

    template <class Inputs>
    static bool require_distinct(const Inputs& inputs) {
        for (auto i = inputs.begin(); i != inputs.end(); ++i)
            for (auto before = inputs.begin(); before != i; ++before)
                if (name_of(*before) == name_of(*i)) return detail::refuse("furl: input '" + std::string(name_of(*i)) + "' is given twice");
        return true;
    }

    // Returns the number that is bound to a name, if there is one.
    template <class... Inputs>
    static std::optional<double> number_of(std::string_view name, const Inputs&... inputs) {
        std::optional<double> found;
        [[maybe_unused]] const auto look = [&]<class Input>(const Input& given) {
            if constexpr (detail::NumberBinding<Input>)
                if (name_text<typename Input::name> == name) found = given.value;
        };
        (look(inputs), ...);
        return found;
    }

    template <std::size_t K, class... Inputs>
    bool gather_input(const Inputs&... given) {
        bool found = false, fits = true;
        detail::for_each_data(
            [&](std::string_view name, const auto& data) {
                if (name != Plan::program.inputs[K]) return true;
                found = true;
                return fits = gather(2 + K, data);
            },
            given...);
        return found ? fits : refuse_missing("input", Plan::program.inputs[K], "data");
    }

    static bool refuse_missing(const std::string& kind, std::string_view name, const std::string& value) {
        const std::string input(name);
        return detail::refuse("furl: input '" + input + "' is missing; call step(parameters, gradients, furl::" + kind + "<\"" + input +
                              "\"> = " + value + ")");
    }

    static std::string describe(std::size_t stream) {
        if (stream == 0) return "parameters";
        if (stream == 1) return "gradients";
        if (stream < Plan::first_state) return "input '" + std::string(Plan::streams[stream].name) + "'";
        return "the states";
    }

    bool refuse_size(std::size_t stream, std::size_t tensor, std::size_t given) const {
        return detail::refuse("furl: tensor " + std::to_string(tensor) + ": " + describe(stream) + " have " + std::to_string(given) +
                              " elements, expected " + std::to_string(size_in(stream, tensor)) +
                              (stream > 0 && tensors_.rows_of(tensor) ? ": a row for each index" : " as at construction"));
    }

    bool require_no_overlap(std::span<const std::byte> states) {
        std::size_t k = 0;
        touched_.resize(taken_.count * Plan::first_state + 1);
        for (std::size_t i = taken_.first; i < taken_.first + taken_.count; ++i)
            for (std::size_t s = 0; s < Plan::first_state; ++s)
                touched_[k++] = detail::interval::of(tensors_.buffers[i][s],
                                                     tensors_.is_absent(i) ? 0 : Plan::buffers[s].size(size_in(s, i)),
                                                     i, s, Plan::streams[s].store >= 0);
        touched_[k] = detail::interval::of(states.data(), states.size(), 0, Plan::first_state, true);
        const auto found = detail::find_overlap(touched_);
        if (!found.first) return true;
        const auto name = [&](const detail::interval& x) {
            return describe(x.stream) + (x.stream < Plan::first_state ? " of tensor " + std::to_string(x.tensor) : "");
        };
        return detail::refuse("furl: " + name(*found.first) + " overlap " + name(*found.second) +
                              "; a step writes parameters, so they need memory of their own");
    }
};

}  // namespace furl
