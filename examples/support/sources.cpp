// Compiled once for each PART in [0, source_parts); the first one has the list.
#include "sources.hpp"

#include <furl/zoo/list.hpp>

#include <boost/hana/length.hpp>

#include <utility>

namespace examples {

/// Appends every rule of the zoo whose place is Part, modulo source_parts.
template <std::size_t Part>
void append_sources(std::vector<source>& rules);

template <>
void append_sources<PART>(std::vector<source>& rules) {
    const auto append = [&]<std::size_t Place>() {
        if constexpr (Place % source_parts == PART) rules.push_back(source_of<typename decltype(+furl::zoo::all[furl::hana::size_c<Place>])::type>());
    };
    [&]<std::size_t... Places>(std::index_sequence<Places...>) {
        (append.template operator()<Places>(), ...);
    }(std::make_index_sequence<decltype(boost::hana::length(furl::zoo::all))::value>{});
}

#if PART == 0
std::vector<source> sources_of_zoo() {
    std::vector<source> rules;
    [&]<std::size_t... Part>(std::index_sequence<Part...>) {
        (append_sources<Part>(rules), ...);
    }(std::make_index_sequence<source_parts>{});
    return rules;
}
#endif

}  // namespace examples
