// A library of rules with the C interface, as a user writes one, for c_interface.cpp and c_calls.c.
#include "c_rules.hpp"

#include <furl/adapt/c_functions.hpp>
#include <furl/adapt/export_rule.hpp>

FURL_EXPORT_RULES(furl::rules<furl::zoo::adamw, furl::tests::guarded>)
FURL_EXPORT_RULE(furl::tests::scaled_rows)
FURL_EXPORT_RULE(furl::as<"zeroing", furl::tests::zeroing_sgd>)
FURL_EXPORT_NARROW_RULE(furl::tests::guarded)
