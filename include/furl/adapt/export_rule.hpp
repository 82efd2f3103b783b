#pragma once

#include <furl/optimizer.hpp>
#include <furl/runtime/registry.hpp>

// Rules for a library with the C interface of furl/adapt/c.h. Such a library has any number of units that export rules, and one
// unit that includes furl/adapt/c_functions.hpp:
//
//     #include <furl/adapt/c_functions.hpp>
//     #include <furl/adapt/export_rule.hpp>
//     struct my_rule { ... };
//     FURL_EXPORT_RULE(my_rule)
//
// The linker collects the exported rules in a section that is named after the unit's instruction set. So nothing runs when a program
// starts, and each level of a static library finds its own rules.
namespace FURL_NAMESPACE::detail {

/// Adds rules to the registries of a library.
struct rule_export {
    void (*add_to_floats)(registry<float>&);
    void (*add_to_doubles)(registry<double>&);
};

template <class List>
inline constexpr rule_export export_of{[](registry<float>& all) { all.add(List{}); },
                                       [](registry<double>& all) { all.add(List{}); }};

#define FURL_EXPORT_SECTION "furl_rules_" FURL_QUOTED(FURL_BUILD)
#if defined(__has_attribute)
#if __has_attribute(retain)
#define FURL_RETAIN , retain
#endif
#endif
#if !defined(FURL_RETAIN)
#define FURL_RETAIN
#endif

// The linker defines these names; they are null in a library without exported rules.
[[gnu::weak, gnu::visibility("hidden")]] extern const rule_export* const first_export[] __asm__("__start_" FURL_EXPORT_SECTION);
[[gnu::weak, gnu::visibility("hidden")]] extern const rule_export* const end_of_exports[] __asm__("__stop_" FURL_EXPORT_SECTION);

/// The rules that this library exports.
template <class T>
[[gnu::visibility("hidden")]] const registry<T>& exported_rules() {
    static const registry<T> all = [] {
        registry<T> rules;
        for (const auto* one = first_export; one != end_of_exports; ++one)
            if constexpr (std::is_same_v<T, float>) (*one)->add_to_floats(rules);
            else (*one)->add_to_doubles(rules);
        return rules;
    }();
    return all;
}

}  // namespace furl::detail

/// The rules of one level of a static library: those of units that are compiled for the same instruction sets. It has C names, because
/// units of different flags share it.
struct furl_rule_level {
    const char* instruction_set;                  ///< the instruction sets that they are compiled for
    const furl::registry<float>& (*floats)();    ///< returns the rules for float
    const furl::registry<double>& (*doubles)();  ///< returns the rules for double
};

#define FURL_EXPORT_NAME_AS_IS(a, b) a##b
#define FURL_EXPORT_NAME(a, b) FURL_EXPORT_NAME_AS_IS(a, b)

/// Exports a furl::rules<...> list of rules from a library, for float and double: `FURL_EXPORT_RULES(furl::rules<my_adam, my_sgd>)`.
/// It stands outside of namespaces and functions.
#define FURL_EXPORT_RULES(...)                                                                                \
    __attribute__((used, section(FURL_EXPORT_SECTION) FURL_RETAIN)) static const furl::detail::rule_export*   \
        FURL_EXPORT_NAME(furl_export_, __COUNTER__) = &furl::detail::export_of<__VA_ARGS__>;

/// Exports a rule under the name of its type, or under a name of your own: `FURL_EXPORT_RULE(furl::as<"mine", my_rule>)`.
#define FURL_EXPORT_RULE(...) FURL_EXPORT_RULES(furl::rules<__VA_ARGS__>)

/// Makes the rules of a unit, and of all others with the same flags, a level of a static library: v3 or v4, for processors of
/// x86-64-v3 or x86-64-v4. The library uses it where the processor has these instruction sets.
#define FURL_RULE_LEVEL(level)                                                                                \
    extern "C" __attribute__((visibility("hidden"))) const furl_rule_level FURL_EXPORT_NAME(furl_level_, level) = { \
        FURL_QUOTED(FURL_BUILD), &furl::detail::exported_rules<float>, &furl::detail::exported_rules<double>};
