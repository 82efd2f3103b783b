// expect: furl[E48]: furl needs C++20, and this is compiled as an older C++; compile with -std=c++20.
#ifndef CORRECTED
#undef __cplusplus
#define __cplusplus 201703L
#endif
#include <furl/furl.hpp>

int main() { return 0; }
