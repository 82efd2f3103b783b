#pragma once

#include <furl/base/build.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace FURL_NAMESPACE {

/// A list of a length that is known at construction, with room for `Inside` values in the object itself.
///
/// A group of a grouped_optimizer often has one tensor. Then all that a step reads of its optimizer lies together, and a thousand
/// groups fit into a cache.
template <class T, std::size_t Inside>
class inline_list {
    static_assert(std::is_trivially_copyable_v<T> && Inside > 0);

  public:
    explicit inline_list(std::size_t n, T value = {}) : inline_list(room_for, n) { std::fill_n(data_, n, value); }

    inline_list(const inline_list& other) : inline_list(room_for, other.size_) { std::copy_n(other.data_, size_, data_); }
    /// Takes over the values of the other list, which is empty afterwards.
    inline_list(inline_list&& other) noexcept { take(other); }
    inline_list& operator=(const inline_list& other) { return *this = inline_list(other); }
    inline_list& operator=(inline_list&& other) noexcept {
        if (this != &other) {
            release();
            take(other);
        }
        return *this;
    }
    ~inline_list() { release(); }

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    T* data() { return data_; }
    const T* data() const { return data_; }
    T* begin() { return data_; }
    T* end() { return data_ + size_; }
    const T* begin() const { return data_; }
    const T* end() const { return data_ + size_; }
    T& operator[](std::size_t i) { return data_[i]; }
    const T& operator[](std::size_t i) const { return data_[i]; }
    const T& back() const { return data_[size_ - 1]; }

  private:
    T* data_;
    std::size_t size_;
    T inside_[Inside];

    enum room { room_for };
    inline_list(room, std::size_t n) : data_(n <= Inside ? inside_ : new T[n]), size_(n) {}

    void release() {
        if (data_ != inside_) delete[] data_;
    }
    void take(inline_list& other) {
        const bool is_inside = other.data_ == other.inside_;
        size_ = std::exchange(other.size_, 0);
        data_ = is_inside ? inside_ : std::exchange(other.data_, other.inside_);
        if (is_inside) std::copy_n(other.inside_, size_, inside_);
    }
};

}  // namespace furl
