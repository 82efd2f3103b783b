#pragma once

#include <furl/adapt/torch.hpp>

#include <torch/optim.h>
#include <torch/types.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

// Two lists of equal parameters, which two optimizers step with equal gradients.
namespace furl::tests {

using tensor_list = std::vector<torch::Tensor>;

/// A list of parameters of several shapes; the last one has channels_last memory.
inline tensor_list some_parameters(torch::Dtype type = torch::kFloat) {
    torch::manual_seed(7);
    tensor_list list;
    for (const auto& sizes : std::initializer_list<std::vector<std::int64_t>>{{6, 5}, {37}, {}, {3, 1}, {2, 3, 3}, {4, 3, 2, 2}})
        list.push_back(torch::randn(sizes).to(type));
    list.back() = list.back().contiguous(torch::MemoryFormat::ChannelsLast);
    for (auto& x : list) x.requires_grad_();
    return list;
}

inline tensor_list copies_of(const tensor_list& list, torch::Dtype type) {
    tensor_list twins;
    for (const auto& x : list) twins.push_back(x.detach().to(type, false, true).requires_grad_());
    return twins;
}
inline tensor_list copies_of(const tensor_list& list) { return copies_of(list, list.front().scalar_type()); }

/// Gives both lists the same new gradients, in the memory order of their parameters. A parameter whose number is in `without` gets none.
inline void give_gradients(tensor_list& mine, tensor_list& theirs, const std::vector<std::size_t>& without = {}) {
    for (std::size_t i = 0; i < mine.size(); ++i) {
        mine[i].mutable_grad().reset();
        theirs[i].mutable_grad().reset();
        if (std::ranges::find(without, i) != without.end()) continue;
        mine[i].mutable_grad() = torch::randn_like(mine[i].detach());
        theirs[i].mutable_grad() = mine[i].grad().to(theirs[i].scalar_type(), false, true);
    }
}

/// The largest difference of two lists, relative to the largest element.
inline double distance(const tensor_list& mine, const tensor_list& theirs) {
    double most = 0, largest = 0;
    for (std::size_t i = 0; i < mine.size(); ++i) {
        if (mine[i].numel() == 0) continue;
        const auto x = mine[i].detach().to(torch::kDouble), y = theirs[i].detach().to(torch::kDouble);
        most = std::max(most, (x - y).abs().max().item<double>());
        largest = std::max(largest, y.abs().max().item<double>());
    }
    return most / largest;
}

inline bool have_equal_bits(const tensor_list& x, const tensor_list& y) {
    for (std::size_t i = 0; i < x.size(); ++i)
        if (!torch::equal(x[i], y[i])) return false;
    return true;
}

}  // namespace furl::tests
