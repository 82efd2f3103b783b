#include <support/vocabulary.hpp>

using namespace furl;
using namespace furl::tests;

#if defined(FURL_NO_SIMD)
constexpr auto this_path = path::scalar;
#else
constexpr auto this_path = path::vector;
#endif

TEST_CASE_TEMPLATE("on the vector path functions of one value are within their budgets of std", T, float, double) {
    check_functions_of_one<this_path, T, keep_denormals>();
}

TEST_CASE_TEMPLATE("on the vector path functions of several values are within their budgets of std", T, float, double) {
    check_functions_of_more<this_path, T, keep_denormals>();
}
