#pragma once

#include <Eigen/Core>

#include <cmath>
#include <cstddef>
#include <vector>

namespace examples {

/// Causal attention of several heads: each symbol takes from itself and from those before it in its sequence.
///
/// \f$ y_q = \sum_{k \le q} a_{kq} v_k,\quad a_{\cdot q} = \mathrm{softmax}_{k \le q}(k_k \cdot q_q / \sqrt{d}) \f$
///
/// Of a symbol, x has the queries of all heads, then the keys, then the values: 3 width rows.
template <class T>
class causal_attention {
  public:
    using matrix = Eigen::MatrixX<T>;

    /// @param length  of a sequence; x has the columns of one sequence after the other.
    const matrix& forward(const matrix& x, std::size_t heads, std::size_t length) {
        x_ = x;
        heads_ = static_cast<Eigen::Index>(heads);
        length_ = static_cast<Eigen::Index>(length);
        y_.resize(x.rows() / 3, x.cols());
        weights_.resize(heads * static_cast<std::size_t>(x.cols() / length_));
        for_each_head([&](matrix& a, auto of, Eigen::Index row, Eigen::Index column) {
            a.noalias() = of(x_, keys).transpose() * of(x_, queries) * scale();
            for (Eigen::Index q = 0; q < length_; ++q) {
                auto seen = a.col(q).head(q + 1);
                seen = (seen.array() - seen.maxCoeff()).exp();
                seen /= seen.sum();
                a.col(q).tail(length_ - q - 1).setZero();
            }
            y_.block(row, column, depth(), length_).noalias() = of(x_, values) * a;
        });
        return y_;
    }

    const matrix& backward(const matrix& dy) {
        dx_.resize(x_.rows(), x_.cols());
        matrix da;
        for_each_head([&](matrix& a, auto of, Eigen::Index row, Eigen::Index column) {
            const auto dy_here = dy.block(row, column, depth(), length_);
            of(dx_, values).noalias() = dy_here * a.transpose();
            da.noalias() = of(x_, values).transpose() * dy_here;
            // Through the softmax: where a is 0, nothing comes back.
            const Eigen::RowVectorX<T> along = (a.array() * da.array()).colwise().sum();
            da = scale() * (a.array() * (da.rowwise() - along).array());
            of(dx_, keys).noalias() = of(x_, queries) * da.transpose();
            of(dx_, queries).noalias() = of(x_, keys) * da;
        });
        return dx_;
    }

  private:
    enum part { queries, keys, values };

    Eigen::Index depth() const { return x_.rows() / (3 * heads_); }
    T scale() const { return static_cast<T>(1 / std::sqrt(static_cast<double>(depth()))); }

    /// f(weights, part of a matrix of the shape of x, first row and column of a matrix of the shape of y)
    template <class F>
    void for_each_head(F f) {
        const Eigen::Index width = x_.rows() / 3;
        std::size_t i = 0;
        for (Eigen::Index column = 0; column < x_.cols(); column += length_) {
            for (Eigen::Index row = 0; row < width; row += depth()) {
                const auto of = [&](matrix& m, part p) { return m.block(p * width + row, column, depth(), length_); };
                f(weights_[i++], of, row, column);
            }
        }
    }

    matrix x_, y_, dx_;
    std::vector<matrix> weights_;  ///< per sequence and head: a row per key, a column per query
    Eigen::Index heads_ = 1, length_ = 1;
};

}  // namespace examples
