#pragma once

#include <furl/language/leaves.hpp>
#include <furl/print/c.hpp>
#include <furl/print/numpy.hpp>
#include <furl/print/torch.hpp>

#include <functional>
#include <string>
#include <vector>

// Rules as texts in other languages. sources.cpp writes them to files, and sources.py runs these.
namespace furl::tests {

/// A rule as texts: the ending of each file, and what is in it.
struct source {
    struct text {
        const char* ending;
        std::string (*make)();
    };
    std::string name;
    std::vector<text> texts;
};

/// The rules of all units of this program.
inline std::vector<source>& sources() {
    static std::vector<source> all;
    return all;
}

template <class Rule>
source source_of() {
    return {std::string(short_name<Rule>()),
            {{"numpy.py", &furl::numpy<Rule>}, {"torch.py", &furl::torch<Rule>}, {"double.c", &furl::c<Rule, double>}, {"float.c", &furl::c<Rule, float>}}};
}

/// A global of this type puts its rules there.
template <class... Rules>
struct printed {
    printed() { (sources().push_back(source_of<Rules>()), ...); }
};

}  // namespace furl::tests
