#pragma once

#include <furl/base/inline_list.hpp>
#include <furl/base/named_rows.hpp>
#include <furl/formats/stored_plan.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace FURL_NAMESPACE {

/// The tensors of a step. For each of them this says where its data starts, whether it directly follows the one before in
/// memory, and whether it has no gradient and so no part in this step. Beside them are the numbers that the step is given.
template <class Plan>
struct step_tensors {
    std::vector<unsigned char> follows;                ///< whether each tensor follows the one before
    std::vector<unsigned char> absent;                 ///< whether each tensor has no part in the walks: no_gradient or by_rows
    /// The numbers that the step is given.
    [[no_unique_address]] std::array<double, Plan::program.step_inputs.size()> step_inputs{};
    std::span<const detail::named_rows> some_rows{};   ///< the rows of the tensors that step by_rows, in the order of the tensors
    std::size_t absent_count = 0;                      ///< the number of these tensors
    inline_list<detail::buffer_pointers<Plan>, 1> buffers;  ///< the buffers of each tensor

    enum : unsigned char { no_gradient = 1, by_rows = 2 };

    /// Makes room for n tensors.
    explicit step_tensors(std::size_t n) : follows(n, 0), absent(n, 0), buffers(n) {}  // without a value g++ 14 warns, where n is 1

    bool is_absent(std::size_t tensor) const { return absent_count > 0 && absent[tensor]; }
    bool has_gradient(std::size_t tensor) const { return absent_count == 0 || absent[tensor] != no_gradient; }

    /// Which tensors are absent; empty if none is.
    std::span<const unsigned char> absent_ones() const { return absent_count > 0 ? std::span(absent) : std::span<const unsigned char>(); }

    /// Keeps the walks from the tensors that step by rows, and from those of which no row is named.
    void mark_rows() {
        for (const auto& named : some_rows) absent[named.tensor] = named.rows.empty() ? no_gradient : by_rows;
        absent_count += some_rows.size();
    }
    /// Returns the rows of a tensor that steps by rows; null if it does not.
    const detail::named_rows* rows_of([[maybe_unused]] std::size_t tensor) const {
        if constexpr (Plan::steps_by_rows)
            if (!some_rows.empty()) return detail::find_rows(some_rows, tensor);
        return nullptr;
    }

    /// True if some tensor is absent and no other tensor has elements: the step has nothing to do.
    bool none_present(std::span<const std::size_t> sizes) const {
        if (absent_count == 0) return false;
        for (std::size_t i = 0; i < sizes.size(); ++i)
            if (sizes[i] > 0 && absent[i] != no_gradient) return false;
        return true;
    }

    /// To be called when a pointer has changed.
    void find_neighbours(std::span<const std::size_t> sizes) {
        for (std::size_t i = 1; i < sizes.size(); ++i) {
            bool next = !is_absent(i) && !is_absent(i - 1);
            for (std::size_t p = 0; p < Plan::buffers.size(); ++p)
                next = next && buffers[i][p] == buffers[i - 1][p] + Plan::buffers[p].size(sizes[i - 1]);
            follows[i] = next;
        }
    }
};

}  // namespace furl
