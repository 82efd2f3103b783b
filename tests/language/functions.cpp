#include <support/vocabulary.hpp>

using namespace furl;
using namespace furl::tests;

TEST_CASE_TEMPLATE("on the scalar path functions of one value are those of std", T, float, double) {
    check_functions_of_one<path::scalar, T, one_element_at_a_time>();
}

TEST_CASE_TEMPLATE("on the scalar path functions of several values are those of std", T, float, double) {
    check_functions_of_more<path::scalar, T, one_element_at_a_time>();
}
