// A library of rules with the C interface, as a user writes one, for c_interface.cpp and c_calls.c.
#include "c_rules.hpp"

#include <furl/adapt/c_functions.hpp>
#include <furl/adapt/export_rule.hpp>
#include <furl/zoo/adafactor.hpp>
#include <furl/zoo/sophia.hpp>

FURL_EXPORT_RULES(furl::rules<furl::zoo::adamw, furl::zoo::adafactor>)
FURL_EXPORT_RULE(furl::zoo::sophia_h)
FURL_EXPORT_RULE(furl::tests::guarded)
FURL_EXPORT_RULE(furl::as<"zeroing", furl::tests::zeroing_sgd>)
