// The loops by hand for rules with a value of each row. They stand in a file of their own, so that no compiler sees through a call.
#pragma once

#include <cstddef>
#include <vector>

namespace bench {

/// A matrix and its states. The rows lie one after the other.
struct row_streams {
    float* param;
    const float* grad;
    float* m;  // of each element
    float* v;  // of each element
    float* s;  // of each row
    std::size_t rows, columns;
};

struct row_hyper {
    double lr = 1e-6;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double eps = 1e-8;
    double weight_decay = 1e-2;
};

/// Row-wise AdaGrad. From memory and with long rows: one loop that writes a row and reduces the next one, so that memory is never
/// idle while a sum is folded. In cache with short rows: in batches, whose values of rows are computed as vectors.
void hand_rowwise_adagrad(const row_streams& x, const row_hyper& hyper, std::size_t step);

/// Adam-mini with a block for each row, in one such loop.
void hand_adam_mini(const row_streams& x, const row_hyper& hyper, std::size_t step);

/// AdamW after gradient centralization, in one such loop.
void hand_centered_adamw(const row_streams& x, const row_hyper& hyper, std::size_t step);

/// Row-wise AdaGrad of some rows: gathers each row, steps it, and scatters it, with prefetches. `x.grad` has the named rows alone.
void hand_named_rows(const row_streams& x, const std::vector<int>& named, const row_hyper& hyper);

}  // namespace bench
