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
// direction, whose root mixes the clipped gradient with older ones, is known only after that.
static_assert(std::ranges::all_of(zoo_table, [](const zoo_row& row) {
    return row.passes <= (row.rule == "lamb_apex" ? 3 : 2);
}));

}  // namespace
