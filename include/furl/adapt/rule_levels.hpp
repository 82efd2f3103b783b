#pragma once

#include <furl/adapt/export_rule.hpp>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

// A static library can have the rules of several levels: its unit of furl/adapt/c_functions.hpp and its own rules are compiled for the
// oldest processor, and each level defines one of these by FURL_RULE_LEVEL. They are null in a library without levels.
extern "C" {
extern const furl_rule_level furl_level_v3 __attribute__((weak, visibility("hidden")));
extern const furl_rule_level furl_level_v4 __attribute__((weak, visibility("hidden")));
}

namespace FURL_NAMESPACE::detail {

#if defined(__x86_64__)
/// These return whether the processor has all instructions of x86-64-v3 or x86-64-v4, and the system saves their registers.
inline bool has_level_v3() {
    unsigned a = 0, b = 0, c = 0, d = 0;
    const bool f16c_movbe = __get_cpuid(1, &a, &b, &c, &d) && (c >> 29 & 1) && (c >> 22 & 1);
    const bool lzcnt = __get_cpuid(0x80000001, &a, &b, &c, &d) && (c >> 5 & 1);
    return f16c_movbe && lzcnt && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
}
inline bool has_level_v4() {
    return has_level_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#else
inline bool has_level_v3() { return false; }
inline bool has_level_v4() { return false; }
#endif

/// The rules of the highest level that this processor has.
inline const furl_rule_level& best_rule_level() {
    static const furl_rule_level best = [] {
        if (&furl_level_v4 && has_level_v4()) return furl_level_v4;
        if (&furl_level_v3 && has_level_v3()) return furl_level_v3;
        return furl_rule_level FURL_LEVEL_OF_THIS_UNIT;
    }();
    return best;
}

/// The rules of that level for parameters of 16 bits.
template <class E>
const narrow_rules<E>& best_narrow_rules() {
    return *static_cast<const narrow_rules<E>*>(best_rule_level().narrow(std::is_same_v<E, bfloat16>));
}

}  // namespace furl::detail
