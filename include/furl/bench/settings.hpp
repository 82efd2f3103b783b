#pragma once

#include <furl/base/finite.hpp>
#include <furl/bench/rounds.hpp>

#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace FURL_NAMESPACE::bench {

/// The command-line settings of a benchmark.
struct settings {
    std::vector<std::size_t> sizes{1'000, 10'000, 100'000, 1'000'000, 10'000'000};  ///< numbers of parameters
    std::vector<std::string> only;  ///< the names of the jobs to run; empty: all
    std::size_t threads = 1;        ///< the largest number of threads
    bool list = false;              ///< print the names of the jobs and stop
    effort time;

    static constexpr const char* usage =
        "  --sizes=N,N...   numbers of parameters, such as 1000,1e6; up to 100: the fixed cost of a step\n"
        "  --only=NAME,...  only these jobs\n"
        "  --list           print the names of the jobs\n"
        "  --threads=N      threads of a step, where a loop can use more than one\n"
        "  --seconds=X      time for one job, about\n"
        "  --rounds=N       how often each loop is measured, whatever time it takes\n"
        "  --sample_ms=X    the least time of one sample\n"
        "  and those of Google Benchmark that begin with --benchmark_out and --benchmark_context\n";
};

namespace detail {

inline std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= list.size();) {
        const auto end = std::min(list.find(',', begin), list.size());
        if (end > begin) parts.emplace_back(list.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

inline double number(std::string_view flag, const std::string& text) {
    char* end = nullptr;
    const auto value = std::strtod(text.c_str(), &end);  // so that 1e6 is a size, too
    if (text.empty() || *end != '\0' || !(value >= 0) || furl::detail::is_infinite(value))
        throw std::invalid_argument(std::string(flag) + ": '" + text + "' is no number");
    return value;
}

inline std::size_t whole_number(std::string_view flag, const std::string& text) {
    const auto value = number(flag, text);
    if (value != std::floor(value) || value >= 0x1p63)
        throw std::invalid_argument(std::string(flag) + ": '" + text + "' is no whole number");
    return static_cast<std::size_t>(value);
}

}  // namespace detail

/// Takes furl's flags out of argv and leaves those of Google Benchmark. Throws std::invalid_argument.
inline settings take_flags(int& argc, char** argv, settings s = {}) {
    int kept = 1;
    for (int i = 1; i < argc; ++i) {
        const std::string_view flag = argv[i];
        const auto name = flag.substr(0, flag.find('='));
        const std::string value(flag.size() > name.size() ? flag.substr(name.size() + 1) : "");
        const auto count = [&] { return detail::whole_number(name, value); };
        if (name == "--sizes") {
            s.sizes.clear();
            for (const auto& part : detail::split(value))
                s.sizes.push_back(detail::whole_number(name, part));
            if (s.sizes.empty()) throw std::invalid_argument("--sizes: no number; write --sizes=1000,1e6");
        } else if (name == "--only") {
            s.only = detail::split(value);
        } else if (name == "--list") {
            s.list = true;
        } else if (name == "--threads") {
            s.threads = std::max<std::size_t>(count(), 1);
        } else if (name == "--seconds") {
            s.time.nanoseconds = detail::number(name, value) * 1e9;
        } else if (name == "--rounds") {
            s.time.rounds = count();
        } else if (name == "--sample_ms") {
            s.time.sample_nanoseconds = detail::number(name, value) * 1e6;
        } else {
            argv[kept++] = argv[i];
        }
    }
    argc = kept;
    return s;
}

}  // namespace furl::bench
