#pragma once

#include "random_source.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace examples {

/// The samples 0 .. n-1 in a random order, in batches; the last batch may be shorter.
class batches {
  public:
    batches(std::size_t samples, std::size_t batch, std::uint64_t seed)
        : order_(samples), batch_(batch), random_(seed) {
        std::iota(order_.begin(), order_.end(), std::size_t{0});
    }

    /// A new order: call it before every epoch.
    void shuffle() { random_.shuffle(order_); }

    /// How many batches an epoch has.
    std::size_t size() const { return (order_.size() + batch_ - 1) / batch_; }

    /// The samples of batch i.
    std::span<const std::size_t> operator[](std::size_t i) const {
        const std::size_t first = i * batch_;
        return std::span(order_).subspan(first, std::min(batch_, order_.size() - first));
    }

  private:
    std::vector<std::size_t> order_;
    std::size_t batch_;
    random_source random_;
};

/// out <- the columns `which` of all
template <class T>
void gather(const Eigen::MatrixX<T>& all, std::span<const std::size_t> which, Eigen::MatrixX<T>& out) {
    out.resize(all.rows(), static_cast<Eigen::Index>(which.size()));
    for (std::size_t i = 0; i < which.size(); ++i) {
        out.col(static_cast<Eigen::Index>(i)) = all.col(static_cast<Eigen::Index>(which[i]));
    }
}

/// out <- the elements `which` of all
template <class T>
void gather(const std::vector<T>& all, std::span<const std::size_t> which, std::vector<T>& out) {
    out.resize(which.size());
    for (std::size_t i = 0; i < which.size(); ++i) out[i] = all[which[i]];
}

}  // namespace examples
