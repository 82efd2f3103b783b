// expect: furl[E49]: with -ffast-math (which -Ofast sets) a compiler reorders sums and replaces divisions
#ifndef CORRECTED
#define __FAST_MATH__ 1
#endif
#include <furl/furl.hpp>

int main() { return 0; }
