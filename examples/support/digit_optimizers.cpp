// Compiled once for each PART of PARTS, so that the zoo is compiled by several processors; the first one has the list.
#include "digit_optimizers.hpp"
#include "configured.hpp"

#include <furl/zoo/list.hpp>

#include <boost/hana/length.hpp>

#include <cstddef>
#include <utility>

namespace examples {

template <std::size_t Part>
furl::registry<float> part();

template <>
furl::registry<float> part<PART>() {
    furl::registry<float> rules;
    const auto add = [&]<class Rule, std::size_t Place>() {
        if constexpr (Place % PARTS == PART) {  // first of all: the rules of other parts are not to be looked into
            if constexpr (furl::plan<Rule, furl::contracted>::inputs == 0) rules.add<configured<Rule>>(furl::short_name<Rule>());
        }
    };
    [&]<class... Rules, std::size_t... Places>(furl::rules<Rules...>, std::index_sequence<Places...>) {
        (add.template operator()<Rules, Places>(), ...);
    }(furl::rules_of<furl::zoo::all>{},
      std::make_index_sequence<decltype(boost::hana::length(furl::zoo::all))::value>{});
    return rules;
}

#if PART == 0
const furl::registry<float>& digit_optimizers() {
    static const furl::registry<float> all = []<std::size_t... I>(std::index_sequence<I...>) {
        furl::registry<float> rules;
        (rules.add(part<I>()), ...);
        return rules;
    }
    (std::make_index_sequence<PARTS>{});
    return all;
}
#endif

}  // namespace examples
