#include "zoo/properties.hpp"

TEST_CASE("every rule of the zoo converges, follows the reference, resumes and splits: slice 4 of 8") {
    furl::tests::check_slice<3, 8>();
}
