// What every AdamW loop of the benches works on.
#pragma once

#include <cstddef>

namespace bench {

/// The four streams of an AdamW step, each of n values.
struct streams {
    float* param;
    const float* grad;
    float* m;
    float* v;
    std::size_t n;
};

struct adamw_hyper {
    double lr = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double eps = 1e-8;
    double weight_decay = 1e-2;
    bool decoupled = true;  // only of loops that ask at run time
};

}  // namespace bench
