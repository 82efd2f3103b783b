#pragma once

// A value type of the evaluator must dissolve into registers; a call that stays a call would put it in memory.
#if defined(__GNUC__) || defined(__clang__)
#define FURL_INLINE inline __attribute__((always_inline))
#define FURL_INLINE_LAMBDA __attribute__((always_inline))
#elif defined(_MSC_VER)
#define FURL_INLINE __forceinline
#define FURL_INLINE_LAMBDA
#else
#define FURL_INLINE inline
#define FURL_INLINE_LAMBDA
#endif
