// The page "A rule in other languages": prints what its first argument names.

// The page shows the regions as they stand.
// clang-format off
#include <furl/blocks/blocks.hpp>
#include <furl/language/language.hpp>
// [include]
#include <furl/print/numpy.hpp>
#include <furl/print/torch.hpp>
#include <furl/print/c.hpp>
#include <furl/print/cuda.hpp>
#include <furl/print/opencl.hpp>
// [include]

#include <iostream>
#include <string_view>

// [rule]
struct clipped_momentum {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto m = furl::ema<"m">(furl::clip_by_norm(furl::grad, 1.0), furl::hyper<"beta">(0.9));
    static constexpr auto update = furl::param - lr * m;
};
// [rule]

int main(int, char** arguments) {
    const std::string_view what = arguments[1] ? arguments[1] : "numpy";
    if (what == "numpy") {
        // [print]
        std::cout << furl::numpy<clipped_momentum>();
        // [print]
    }
    if (what == "torch") std::cout << furl::torch<clipped_momentum>();
    if (what == "c") std::cout << furl::c<clipped_momentum>();
    if (what == "cuda") std::cout << furl::cuda<clipped_momentum>();
    if (what == "opencl") std::cout << furl::opencl<clipped_momentum>();
}
