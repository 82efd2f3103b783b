#pragma once

#include <furl/print/describe.hpp>
#include <furl/print/dot.hpp>
#include <furl/print/explain.hpp>
#include <furl/print/latex.hpp>
#include <furl/print/listing.hpp>
#include <furl/print/numerics.hpp>
#include <furl/print/rule_info.hpp>
#include <furl/print/text.hpp>
#include <furl/print/type_name.hpp>
#include <furl/print/words.hpp>
