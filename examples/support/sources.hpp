#pragma once

#include <furl/print/c.hpp>
#include <furl/print/cuda.hpp>
#include <furl/print/numpy.hpp>
#include <furl/print/opencl.hpp>
#include <furl/print/torch.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace examples {

/// A rule in other languages.
struct source {
    struct text {
        std::string_view language, type;  ///< the type is empty where the text works for float and double
        std::string_view ending;          ///< of the name of a file
        std::string (*print)();
    };
    std::string name;  ///< without namespaces
    std::vector<text> texts;
};

template <class Rule>
source source_of() {
    return {std::string(furl::short_name<Rule>()),
            {{"numpy", "", "numpy.py", &furl::numpy<Rule>},
             {"torch", "", "torch.py", &furl::torch<Rule>},
             {"c", "float", "float.c", &furl::c<Rule, float>},
             {"c", "double", "double.c", &furl::c<Rule, double>},
             {"cuda", "float", "float.cu", &furl::cuda<Rule, float>},
             {"cuda", "double", "double.cu", &furl::cuda<Rule, double>},
             {"opencl", "float", "float.cl.c", &furl::opencl<Rule, float>},
             {"opencl", "double", "double.cl.c", &furl::opencl<Rule, double>}}};
}

/// sources.cpp is compiled once for each part of the zoo, because a compiler needs long for all of it.
inline constexpr std::size_t source_parts = 4;

/// All rules of the zoo that need no matrix engine.
std::vector<source> sources_of_zoo();

}  // namespace examples
