#pragma once

#include <furl/execute/kernel.hpp>
#include <furl/language/leaves.hpp>
#include <furl/storage/hyperparameters.hpp>
#include <furl/storage/tensors.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace furl {

/// The tensors of a step: takes what a caller gives, and refuses what does not fit before anything is written.
///
/// A loop of training gives the same memory each time; then only sizes and addresses are compared.
template <class Plan, class T>
class step_arguments {
    using pointers = detail::stream_pointers<Plan, T>;

  public:
    explicit step_arguments(std::vector<std::size_t> sizes) : sizes_(std::move(sizes)), tensors_(sizes_.size()) {
        touched_.reserve(sizes_.size() * Plan::first_state + 1);
    }

    const std::vector<std::size_t>& sizes() const { return sizes_; }

    /// Where the streams of a tensor start; those of its states are for the owner to fill.
    std::vector<pointers>& tensors() { return tensors_; }

    /// Takes parameters, gradients and inputs. Throws std::invalid_argument if they do not fit, or overlap each other or
    /// the states, where one of the two is written.
    template <class Parameters, class Gradients, class... Names, class... Data>
    void take(std::span<const T> states, Parameters& parameters, const Gradients& gradients,
              const input_binding<Names, Data>&... inputs) {
        // A copy has other states or another address: its check must be its own.
        const void* owner = states.empty() ? static_cast<const void*>(this) : states.data();
        bool same = checked_for_ == owner;
        checked_for_ = nullptr;
        same &= gather<op::param>(0, parameters);
        same &= gather<op::grad>(1, gradients);
        (require_known_input<Names>(), ...);
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            ((same &= gather_input<K>(inputs...)), ...);
        }(std::make_index_sequence<Plan::inputs>{});
        if (!same) require_no_overlap(states);
        checked_for_ = owner;
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
    std::vector<std::size_t> sizes_;
    std::vector<pointers> tensors_;
    std::vector<detail::interval> touched_;  // scratch of the overlap check
    const void* checked_for_ = nullptr;      // the owner of the last check that passed

    // Takes the tensors of one stream. Whether all are where they were.
    template <op Kind, class X>
    bool gather(std::size_t stream, X& x) {
        using element = typename detail::element_of<X>::type;
        static_assert(!std::is_void_v<element>,
                      "furl[E15]: a step takes contiguous data (a vector, span, array, matrix) or a range of such. "
                      "See docs/errors.md#E15");
        if constexpr (!std::is_void_v<element>) {
            constexpr bool same_type = std::is_same_v<std::remove_const_t<element>, T>;
            static_assert(same_type, "furl[E16]: the data has another element type than the optimizer; use "
                                     "furl::optimizer<Rule, double> for double. See docs/errors.md#E16");
            constexpr bool writable = Kind != op::param || !std::is_const_v<element>;
            static_assert(!same_type || writable,
                          "furl[E19]: the parameters are const, and a step writes them. See docs/errors.md#E19");
            if constexpr (same_type && writable) {
                bool same = true;
                const auto given = detail::for_each_tensor(x, [&](std::size_t i, const T* data, std::size_t n) {
                    if (i >= sizes_.size()) return;
                    require_size(stream, i, n);
                    auto& place = tensors_[i][stream];
                    same &= place == data;
                    place = const_cast<T*>(data);  // read only where the program has no store
                });
                if (given != sizes_.size())
                    throw std::invalid_argument("furl: " + std::to_string(given) + " tensors of " + describe(stream) +
                                                ", expected " + std::to_string(sizes_.size()) + " as at construction");
                return same;
            }
        }
        return false;
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
        const auto take = [&]<class Name, class D>(const input_binding<Name, D>& binding) {
            if (name_text<Name> != Plan::program.inputs[K]) return;
            found = true;
            same &= gather<op::input>(2 + K, binding.data);
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
        touched_.clear();
        for (std::size_t i = 0; i < sizes_.size(); ++i)
            for (std::size_t s = 0; s < Plan::first_state; ++s)
                touched_.push_back(detail::interval::of(tensors_[i][s], sizes_[i], i, s, s == 0));
        touched_.push_back(detail::interval::of(states.data(), states.size(), 0, Plan::first_state, true));
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
