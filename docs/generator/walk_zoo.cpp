// Compiled once for each FURL_DOCS_PART in [0, zoo_parts).
#include "facts_of.hpp"

#include <furl/zoo/list.hpp>

namespace docs {

template <std::size_t Part>
void append_zoo(std::vector<rule_facts>& rules) {
    constexpr auto size = decltype(furl::hana::length(furl::zoo::all))::value;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        const auto append = [&]<std::size_t Place>() {
            if constexpr (Place % zoo_parts == Part) {
                using rule = typename decltype(+furl::zoo::all[furl::hana::size_c<Place>])::type;
                rules.push_back(facts_of<rule>());
            }
        };
        (append.template operator()<I>(), ...);
    }(std::make_index_sequence<size>{});
}

template void append_zoo<FURL_DOCS_PART>(std::vector<rule_facts>&);

}  // namespace docs
