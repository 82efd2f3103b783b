#pragma once

// This header checks how a unit is compiled. Each header includes it before any other.

#if (defined(_MSVC_LANG) ? _MSVC_LANG : __cplusplus) < 202002L
// This file is missing on purpose: a missing include stops a compiler at once, while after an #error it goes on and prints
// thousands of errors.
#include "furl[E48]: furl needs C++20, and this is compiled as an older C++; compile with -std=c++20. See docs/errors.md#E48"
#endif

// g++ names each part of -ffast-math; clang names only the whole.
#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || defined(__NO_SIGNED_ZEROS__)
#if !defined(FURL_ALLOW_FAST_MATH)
#error "furl[E49]: with -ffast-math (which -Ofast sets) a compiler reorders sums and replaces divisions, so no bits can be promised, and furl::strict means nothing; add -fno-fast-math behind it, or -DFURL_ALLOW_FAST_MATH if you need no equal bits. See docs/errors.md#E49"
#endif
#define FURL_FAST_MATH 1
#else
#define FURL_FAST_MATH 0
#endif

// With -ffinite-math-only a compiler assumes that there are no infinities and no NaN, and drops each test for them that it sees.
#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#define FURL_FINITE_MATH 1
#else
#define FURL_FINITE_MATH 0
#endif

// The library reports run-time errors by exceptions, or by return values in a program that is compiled without exceptions.
#if defined(__cpp_exceptions) && !defined(FURL_NO_EXCEPTIONS)
#define FURL_EXCEPTIONS 1
#else
#define FURL_EXCEPTIONS 0
#endif

// A program may compile some translation units for a newer processor than others. A linker keeps one copy of each inline
// function, so all of furl is in an inline namespace that is named after the target of the unit, avx2_fma for example. The few
// types that such units pass to each other are in namespace furl itself.
#if defined(__AVX512F__)
#define FURL_ISA avx512
#elif defined(__AVX2__)
#define FURL_ISA avx2
#elif defined(__AVX__)
#define FURL_ISA avx
#elif defined(__SSE4_2__)
#define FURL_ISA sse4_2
#elif defined(__SSE4_1__)
#define FURL_ISA sse4_1
#elif defined(__SSSE3__)
#define FURL_ISA ssse3
#elif defined(__SSE3__)
#define FURL_ISA sse3
#elif defined(__SSE2__)
#define FURL_ISA sse2
#elif defined(__ARM_FEATURE_SVE)
#define FURL_ISA sve
#elif defined(__ARM_NEON)
#define FURL_ISA neon
#else
#define FURL_ISA plain
#endif

