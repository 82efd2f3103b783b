// AdamW loops written for these benches after the published algorithms of other projects: their order of operations,
// their unrolling, their treatment of the tail, in our own code. What a library does around its loop (dispatch, thread
// pools, tensors) is not in them.
#pragma once

#include "../support/streams.hpp"

#include <cstddef>

namespace bench {

/// PyTorch's fused CPU Adam (aten/src/ATen/native/cpu/FusedAdamKernel.cpp, revision aa26438a), float, AdamW.
void pytorch_adamw(const streams& s, const adamw_hyper& hyper, std::size_t step);

/// DeepSpeed's CPU Adam (csrc/includes/cpu_adam.h, csrc/adam/cpu_adam_impl.cpp, revision edaa7221), float, AdamW. By g++,
/// as the original is compiled. In a trial beside the original, which is not in this repository (g++ 12 at its flags, AVX2,
/// Zen 3), it took 0.55, 0.56 and 0.58 ns per parameter at 1e4, 1e5 and 1e6, and the original 0.63, 0.57 and 0.58.
void deepspeed_adamw(const streams& s, const adamw_hyper& hyper, std::size_t step);

/// ggml's ggml_compute_forward_opt_step_adamw_f32 (ggml/src/ggml-cpu/ops.cpp, revision d99724f2), one row.
void ggml_adamw(const streams& s, const adamw_hyper& hyper, std::size_t step);

/// llm.c's gpt2_update (train_gpt2.c, revision f1e2ace6), as its Makefile has it: clang -Ofast.
void llmc_adamw(const streams& s, const adamw_hyper& hyper, std::size_t step);

/// Array expressions of Eigen, one statement per state and one for the parameter.
void eigen_adamw(const streams& s, const adamw_hyper& hyper, std::size_t step);

}  // namespace bench
