// Compiled for x86-64-v3.
#include <furl/adapt/export_rule.hpp>

FURL_RULE_LEVEL(v3)
