#pragma once

#include <furl/adapt/c_optimizer.hpp>
#include <furl/adapt/rule_levels.hpp>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// How the C interface makes an optimizer: it finds the rules for a dtype and a storage, and checks what C gives.
namespace FURL_NAMESPACE::detail {

template <class E>
const registry<float, E>& c_narrow_rules(furl_storage storage) {
    const auto& all = best_narrow_rules<E>();
    return storage == FURL_PLAIN ? all.plain : storage == FURL_SPLIT ? all.split : all.master;
}

/// Calls make(rules) with the rules for this dtype and storage.
template <class Make>
void c_with_rules(furl_dtype dtype, furl_storage storage, Make make) {
    const auto type = c_dtype_name(dtype);
    const bool is_narrow = dtype == FURL_BFLOAT16 || dtype == FURL_FLOAT16;
    if (storage < FURL_PLAIN || storage > FURL_MASTER)
        refuse("furl: no storage " + std::to_string(storage) + "; there are FURL_PLAIN, FURL_SPLIT and FURL_MASTER");
    if (storage != FURL_PLAIN && !is_narrow) refuse("furl: FURL_SPLIT and FURL_MASTER are for parameters of 16 bits; those of " + type + " are FURL_PLAIN");
    if (storage == FURL_SPLIT && dtype == FURL_FLOAT16) refuse("furl: FURL_SPLIT is for bfloat16, whose lower half a float has; take FURL_MASTER for float16");
    if (dtype == FURL_FLOAT) return make(best_rule_level().floats());
    if (dtype == FURL_DOUBLE) return make(best_rule_level().doubles());
    if (dtype == FURL_BFLOAT16) return make(c_narrow_rules<bfloat16>(storage));
    make(c_narrow_rules<float16>(storage));
}

/// Refuses a rule that the library has for float and double alone.
template <class T, class E>
const registry<T, E>& c_require_rule(const registry<T, E>& rules, const char* rule) {
    if (!std::is_same_v<T, E> && !rules.contains(c_not_null(rule, "the name of the rule")) && best_rule_level().floats().contains(rule)) {
        std::string names;
        for (const auto name : rules.names()) names += (names.empty() ? "" : ", ") + std::string(name);
        refuse("furl: the library has the rule '" + std::string(rule) + "' for float and double, not for " + c_dtype_name(c_dtype<E>) +
               "; for 16 bits it has: " + (names.empty() ? "none" : names));
    }
    return rules;
}

inline std::vector<setting> c_settings(std::size_t number, const furl_setting* settings) {
    std::vector<setting> all;
    if (number > 0) c_not_null(settings, "the array of settings");
    for (const auto& s : std::span(settings, number)) all.push_back({c_not_null(s.name, "the name of a setting"), s.value});
    return all;
}

/// @param before  the number of tensors of the groups before.
inline std::vector<furl::shape> c_shapes(std::size_t tensors, const furl_shape* shapes, std::size_t before = 0) {
    std::vector<furl::shape> all;
    if (tensors > 0) c_not_null(shapes, "the array of shapes");
    for (std::size_t i = 0; i < tensors; ++i) {
        if (shapes[i].rows > 0 && shapes[i].columns > static_cast<std::size_t>(-1) / shapes[i].rows)
            refuse("furl: tensor " + std::to_string(before + i) + " has more elements than any memory");
        all.push_back({shapes[i].rows, shapes[i].columns});
    }
    return all;
}

/// Hands an optimizer over to C.
template <class Held>
furl_optimizer* c_made(Held held) {
    auto made = std::make_unique<furl_optimizer>();
    const auto add = [](std::vector<std::string>& names, std::string_view name) {
        if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
    };
    held.for_each_info([&](const rule_info& info) {
        for (auto list : {info.hyperparameters, info.tensor_hyperparameters})
            for (auto name : list) add(made->hyperparameter_names, name);
        for (const auto& s : info.states)
            if (Held::is_named(s)) add(made->state_names, s.name);
    });
    made->held = std::move(held);
    return made.release();
}

inline furl_optimizer* c_create(const char* rule, furl_dtype dtype, furl_storage storage, const std::vector<furl::shape>& shapes,
                                std::size_t setting_count, const furl_setting* settings) {
    furl_optimizer* made = nullptr;
    c_with_rules(dtype, storage, [&]<class T, class E>(const registry<T, E>& rules) {
        const auto given = c_settings(setting_count, settings);
        made = c_made(c_single<T, E>{c_require_rule(rules, rule).make(c_not_null(rule, "the name of the rule"), given, shapes)});
    });
    return made;
}

inline furl_optimizer* c_create_groups(furl_dtype dtype, furl_storage storage, std::span<const furl_group> groups) {
    if (groups.empty()) refuse("furl: an optimizer of groups has at least one");
    furl_optimizer* made = nullptr;
    c_with_rules(dtype, storage, [&]<class T, class E>(const registry<T, E>& rules) {
        c_grouped<T, E> held{{}};
        for (const auto& g : groups)
            held.opt.add_last(c_require_rule(rules, g.rule), c_not_null(g.rule, "the name of the rule"), c_shapes(g.tensors, g.shapes, held.opt.tensors()),
                              c_settings(g.setting_count, g.settings));
        made = c_made(std::move(held));
    });
    return made;
}

}  // namespace furl::detail
