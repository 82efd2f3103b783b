#pragma once

// The zoo has doors of its own: furl/zoo/adam.hpp for one optimizer, furl/zoo/zoo.hpp for all. A rule is evaluated where it
// is defined, and all of them together take a compiler some seconds.

#include <furl/blocks/blocks.hpp>
#include <furl/control/loss_scale.hpp>
#include <furl/control/reduce_on_plateau.hpp>
#include <furl/language/language.hpp>
#include <furl/memory/tensor_arena.hpp>
#include <furl/memory/zero_gradients.hpp>
#include <furl/optimizer.hpp>
#include <furl/optimizer/numerics.hpp>
#include <furl/print/print.hpp>
#include <furl/program/cost.hpp>
#include <furl/zoo/names.hpp>
