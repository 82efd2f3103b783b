// Compiled once for each FURL_DOCS_PART in [0, zoo_parts).
#include "facts_of.hpp"

#include <furl/zoo/list.hpp>
#include <furl/zoo/matrix/list.hpp>

#include <boost/hana/concat.hpp>

namespace docs {

// A rule needs no matrix engine to tell its facts.
constexpr auto all_rules = furl::hana::concat(furl::zoo::all, furl::zoo::all_of_matrices);

template <std::size_t Part>
void append_zoo(std::vector<rule_facts>& rules) {
    constexpr auto size = decltype(furl::hana::length(all_rules))::value;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        const auto append = [&]<std::size_t Place>() {
            if constexpr (Place % zoo_parts == Part) {
                using rule = typename decltype(+all_rules[furl::hana::size_c<Place>])::type;
                rules.push_back(facts_of<rule>());
            }
        };
        (append.template operator()<I>(), ...);
    }(std::make_index_sequence<size>{});
}

template void append_zoo<FURL_DOCS_PART>(std::vector<rule_facts>&);

}  // namespace docs
