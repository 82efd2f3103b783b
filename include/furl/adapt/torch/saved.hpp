#pragma once

#include <furl/adapt/torch/parameters.hpp>

#include <torch/types.h>

#include <cstddef>
#include <string>

// A state that is loaded, from an archive of libtorch or a state_dict of PyTorch, must fit its parameter.
namespace FURL_NAMESPACE::detail {

/// Refuses a saved state that does not fit.
///
/// @param p        the parameter whose state it is.
/// @param state    the index of the state.
/// @param saved    its saved value.
/// @param strides  the order of memory that the parameter had when it was saved.
/// @param source   what it was read from: "the archive".
inline void require_saved_state(const torch_parameter& p, std::size_t state, const at::Tensor& saved, at::IntArrayRef strides,
                                const std::string& source) {
    const auto expected = state_tensor(*p.part, state, p.index, p.tensor);
    const auto text = "furl: the state '" + std::string(p.part->info().states[state].name) + "' of " + p.place.text();
    if (saved.sizes() != expected.sizes() || saved.scalar_type() != expected.scalar_type())
        refuse(text + " is " + c10::toString(saved.scalar_type()) + streamed(saved.sizes()) + " in " + source + ", expected " +
               c10::toString(expected.scalar_type()) + streamed(expected.sizes()));
    if (is_in_blocks(*p.part, state, p.index) && strides != at::IntArrayRef(p.strides))
        refuse(text + " is stored in blocks, and the parameter has another order in memory than in " + source);
}

}  // namespace furl::detail
