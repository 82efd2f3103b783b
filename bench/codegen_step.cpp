// One step of a rule and nothing else: what bench/codegen.py disassembles.
#include <furl/furl.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/amsgrad.hpp>
#include <furl/zoo/sgd_momentum.hpp>

#include <span>

namespace bench {

using rule = furl::zoo::RULE;

void step(furl::optimizer<rule>& opt, std::span<float> param, std::span<const float> grad);

void step(furl::optimizer<rule>& opt, std::span<float> param, std::span<const float> grad) {
    opt.step(param, grad);
}

}  // namespace bench
