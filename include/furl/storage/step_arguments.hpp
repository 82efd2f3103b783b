#pragma once

#include <furl/execute/step.hpp>
#include <furl/language/leaves.hpp>
#include <furl/storage/hyperparameters.hpp>
#include <furl/storage/tensors.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace furl {

namespace detail {

template <class X>
inline constexpr bool is_input_binding = false;
template <class Name, class Data>
inline constexpr bool is_input_binding<input_binding<Name, Data>> = true;

template <class... X>
inline constexpr bool are_step_arguments = false;
template <class Parameters, class Gradients, class... Inputs>
inline constexpr bool are_step_arguments<Parameters, Gradients, Inputs...> =
    (is_input_binding<std::remove_cvref_t<Inputs>> && ...);
template <class Runner, class Parameters, class Gradients, class... Inputs>
    requires ChunkRunner<std::remove_reference_t<Runner>>
inline constexpr bool are_step_arguments<Runner, Parameters, Gradients, Inputs...> =
    (is_input_binding<std::remove_cvref_t<Inputs>> && ...);

/// What is wrong with data of type X as a stream of T.
enum class data_fault { none, not_contiguous, other_type, read_only, temporary, read_only_gradients };

// A container, whose elements end with it; not a view.
template <class X>
concept Owner = requires { typename X::allocator_type; } || requires { std::tuple_size<X>::value; };

// Whether what a step writes to an argument Parameters&& is gone after it.
template <class Parameters>
inline constexpr bool is_lost = [] {
    using X = std::remove_reference_t<Parameters>;
    constexpr bool temporary = !std::is_lvalue_reference_v<Parameters>;
    if constexpr (TensorList<X>) {
        using tensor = std::ranges::range_reference_t<X>;
        return Owner<std::remove_cvref_t<tensor>> && (!std::is_reference_v<tensor> || (temporary && Owner<X>));
    } else {
        return temporary && Owner<X>;
    }
}();

// X: for parameters, as a forwarding reference deduces it.
template <class T, class X, bool Written>
inline constexpr data_fault fault_of = [] {
    using element = typename element_of<std::remove_reference_t<X>>::type;
    if (std::is_void_v<element>) return data_fault::not_contiguous;
    if (!std::is_same_v<std::remove_const_t<element>, T>) return data_fault::other_type;
    if (!Written) return data_fault::none;
    if (std::is_const_v<element>) return data_fault::read_only;
    return is_lost<X> ? data_fault::temporary : data_fault::none;
}();

template <class T, bool WritesGradients, class Parameters, class Gradients, class... Others>
inline constexpr data_fault first_fault = [] {
    auto gradients = fault_of<T, Gradients, WritesGradients>;
    if (gradients == data_fault::read_only) gradients = data_fault::read_only_gradients;
    if (gradients == data_fault::temporary) gradients = data_fault::none;  // what is lost is 0
    auto result = data_fault::none;
    for (auto fault : {fault_of<T, Parameters, true>, gradients, fault_of<T, Others, false>...})
        if (result == data_fault::none) result = fault;
    return result;
}();

}  // namespace detail

/// The tensors of a step: takes what a caller gives, and refuses what does not fit before anything is written.
///
/// A loop of training gives the same memory each time; then only sizes and addresses are compared.
template <class Plan, class T>
class step_arguments {
  public:
    explicit step_arguments(std::vector<std::size_t> sizes) : sizes_(std::move(sizes)), tensors_(sizes_.size()), touched_(sizes_.size() * Plan::first_state + 1) {}

    const std::vector<std::size_t>& sizes() const { return sizes_; }

    /// Where the streams of a tensor start; those of its states are for the owner to fill.
    step_tensors<Plan, T>& tensors() { return tensors_; }

    /// Takes parameters, gradients and inputs. Throws std::invalid_argument if they do not fit, or overlap each other or
    /// the states, where one of the two is written. Whether anything lies elsewhere than in the last call.
    template <class Parameters, class Gradients, class... Names, class... Data>
    bool take(std::span<const T> states, Parameters&& parameters, Gradients&& gradients,
              const input_binding<Names, Data>&... inputs) {
        constexpr auto fault = detail::first_fault<T, writes_gradients, Parameters, Gradients, Data...>;
        static_assert(fault != detail::data_fault::not_contiguous,
                      "furl[E15]: a step takes contiguous data (a vector, span, array, matrix) or a range of such. "
                      "See docs/errors.md#E15");
        static_assert(fault != detail::data_fault::other_type,
                      "furl[E16]: the data has another element type than the optimizer; use "
                      "furl::optimizer<my_rule, double> for double. See docs/errors.md#E16");
        static_assert(fault != detail::data_fault::read_only,
                      "furl[E19]: the parameters are const, and a step writes them. See docs/errors.md#E19");
        static_assert(fault != detail::data_fault::temporary,
                      "furl[E38]: the parameters are a temporary, and what a step writes would be gone with it; give "
                      "it a variable, or a span. See docs/errors.md#E38");
        static_assert(fault != detail::data_fault::read_only_gradients,
                      "furl[E39]: the gradients are const, and the rule writes them: zero_grad(update). "
                      "See docs/errors.md#E39");
        if constexpr (fault == detail::data_fault::none) return take_checked(states, parameters, gradients, inputs...);
        else return false;
    }

