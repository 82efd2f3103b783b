#pragma once

#include <furl/base/narrow_float.hpp>
#include <furl/formats/storage.hpp>
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

/// The rules for parameters and gradients of 16 bits, by the storage of the parameters. An E without such a storage has no rules there.
template <class E>
struct narrow_rules {
    registry<float, E> plain, split, master;

    template <class List>
    void add(List list) {
        const auto add_to = [&]<class Format>(registry<float, E>& all, std::type_identity<Format>) {
            all.template add_with<storage<param_as<Format>, grad_as<E>>>(list);
        };
        add_to(plain, std::type_identity<E>());
        add_to(master, std::type_identity<furl::master<E>>());
        if constexpr (std::is_same_v<E, bfloat16>) add_to(split, std::type_identity<furl::split<E>>());
    }
};

/// Adds rules to those of a library. What it does not add to is null.
struct rule_export {
    void (*add_to_floats)(registry<float>&);
    void (*add_to_doubles)(registry<double>&);
    void (*add_to_bfloat16s)(narrow_rules<bfloat16>&);
    void (*add_to_float16s)(narrow_rules<float16>&);
};

template <class List>
inline constexpr rule_export export_of{[](registry<float>& all) { all.add(List{}); }, [](registry<double>& all) { all.add(List{}); }, nullptr,
                                       nullptr};
template <class List>
inline constexpr rule_export narrow_export_of{nullptr, nullptr, [](narrow_rules<bfloat16>& all) { all.add(List{}); },
                                              [](narrow_rules<float16>& all) { all.add(List{}); }};

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

/// The rules that this library exports, of which Add is the function of rule_export.
template <class Rules, void (*rule_export::*Add)(Rules&)>
[[gnu::visibility("hidden")]] const Rules& exported_rules() {
    static const Rules all = [] {
        Rules rules;
        for (const auto* one = first_export; one != end_of_exports; ++one)
            if (const auto add = (*one)->*Add) add(rules);
        return rules;
    }();
    return all;
}

/// The exported narrow_rules of bfloat16, or of float16. The arithmetic of these is that of the unit, and so are their types; but the
/// layout is the same in all levels of a library.
[[gnu::visibility("hidden")]] inline const void* exported_narrow_rules(bool is_bfloat16) {
    if (is_bfloat16) return &exported_rules<narrow_rules<bfloat16>, &rule_export::add_to_bfloat16s>();
    return &exported_rules<narrow_rules<float16>, &rule_export::add_to_float16s>();
}

}  // namespace furl::detail

/// The rules of one level of a static library: those of units that are compiled for the same instruction sets. It has C names, because
/// units of different flags share it.
struct furl_rule_level {
    const char* instruction_set;                  ///< the instruction sets that they are compiled for
    const furl::registry<float>& (*floats)();    ///< returns the rules for float
    const furl::registry<double>& (*doubles)();  ///< returns the rules for double
    const void* (*narrow)(bool is_bfloat16);     ///< returns the narrow_rules of bfloat16, or of float16
};

#define FURL_LEVEL_OF_THIS_UNIT                                                                                              \
    {FURL_QUOTED(FURL_BUILD), &furl::detail::exported_rules<furl::registry<float>, &furl::detail::rule_export::add_to_floats>, \
     &furl::detail::exported_rules<furl::registry<double>, &furl::detail::rule_export::add_to_doubles>,                       \
     &furl::detail::exported_narrow_rules}

#define FURL_EXPORT_NAME_AS_IS(a, b) a##b
#define FURL_EXPORT_NAME(a, b) FURL_EXPORT_NAME_AS_IS(a, b)

#define FURL_EXPORT_POINTER(...)                                                                              \
    __attribute__((used, section(FURL_EXPORT_SECTION) FURL_RETAIN)) static const furl::detail::rule_export*   \
        FURL_EXPORT_NAME(furl_export_, __COUNTER__) = __VA_ARGS__;

/// Exports a furl::rules<...> list of rules from a library, for float and double: `FURL_EXPORT_RULES(furl::rules<my_adam, my_sgd>)`.
/// It stands outside of namespaces and functions.
#define FURL_EXPORT_RULES(...) \
    FURL_EXPORT_POINTER(&furl::detail::export_of<__VA_ARGS__>)

/// Exports a rule under the name of its type, or under a name of your own: `FURL_EXPORT_RULE(furl::as<"mine", my_rule>)`.
#define FURL_EXPORT_RULE(...) FURL_EXPORT_RULES(furl::rules<__VA_ARGS__>)

/// Export rules for parameters and gradients of 16 bits, FURL_BFLOAT16 and FURL_FLOAT16, in each storage: plain, split, master.
///
/// Cost:    a compiler takes five times as long as for one element type, so a library exports those rules that it needs.
#define FURL_EXPORT_NARROW_RULES(...) FURL_EXPORT_POINTER(&furl::detail::narrow_export_of<__VA_ARGS__>)
#define FURL_EXPORT_NARROW_RULE(...) FURL_EXPORT_NARROW_RULES(furl::rules<__VA_ARGS__>)

/// Makes the rules of a unit, and of all others with the same flags, a level of a static library: v3 or v4, for processors of
/// x86-64-v3 or x86-64-v4. The library uses it where the processor has these instruction sets.
#define FURL_RULE_LEVEL(level) \
    extern "C" __attribute__((visibility("hidden"))) const furl_rule_level FURL_EXPORT_NAME(furl_level_, level) = FURL_LEVEL_OF_THIS_UNIT;
