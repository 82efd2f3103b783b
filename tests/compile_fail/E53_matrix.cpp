// expect: furl[E53]: the rule has a function of matrices
#include <furl/furl.hpp>
#include <furl/print/numpy.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/matrix/muon.hpp>

int main() {
#ifdef CORRECTED
    const auto text = furl::numpy<furl::zoo::adamw>();
#else
    const auto text = furl::numpy<furl::zoo::muon>();
#endif
    return text.empty();
}
