#pragma once

#include <furl/adapt/torch/part.hpp>
#include <furl/adapt/torch/tensors.hpp>

#include <torch/types.h>

#include <cstddef>
#include <string>
#include <vector>

// The states of a parameter as tensors of libtorch.
namespace FURL_NAMESPACE::detail {

/// Returns whether a state is stored in blocks, or is a companion of one that is. Its values then lie in the order of memory, not in
/// that of the tensor's dimensions.
inline bool is_in_blocks(torch_part& part, std::size_t state, std::size_t tensor) {
    const auto states = part.info().states;
    const auto elements = part.shapes()[tensor].size();
    const auto is_short = [&](std::size_t s) { return part.state_bytes(s, tensor).size() != elements * size_of(states[s].type); };
    if (states[state].companion_of != state_info::no_companion) return is_short(state);
    for (std::size_t s = 0; s < states.size(); ++s)
        if (states[s].companion_of == static_cast<int>(state)) return is_short(s);
    return false;
}

/// Returns the memory of a state as a tensor. A state of one value per parameter has the sizes and strides of the parameter, so
/// it means the same whatever the order of memory is; one of rows has the first size, one of columns the others.
inline at::Tensor state_tensor(torch_part& part, std::size_t state, std::size_t tensor, const at::Tensor& parameter) {
    const auto& info = part.info().states[state];
    const auto bytes = part.state_bytes(state, tensor);
    const auto type = at::dtype(torch_type_of(info.type));
    const auto n = static_cast<std::int64_t>(bytes.size() / size_of(info.type));
    const bool matrix = parameter.dim() >= 2;
    if (!is_list(info.where)) return at::from_blob(bytes.data(), {}, type);
    if (info.where == domain::element && !is_in_blocks(part, state, tensor))
        return at::from_blob(bytes.data(), parameter.sizes(), parameter.strides(), type);
    if (info.where == domain::column && matrix && lies_by_slices(parameter))
        return at::from_blob(bytes.data(), parameter.sizes().slice(1), parameter.strides().slice(1), type);
    return at::from_blob(bytes.data(), {n}, type);
}

/// Returns a copy of the values of a state as numbers, whatever their format.
inline at::Tensor state_values(torch_part& part, std::size_t state, std::size_t tensor, const at::Tensor& parameter) {
    const auto& info = part.info().states[state];
    const auto as_stored = state_tensor(part, state, tensor, parameter);
    if (info.where != domain::element) return as_stored.clone();
    return part.read_state(info.name, tensor).as_strided(parameter.sizes(), parameter.strides());
}

}  // namespace furl::detail
