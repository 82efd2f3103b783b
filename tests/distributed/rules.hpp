#pragma once

#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>
#include <furl/base/policy.hpp>

#include <cstddef>

// The rules that ranks step.
namespace furl::tests {

/// Adam, skipped where a gradient is not finite, under a norm of all tensors: two walks, a guard, states of the step.
struct clipped_adam {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto g = clip_by_global_norm(grad, 1.0);
    static constexpr auto m = ema<"m">(g, 0.9);
    static constexpr auto v = ema<"v">(square(g), 0.999);
    static constexpr auto update = skip_nonfinite(param - lr * safe_divide(bias_corrected(m), sqrt(bias_corrected(v)), 1e-8));
};

/// All that ranks must agree on, and states of each domain.
struct observed {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto decay = per_tensor<"decay">(0.1);
    static constexpr auto loss = step_input<"loss">;
    static constexpr auto g = clip_by_global_norm(grad, 1.0) + input<"extra">;
    static constexpr auto m = ema<"m">(g, 0.9);
    static constexpr auto size = ema<"size">(norm(grad), 0.9);
    static constexpr auto ticks = accumulate<"ticks">(loss);
    static constexpr auto update = skip_nonfinite(with(param * (1 - lr * decay) - lr * loss * m / (size + 1e-8), ticks));
};

/// A value of each row, which is of one walk: tensors are cut at any row. With noise, whose numbers are those of the elements.
struct centered_and_noisy {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto g = let<"g">(grad - per_row(mean(grad)));
    static constexpr auto v = ema<"v">(per_row(mean(square(g))), 0.99);
    static constexpr auto m = ema<"m">(g, 0.9);
    static constexpr auto update = param - lr * (m / (sqrt(v) + 1e-8) + 0.1 * random_normal(3.0));
};

/// Multiplies matrices in the plainest way.
struct plain_engine {
    static constexpr policy_kind policy = policy_kind::matrices;

    template <class T>
    static void multiply(bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k, T alpha, const T* a, std::size_t lda, const T* b,
                         std::size_t ldb, T beta, T* c, std::size_t ldc) {
        for (std::size_t i = 0; i < m; ++i)
            for (std::size_t j = 0; j < n; ++j) {
                T sum = 0;
                for (std::size_t l = 0; l < k; ++l) sum += (transpose_a ? a[l * lda + i] : a[i * lda + l]) * (transpose_b ? b[j * ldb + l] : b[l * ldb + j]);
                c[i * ldc + j] = alpha * sum + (beta == 0 ? 0 : beta * c[i * ldc + j]);
            }
    }
};

}  // namespace furl::tests
