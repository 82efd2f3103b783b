#pragma once

#include <furl/language/expression.hpp>
#include <furl/language/functions.hpp>
#include <furl/language/graph.hpp>
#include <furl/language/leaves.hpp>
#include <furl/language/matrices.hpp>
#include <furl/language/named.hpp>
#include <furl/language/op.hpp>
#include <furl/language/operators.hpp>
#include <furl/language/reductions.hpp>
#include <furl/language/replace.hpp>
#include <furl/language/state.hpp>
