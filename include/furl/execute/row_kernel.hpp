#pragma once

#include <furl/execute/write_kernel.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace FURL_NAMESPACE::detail {

/// Runs the last pass over several whole rows as if they were one row: each value of a row is copied for all of its elements, and
/// the values of the columns are repeated for each row. So a row costs no call, and its length need not be a multiple of a vector.
template <class Plan, std::size_t Pass, class V>
class row_kernel {
    using A = arithmetic<V>;
    using T = typename A::element;
    static constexpr std::size_t width = A::width;
    static constexpr std::size_t row_values = row_uniforms<Plan, Pass>.size(), column_values = Plan::column_values.size();

    // How many elements are done at a time: so few that the copies stay in the first level of cache.
    static constexpr std::size_t piece = 2048;
    using copies = T[piece + width];  // a vector may be read or written behind the last

    // Copies the value of each row for its elements, for the elements `at` to at + n of the rows.
    static void expand(const T* of_rows, std::size_t columns, std::size_t at, std::size_t n, T* to) {
        auto row = at / columns;
        for (std::size_t i = 0, length = columns - at % columns; i < n; i += length, length = columns, ++row) {
            const auto x = A::broadcast(of_rows[row]);
            const auto end = std::min(n, i + length);
            for (auto k = i; k < end; k += width) A::store(to + k, x);  // the next row overwrites what goes too far
        }
    }

    // Repeats the values of the columns, for the same elements.
    static void repeat(const T* of_columns, std::size_t columns, std::size_t at, std::size_t n, T* to) {
        const auto wanted = n + width;
        const auto first = at % columns;
        std::size_t done = 0;
        const auto copy = [&](const T* from, std::size_t count) {
            count = std::min(count, wanted - done);
            std::memcpy(to + done, from, count * sizeof(T));
            done += count;
        };
        copy(of_columns + first, columns - first);
        if (first > 0 && done < wanted) copy(of_columns, first);
        while (done < wanted) copy(to, done);  // what is there already, which is whole rows
    }

  public:
    /// Whether rows of this length gain more than the copies cost.
    static constexpr bool takes(std::size_t columns) {
        return columns < 4 * width || (columns < piece && columns % width != 0);
    }

    /// Reads and writes these rows. The first begins where the buffers do, with element number `from` of its tensor.
    static void write(const buffer_pointers<Plan>& given, const uniform_values<Plan, Pass, T>& uniforms, const std::array<const T*, row_values>& values,
                      std::size_t rows, std::size_t columns, std::size_t from) {
        alignas(64) copies of_rows[std::max<std::size_t>(row_values, 1)];
        alignas(64) copies of_columns[std::max<std::size_t>(column_values, 1)];
        auto own = uniforms;
        auto here = given;
        for (std::size_t at = 0, all = rows * columns; at < all; at += piece) {
            const auto n = std::min(piece, all - at);
            for (std::size_t k = 0; k < row_values; ++k) {
                expand(values[k], columns, at, n, of_rows[k]);
                own.rows[k] = of_rows[k];
            }
            for (std::size_t k = 0; k < column_values; ++k) {
                repeat(uniforms.columns[k], columns, at, n, of_columns[k]);
                own.columns[k] = of_columns[k];
            }
            write_kernel<Plan, Pass, V>::template run<true>(here, own, n, from + at);
            advance<Plan>(here, piece);
        }
    }
};

}  // namespace furl::detail