#if defined(__FMA__)
#define FURL_HAS_FMA _fma
#else
#define FURL_HAS_FMA
#endif
#if defined(__F16C__)
#define FURL_HAS_F16C _f16c
#else
#define FURL_HAS_F16C
#endif
#if defined(__POPCNT__)
#define FURL_HAS_POPCNT _p
#else
#define FURL_HAS_POPCNT
#endif
#if defined(__LZCNT__)
#define FURL_HAS_LZCNT _l
#else
#define FURL_HAS_LZCNT
#endif
#if defined(__BMI__)
#define FURL_HAS_BMI _b
#else
#define FURL_HAS_BMI
#endif
#if defined(__BMI2__)
#define FURL_HAS_BMI2 _b2
#else
#define FURL_HAS_BMI2
#endif
#if defined(__MOVBE__)
#define FURL_HAS_MOVBE _m
#else
#define FURL_HAS_MOVBE
#endif
#if defined(__AVX512CD__)
#define FURL_HAS_512CD _cd
#else
#define FURL_HAS_512CD
#endif
#if defined(__AVX512DQ__)
#define FURL_HAS_512DQ _dq
#else
#define FURL_HAS_512DQ
#endif
#if defined(__AVX512BW__)
#define FURL_HAS_512BW _bw
#else
#define FURL_HAS_512BW
#endif
#if defined(__AVX512VL__)
#define FURL_HAS_512VL _vl
#else
#define FURL_HAS_512VL
#endif
#if defined(__AVX512VBMI__)
#define FURL_HAS_512VBMI _vbmi
#else
#define FURL_HAS_512VBMI
#endif
#if defined(__AVX512VBMI2__)
#define FURL_HAS_512VBMI2 _vbmi2
#else
#define FURL_HAS_512VBMI2
#endif
#if defined(__AVX512IFMA__)
#define FURL_HAS_512IFMA _ifma
#else
#define FURL_HAS_512IFMA
#endif
#if defined(__AVX512VNNI__)
#define FURL_HAS_512VNNI _vnni
#else
#define FURL_HAS_512VNNI
#endif
#if defined(__AVX512BITALG__)
#define FURL_HAS_512BITALG _bitalg
#else
#define FURL_HAS_512BITALG
#endif
#if defined(__AVX512VPOPCNTDQ__)
#define FURL_HAS_512POPCNT _vpop
#else
#define FURL_HAS_512POPCNT
#endif
#if defined(__AVX512BF16__)
#define FURL_HAS_512BF16 _bf16
#else
#define FURL_HAS_512BF16
#endif
#if defined(__AVX512FP16__)
#define FURL_HAS_512FP16 _fp16
#else
#define FURL_HAS_512FP16
#endif
#if defined(__AVXVNNI__)
#define FURL_HAS_AVXVNNI _avxvnni
#else
#define FURL_HAS_AVXVNNI
#endif
#if defined(__GFNI__)
#define FURL_HAS_GFNI _gfni
#else
#define FURL_HAS_GFNI
#endif
#if defined(__AVX10_2__)
#define FURL_HAS_AVX10 _avx10_2
#elif defined(__AVX10_1__)
#define FURL_HAS_AVX10 _avx10_1
#else
#define FURL_HAS_AVX10
#endif
#if defined(__APX_F__)
#define FURL_HAS_APX _apx
#else
#define FURL_HAS_APX
#endif
#if defined(__ARM_FEATURE_ATOMICS)
#define FURL_HAS_ARM_ATOMICS _lse
#else
#define FURL_HAS_ARM_ATOMICS
#endif
#if defined(__ARM_FEATURE_DOTPROD)
#define FURL_HAS_ARM_DOT _dot
#else
#define FURL_HAS_ARM_DOT
#endif
#if defined(FURL_NO_SIMD)
#define FURL_HAS_SCALAR _scalar
#else
#define FURL_HAS_SCALAR
#endif
// With 1, AVX-512 computes square roots from an estimate by fma; with 0, by its divider. The bits are the same (simd/root.hpp). AdamW in
// cache, ns per parameter by the divider and by fma: Intel Sapphire Rapids 0.403 and 0.277 (double, Emerald Rapids: 1.77 and 0.84), AMD
// Zen 5 0.206 and 0.289. So the default is 1 for Intel's processors with FP16; AMD's Zen 6, which has FP16 too, was not measured.
#if !defined(FURL_ROOT_BY_FMA)
#if defined(__AVX512FP16__) && !defined(__znver6__) && !FURL_FAST_MATH
#define FURL_ROOT_BY_FMA 1
#else
#define FURL_ROOT_BY_FMA 0
#endif
#endif
#if defined(__AVX512F__) && FURL_ROOT_BY_FMA
#define FURL_HAS_ROOT _root
#else
#define FURL_HAS_ROOT
#endif
#if !FURL_EXCEPTIONS
#define FURL_HAS_NO_EXCEPTIONS _noexcept
#else
#define FURL_HAS_NO_EXCEPTIONS
#endif
#if FURL_FINITE_MATH
#define FURL_HAS_FINITE _finite
#else
#define FURL_HAS_FINITE
#endif
#if FURL_FAST_MATH
#define FURL_HAS_FAST _fast
#else
#define FURL_HAS_FAST
#endif
#define FURL_JOINED(x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15, x16, x17, x18, x19, x20, x21, x22, x23, x24, x25, x26, x27, x28, x29, x30) \
    x0##x1##x2##x3##x4##x5##x6##x7##x8##x9##x10##x11##x12##x13##x14##x15##x16##x17##x18##x19##x20##x21##x22##x23##x24##x25##x26##x27##x28##x29##x30
#define FURL_JOIN(...) FURL_JOINED(__VA_ARGS__)
#define FURL_BUILD \
    FURL_JOIN(FURL_ISA, FURL_HAS_FMA, FURL_HAS_F16C, FURL_HAS_POPCNT, FURL_HAS_LZCNT, FURL_HAS_BMI, FURL_HAS_BMI2, \
              FURL_HAS_MOVBE, FURL_HAS_512CD, FURL_HAS_512DQ, FURL_HAS_512BW, FURL_HAS_512VL, FURL_HAS_512VBMI, \
              FURL_HAS_512VBMI2, FURL_HAS_512IFMA, FURL_HAS_512VNNI, FURL_HAS_512BITALG, FURL_HAS_512POPCNT, \
              FURL_HAS_512BF16, FURL_HAS_512FP16, FURL_HAS_AVXVNNI, FURL_HAS_GFNI, FURL_HAS_AVX10, FURL_HAS_APX, FURL_HAS_ARM_ATOMICS, \
              FURL_HAS_ARM_DOT, FURL_HAS_SCALAR, FURL_HAS_ROOT, FURL_HAS_NO_EXCEPTIONS, FURL_HAS_FINITE, FURL_HAS_FAST)

// Each header of the library opens this instead of namespace furl.
#define FURL_NAMESPACE furl::inline FURL_BUILD

// Marks a member of a type that all units share, so that each kind of unit keeps a compiled copy of its own.
#define FURL_QUOTED_AS_IS(x) #x
#define FURL_QUOTED(x) FURL_QUOTED_AS_IS(x)
#if defined(__GNUC__)
#define FURL_OF_BUILD __attribute__((abi_tag(FURL_QUOTED(FURL_BUILD))))
#else
#define FURL_OF_BUILD
#endif
