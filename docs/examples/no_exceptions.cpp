// The section "Without exceptions" of the page "In production"; compiled with -fno-exceptions.

// The page shows the regions as they stand.
// clang-format off
#include <furl/furl.hpp>
#include <furl/zoo/adamw.hpp>

#include <iostream>
#include <vector>

#ifdef __cpp_exceptions
#error "this program is for -fno-exceptions"
#endif

int main() {
    std::vector<float> w(10), g(9);
    furl::optimizer<furl::zoo::adamw> opt(w.size());
// [refused]
if (!opt.step(w, g) && !furl::last_error().empty()) {
    std::cout << furl::last_error() << '\n';
    furl::clear_error();
}
// [refused]
}
