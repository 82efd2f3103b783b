#pragma once

#include <furl/base/build.hpp>

// A value type of the evaluator must dissolve into registers; a call that stays a call would put it in memory. In a large
// program a compiler stops inlining what is not ours to mark, so a loop also asks for all that it calls: FURL_FLATTEN.
// A sanitizer gives each variable of each inlined call memory of its own, and a compiler then takes minutes for a rule: there it
// inlines as it likes.
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
