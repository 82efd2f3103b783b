#include <furl/base/suggest.hpp>

#include <doctest/doctest.h>

using furl::detail::edit_distance;
using furl::detail::nearest_name;

TEST_CASE("the edit distance counts insertions, deletions, replacements and swaps of neighbours") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("adam", "adam") == 0);
    CHECK(edit_distance("adam", "") == 4);
    CHECK(edit_distance("", "lr") == 2);
    CHECK(edit_distance("adam", "adamw") == 1);
    CHECK(edit_distance("adam", "adm") == 1);
    CHECK(edit_distance("adam", "edam") == 1);
    CHECK(edit_distance("adam", "aadm") == 1);
    CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("the nearest name is the one that was meant, and none where none is near") {
    const std::vector<std::string_view> names{"lr", "beta1", "beta2", "weight_decay", "eps"};
    CHECK(nearest_name("weigth_decay", names) == "weight_decay");
    CHECK(nearest_name("WeightDecay", names) == "weight_decay");
    CHECK(nearest_name("beta_1", names) == "beta1");
    CHECK(nearest_name("beta", names) == "beta1");
    CHECK(nearest_name("momentum", names) == "");
    CHECK(nearest_name("", names) == "");
}
