#include "zoo/any_optimizer.hpp"
#include "zoo/table.hpp"

#include <furl/zoo/list.hpp>

#include <boost/hana/unpack.hpp>

#include <algorithm>
#include <array>

// The table and furl::zoo::all hold the same rules, in the same order; zoo/properties.cpp sees that all rows are tested,
// and zoo/any_optimizer.hpp that their numbers are those of the programs.
namespace {

using namespace furl;
using namespace furl::tests;

static_assert(hana::unpack(zoo::all, []<class... Rules>(Rules...) {
    constexpr std::array names{short_name<typename Rules::type>()...};
    return std::ranges::equal(names, zoo_table, {}, {}, &zoo_row::rule);
}));

// Two passes are enough for each, but for apex's LAMB: it clips by the norm of the whole gradient, and the length of the
// direction, whose root mixes the clipped gradient with older ones, is known only after that; and for Adafactor: the length of
// its direction is known after the means of the columns. CAME needs the means of the columns of what follows from that, too. RACS has
// five sums over columns, each of products with the one before, a sum of the last one and a norm.
constexpr int most_passes(std::string_view rule) {
    if (rule == "came") return 4;
    if (rule == "racs") return 8;
    return rule == "lamb_apex" || (rule.starts_with("adafactor") && rule != "adafactor_unfactored") ? 3 : 2;
}
static_assert(std::ranges::all_of(zoo_table, [](const zoo_row& row) { return row.passes <= most_passes(row.rule); }));

}  // namespace
