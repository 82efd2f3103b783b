// Every rule of the zoo: fused, naive, as one scalar loop, and the limits of memory and divider.
//
// Compiled in parts, because each rule is three optimizers: ZOO_PART of ZOO_PARTS takes each ZOO_PARTS-th rule of the list.
// With ZOO_RULES (a list of names) there is one part with these rules.
#include <furl/bench/rule.hpp>
#include <furl/furl.hpp>
#include <furl/print/type_name.hpp>
#include <furl/zoo/list.hpp>

#include <boost/hana/at.hpp>
#include <boost/hana/size.hpp>

#include <string>
#include <utility>

namespace {

using namespace furl;

#if defined(ZOO_RULES)
#define ZOO_PART 0
#define ZOO_PARTS 1
constexpr auto rules = [] {
    using namespace furl::zoo;
    return hana::tuple_t<ZOO_RULES>;
}();
#else
constexpr const auto& rules = zoo::all;
#endif

constexpr std::size_t number_of_rules = decltype(hana::size(rules))::value;

[[maybe_unused]] const bool registered =
    bench::add_to_registered([](const bench::settings& s, std::vector<bench::job>& jobs) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (
                [&] {
                    if constexpr (I % ZOO_PARTS == ZOO_PART) {
                        using rule = typename std::decay_t<decltype(rules[hana::size_c<I>])>::type;
                        bench::add_rule<rule>(std::string(short_name<rule>()), s, jobs);
                    }
                }(),
                ...);
        }(std::make_index_sequence<number_of_rules>{});
    });

}  // namespace
