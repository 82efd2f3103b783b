// The rules that compare.py measures.
#include <furl/adapt/torch_module.hpp>
#include <furl/blocks/clip.hpp>
#include <furl/language/language.hpp>
#include <furl/zoo/adamw.hpp>

namespace {

struct clipped_adamw {
    static constexpr auto max_norm = furl::hyper<"max_norm">(1.0);
    static constexpr auto update = furl::replace(furl::zoo::adamw::update, furl::grad, furl::clip_by_global_norm(furl::grad, max_norm));
};

}  // namespace

PYBIND11_MODULE(TORCH_EXTENSION_NAME, module) {
    furl::add_torch_optimizer<furl::zoo::adamw, furl::torch_types<float>>(module, "AdamW");
    furl::add_torch_optimizer<clipped_adamw, furl::torch_types<float>>(module, "ClippedAdamW");
}