    void require_tensor(std::size_t tensor) const {
        if (tensor >= sizes_.size())
            throw std::invalid_argument("furl: no tensor " + std::to_string(tensor) + "; the optimizer has " +
                                        std::to_string(sizes_.size()));
    }

    std::size_t only_tensor() const {
        if (sizes_.size() != 1)
            throw std::invalid_argument("furl: the optimizer has " + std::to_string(sizes_.size()) +
                                        " tensors; say which: state(symbol, index)");
        return 0;
    }

  private:
    static constexpr bool writes_gradients = Plan::program.gradient >= 0;

    std::vector<std::size_t> sizes_;
    step_tensors<Plan, T> tensors_;
    std::vector<detail::interval> touched_;  // scratch of the overlap check, of full size: a copy keeps no capacity
    const void* checked_for_ = nullptr;      // the owner of the last check that passed

    template <class Parameters, class Gradients, class... Names, class... Data>
    bool take_checked(std::span<const T> states, Parameters& parameters, Gradients& gradients,
                      const input_binding<Names, Data>&... inputs) {
        // A copy has other states or another address: its check must be its own.
        const void* owner = states.empty() ? static_cast<const void*>(this) : states.data();
        bool same = checked_for_ == owner;
        checked_for_ = nullptr;
        same &= gather(0, parameters);
        same &= gather(1, gradients);
        (require_known_input<Names>(), ...);
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            ((same &= gather_input<K>(inputs...)), ...);
        }(std::make_index_sequence<Plan::inputs>{});
        if (!same) require_no_overlap(states);
        checked_for_ = owner;
        return !same;
    }

    // Takes the tensors of one stream. Whether all are where they were.
    template <class X>
    bool gather(std::size_t stream, X& x) {
        bool same = true;
        const auto given = detail::for_each_tensor(x, [&](std::size_t i, const T* data, std::size_t n) {
            if (i >= sizes_.size()) return;
            require_size(stream, i, n);
            auto& place = tensors_.streams[i][stream];
            same &= place == data;
            place = const_cast<T*>(data);  // read only where the program has no store
        });
        if (given != sizes_.size())
            throw std::invalid_argument("furl: " + std::to_string(given) + " tensors of " + describe(stream) +
                                        ", expected " + std::to_string(sizes_.size()) + " as at construction");
        return same;
    }

    template <class Name>
    static void require_known_input() {
        for (auto known : Plan::program.inputs)
            if (known == name_text<Name>) return;
        throw std::invalid_argument("furl: no input '" + std::string(name_text<Name>) + "'; the rule has: " +
                                    detail::listed(Plan::program.inputs));
    }

    template <std::size_t K, class... Names, class... Data>
    bool gather_input(const input_binding<Names, Data>&... given) {
        bool found = false, same = true;
        [[maybe_unused]] const auto take = [&]<class Name, class D>(const input_binding<Name, D>& binding) {
            if (name_text<Name> != Plan::program.inputs[K]) return;
            found = true;
            same &= gather(2 + K, binding.data);
        };
        (take(given), ...);
        if (!found)
            throw std::invalid_argument("furl: input '" + std::string(Plan::program.inputs[K]) +
                                        "' is missing; call step(parameters, gradients, furl::input<\"" +
                                        std::string(Plan::program.inputs[K]) + "\"> = data)");
        return same;
    }

    static std::string describe(std::size_t stream) {
        if (stream == 0) return "parameters";
        if (stream == 1) return "gradients";
        if (stream < Plan::first_state) return "input '" + std::string(Plan::streams[stream].name) + "'";
        return "the states";
    }

    void require_size(std::size_t stream, std::size_t tensor, std::size_t given) const {
        if (given != sizes_[tensor])
            throw std::invalid_argument("furl: tensor " + std::to_string(tensor) + ": " + describe(stream) + " have " +
                                        std::to_string(given) + " elements, expected " +
                                        std::to_string(sizes_[tensor]) + " as at construction");
    }

    void require_no_overlap(std::span<const T> states) {
        std::size_t k = 0;
        for (std::size_t i = 0; i < sizes_.size(); ++i)
            for (std::size_t s = 0; s < Plan::first_state; ++s)
                touched_[k++] = detail::interval::of(tensors_.streams[i][s], sizes_[i], i, s, Plan::streams[s].store >= 0);
        touched_[k] = detail::interval::of(states.data(), states.size(), 0, Plan::first_state, true);
        const auto found = detail::find_overlap(touched_);
        if (!found.first) return;
        const auto name = [&](const detail::interval& x) {
            return describe(x.stream) + (x.stream < Plan::first_state ? " of tensor " + std::to_string(x.tensor) : "");
        };
        throw std::invalid_argument("furl: " + name(*found.first) + " overlap " + name(*found.second) +
                                    "; a step writes parameters, so they need memory of their own");
    }
};

}  // namespace furl
