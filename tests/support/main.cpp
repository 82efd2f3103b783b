#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

namespace {

constexpr int skipped = 77;

bool cpu_has(std::string_view isa) {
#if defined(__x86_64__) || defined(__i386__)
    if (isa == "avx2") return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
    if (isa == "avx512") return avx512;
    if (isa == "avx512bf16") return avx512 && __builtin_cpu_supports("avx512bf16");
#endif
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    const char* isa = std::getenv("FURL_TEST_ISA");
    if (isa != nullptr && !cpu_has(isa)) {
        std::cout << "skipped: this CPU has no " << isa << '\n';
        return skipped;
    }
    return doctest::Context(argc, argv).run();
}
