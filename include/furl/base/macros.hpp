#pragma once

#include <furl/base/build.hpp>

// A value type of the evaluator must dissolve into registers; a call that stays a call would put it in memory. In a large
// program a compiler stops inlining what is not ours to mark, so a loop also asks for all that it calls: FURL_FLATTEN.
#if defined(__GNUC__) || defined(__clang__)
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
