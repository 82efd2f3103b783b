#pragma once

#include <furl/runtime/any_optimizer.hpp>

// What a unit offers the others. Only furl::any_optimizer and furl::registry pass between units of different flags.
namespace furl {
template <class T, class E>
class registry;
}

#define FURL_TEST_UNIT(NAME)                                                      \
    namespace NAME {                                                              \
    const furl::registry<float, float>& rules();                                         \
    float step(float weight, float gradient);                                     \
    float step(furl::any_optimizer<float>& opt, float weight, float gradient);    \
    bool refuses();                                                               \
    }

FURL_TEST_UNIT(baseline)
FURL_TEST_UNIT(avx2)
FURL_TEST_UNIT(no_exceptions)
