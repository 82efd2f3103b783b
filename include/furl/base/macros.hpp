#pragma once

#include <furl/base/build.hpp>

// The values of the evaluator must stay in registers, and a call that is not inlined would put them in memory: therefore
// FURL_INLINE. In a large program a compiler stops inlining functions that are not ours to mark, so a loop asks to inline all
// that it calls: FURL_FLATTEN. A sanitizer gives each variable of each inlined call memory of its own, and a compiler then takes
// minutes for a rule, so there the compiler decides.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FURL_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define FURL_SANITIZED 1
#endif
#endif
#if defined(FURL_SANITIZED)
#define FURL_INLINE inline
#define FURL_INLINE_LAMBDA
#define FURL_FLATTEN
#elif defined(__GNUC__) || defined(__clang__)
#define FURL_INLINE inline __attribute__((always_inline))
#define FURL_INLINE_LAMBDA __attribute__((always_inline))
#define FURL_FLATTEN __attribute__((flatten))
#elif defined(_MSC_VER)
#define FURL_INLINE __forceinline
#define FURL_INLINE_LAMBDA
#define FURL_FLATTEN
#else
#define FURL_INLINE inline
#define FURL_INLINE_LAMBDA
#define FURL_FLATTEN
#endif
