// One AdamW step and nothing else: what bench/codegen.py disassembles.
#include <furl/furl.hpp>
#include <furl/zoo/adamw.hpp>

#include <span>

namespace bench {

void adamw_step(furl::optimizer<furl::zoo::adamw>& opt, std::span<float> param, std::span<const float> grad);

void adamw_step(furl::optimizer<furl::zoo::adamw>& opt, std::span<float> param, std::span<const float> grad) {
    opt.step(param, grad);
}

}  // namespace bench
