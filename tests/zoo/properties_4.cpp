#include "zoo/properties.hpp"

TEST_CASE("every rule of the zoo converges, follows the reference, resumes and splits: slice 5 of 8") {
    furl::tests::check_slice<4, 8>();
}
