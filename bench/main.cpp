// Measures the jobs that the other files register.
#include <furl/bench/run.hpp>

int main(int argc, char** argv) {
    return furl::bench::run(argc, argv, furl::bench::registered());
}
