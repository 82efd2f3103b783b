#pragma once

#include <furl/base/build.hpp>

#include <cstddef>

namespace FURL_NAMESPACE {

/// A vector of at most Capacity elements that works in constant expressions.
template <class T, std::size_t Capacity>
struct static_vector {
    T elements[Capacity == 0 ? 1 : Capacity]{};
    std::size_t count = 0;

    constexpr void push_back(const T& element) { elements[count++] = element; }

    constexpr std::size_t size() const { return count; }
    constexpr bool empty() const { return count == 0; }
    constexpr bool full() const { return count == Capacity; }

    constexpr T& operator[](std::size_t i) { return elements[i]; }
    constexpr const T& operator[](std::size_t i) const { return elements[i]; }
    constexpr T& back() { return elements[count - 1]; }
    constexpr const T& back() const { return elements[count - 1]; }

    constexpr T* begin() { return elements; }
    constexpr T* end() { return elements + count; }
    constexpr const T* begin() const { return elements; }
    constexpr const T* end() const { return elements + count; }
};

}  // namespace furl
