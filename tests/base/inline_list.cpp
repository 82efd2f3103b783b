// A list keeps its values when it is copied or moved, whether they are inside the object or not.
#include <furl/base/inline_list.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <utility>
#include <vector>

namespace {

using list = furl::inline_list<int, 2>;

std::vector<int> values(const list& l) { return {l.begin(), l.end()}; }

list counted(std::size_t n) {
    list l(n);
    for (std::size_t i = 0; i < n; ++i) l[i] = static_cast<int>(i) + 1;
    return l;
}

bool is_inside(const list& l) {
    const auto* const object = reinterpret_cast<const std::byte*>(&l);
    const auto* const data = reinterpret_cast<const std::byte*>(l.data());
    return data >= object && data < object + sizeof l;
}

}  // namespace

TEST_CASE("a list begins with one value") {
    CHECK(values(list(3, 7)) == std::vector{7, 7, 7});
    CHECK(values(list(2)) == std::vector{0, 0});
    CHECK(list(0).empty());
}

TEST_CASE("copies and moves keep the values") {
    for (std::size_t n = 0; n < 5; ++n) {
        CAPTURE(n);
        std::vector<int> expected;
        for (std::size_t i = 0; i < n; ++i) expected.push_back(static_cast<int>(i) + 1);

        list first = counted(n);
        CHECK(is_inside(first) == (n <= 2));
        list copy = first;
        CHECK(values(copy) == expected);
        CHECK(values(first) == expected);
        if (n > 0) {
            copy[0] = 9;
            CHECK(first[0] == 1);
            CHECK(first.back() == static_cast<int>(n));
        }

        const list moved = std::move(first);
        CHECK(values(moved) == expected);
        CHECK(is_inside(moved) == (n <= 2));
        CHECK(first.empty());  // NOLINT(bugprone-use-after-move): it says that it is empty

        for (std::size_t other = 0; other < 5; ++other) {
            list target = counted(other);
            target = moved;
            CHECK(values(target) == expected);
            target = counted(other);
            CHECK(target.size() == other);
            list& same = target;
            target = same;
            target = std::move(same);
            CHECK(values(target) == values(counted(other)));
        }
    }
}
