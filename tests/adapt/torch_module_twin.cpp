// A module whose rule has the name of that of examples/torch_extension, and computes something else.
#include <furl/adapt/torch_module.hpp>
#include <furl/blocks/corrections.hpp>
#include <furl/blocks/ema.hpp>
#include <furl/language/language.hpp>

struct my_rule {
    static constexpr auto rate = furl::hyper<"rate">(0.5);
    static constexpr auto size = furl::let<"norm">(furl::global(norm(furl::grad)));
    static constexpr auto m = furl::ema<"m">(furl::grad / size, 0.5);
    static constexpr auto update = furl::param - rate * bias_corrected(m);
};

FURL_TORCH_MODULE(my_rule)  // without policies, as the other module: else their types differ, and nothing could mix
