#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>
#include <furl/print/dot.hpp>
#include <furl/print/explain.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/sgd.hpp>

#include <doctest/doctest.h>

namespace rules {

using namespace furl;

struct guarded {
    static constexpr auto n = let<"n">(global(norm(grad)));
    static constexpr auto scale = ema<"scale">(norm(grad), 0.9);
    static constexpr auto update = skip_unless(n < 1e6, param - hyper<"lr">(0.1) * grad / scale);
};

}  // namespace rules

TEST_CASE("explain prints the plan of a rule") {
    CHECK(furl::explain<furl::zoo::adamw>() ==
          R"(furl::zoo::adamw: 1 pass over memory, 28 bytes per parameter (float)

equations
  m       = beta1 * previous(m) + (1 - beta1) * grad
  v       = beta2 * previous(v) + (1 - beta2) * square(grad)
  updated = param * (1 - lr * weight_decay) - lr * (bias_corrected(m) / (sqrt(bias_corrected(v)) + eps))

states
  m: one value per parameter, starts at 0
  v: one value per parameter, starts at 0

hyperparameters
  lr = 0.001, weight_decay = 0.01, beta1 = 0.9, beta2 = 0.999, eps = 1e-08

step
  pass 1: reads param, grad, m, v; writes param, m, v
  per parameter: 4 loads, 3 stores, 4 fused multiply-adds, 4 multiplications, 1 division, 1 square root
  per step: 12 operations, in double
)");
}

TEST_CASE("explain says what a guard and a reduction do, and in which element type") {
    CHECK(furl::explain<rules::guarded, double>() ==
          R"(rules::guarded: 2 passes over memory, 32 bytes per parameter (double)

equations
  scale   = 0.9 * previous(scale) + (1 - 0.9) * norm(grad)
  n       = global(norm(grad))
  updated = param - lr * grad / scale

states
  scale: one value per tensor, starts at 0

hyperparameters
  lr = 0.1

step
  skipped, with nothing written, unless n < 1e+06
  pass 1: reads grad; writes nothing
  pass 2: reads param, grad; writes param
  per parameter: 3 loads, 1 store, 1 fused multiply-add, 1 multiplication, 2 reductions
  per step: 9 operations, in double
)");
}

namespace {

struct quoted_name {
    static constexpr auto update = furl::param - furl::hyper<"the \"lr\" \\n">(0.1);
};

}  // namespace

TEST_CASE("dot escapes quotes and backslashes in names") {
    CHECK(furl::dot<quoted_name>().find(R"([label="the \"lr\" \\n", color=gray)") != std::string::npos);
}

TEST_CASE("dot draws memory as boxes, values per step in grey") {
    CHECK(furl::dot<furl::zoo::sgd>() ==
          R"(digraph {
  rankdir=LR
  node [fontname="Helvetica"]
  v0 [label="param", shape=box]
  v1 [label="lr", color=gray, fontcolor=gray40]
  v2 [label="grad", shape=box]
  v3 [label="fnma"]
  v1 -> v3
  v2 -> v3
  v0 -> v3
  s0 [label="updated", shape=box, style=bold]
  v3 -> s0
}
)");
}
