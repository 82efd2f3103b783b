#pragma once

#include <furl/base/macros.hpp>
#include <furl/base/policy.hpp>

#include <cstdint>

#if defined(__SSE2__) || defined(_M_X64)
#include <xmmintrin.h>
#endif

namespace FURL_NAMESPACE {

/// Denormal policies say what a step does with denormals. A first moment whose gradients stay 0 decays into denormals and stays
/// there, and each step on it costs a multiple of an ordinary one.

/// Denormals count as zero inside a step: the floating-point environment is set for the step and restored after it. This is the
/// default.
struct flush_denormals {
    static constexpr policy_kind policy = policy_kind::denormals;  ///< the kind of policy it is

#if defined(__SSE2__) || defined(_M_X64)
    static constexpr unsigned flush_and_zero = 0x8040;
    unsigned saved = _mm_getcsr();

    // To write the register takes as long as dozens of additions, so that is left out where it has these bits already.
    FURL_INLINE flush_denormals() {
        if (sets()) _mm_setcsr(saved | flush_and_zero);
    }
    FURL_INLINE ~flush_denormals() {
        if (sets()) _mm_setcsr(saved);
    }
    FURL_INLINE bool sets() const { return (saved & flush_and_zero) != flush_and_zero; }
#elif defined(__aarch64__) && defined(__GNUC__)
    static constexpr std::uint64_t flush = std::uint64_t{1} << 24;
    std::uint64_t saved;

    FURL_INLINE flush_denormals() {
        asm volatile("mrs %0, fpcr" : "=r"(saved));
        asm volatile("msr fpcr, %0" ::"r"(saved | flush));
    }
    FURL_INLINE ~flush_denormals() { asm volatile("msr fpcr, %0" ::"r"(saved)); }
#else
    flush_denormals() {}
    ~flush_denormals() {}
#endif
    flush_denormals(const flush_denormals&) = delete;
    flush_denormals& operator=(const flush_denormals&) = delete;
};

/// Steps compute with denormals; a step on many of them is slow.
struct keep_denormals {
    static constexpr policy_kind policy = policy_kind::denormals;  ///< the kind of policy it is

    keep_denormals() = default;
    ~keep_denormals() = default;
    keep_denormals(const keep_denormals&) = delete;
    keep_denormals& operator=(const keep_denormals&) = delete;
};

}  // namespace furl
