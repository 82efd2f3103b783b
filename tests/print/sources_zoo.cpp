// Compiled once for each FURL_TEST_PART in [0, 4): every rule of the zoo whose place is that, modulo 4.
#include "print/sources.hpp"

#include <furl/zoo/list.hpp>

#include <boost/hana/length.hpp>

namespace {

struct part {
    part() {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            const auto append = [&]<std::size_t Place>() {
                if constexpr (Place % 4 == FURL_TEST_PART)
                    furl::tests::sources().push_back(furl::tests::source_of<typename decltype(+furl::zoo::all[furl::hana::size_c<Place>])::type>());
            };
            (append.template operator()<I>(), ...);
        }(std::make_index_sequence<decltype(furl::hana::length(furl::zoo::all))::value>{});
    }
} const rules;

}  // namespace
