#pragma once

#include <furl/bench/rounds.hpp>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace FURL_NAMESPACE::bench {

/// The measurements of a job.
struct outcome {
    std::string name;
    std::size_t parameters;
    double bytes_per_parameter;
    std::vector<std::string> loops;
    std::vector<std::vector<sample>> samples;  ///< one list for each loop

    const std::vector<sample>* find(const std::string& loop) const {
        const auto at = std::find(loops.begin(), loops.end(), loop);
        return at == loops.end() ? nullptr : &samples[static_cast<std::size_t>(at - loops.begin())];
    }

    /// Returns the slower of the two limits: the loop that reads and writes the same memory, or the loop that only divides.
    const std::vector<sample>* limit() const {
        const auto* memory = find("memory");
        const auto* divider = find("divider");
        if (!memory || !divider) return memory ? memory : divider;
        return times(*divider).median > times(*memory).median ? divider : memory;
    }
};

/// Prints outcomes as rows of a Markdown table as they come in. The other loops of a job are compared with its first loop.
class table {
  public:
    static constexpr std::size_t fixed_cost = 100;  ///< up to this many parameters, the call dominates the cost of a step
    static constexpr double noisy = 0.15;           ///< a spread above this allows no conclusion

    explicit table(std::FILE* to) : to_(to) {}

    void add(const outcome& x) {
        if (x.parameters <= fixed_cost) return add_fixed_cost(x);
        if (x.loops != header_) print_header(x.loops);
        std::fprintf(to_, "| %s | %s |", x.name.c_str(), size(x.parameters).c_str());
        for (const auto& s : x.samples)
            std::fprintf(to_, s.empty() ? " |" : " %.3f |", times(s).median / static_cast<double>(x.parameters));
        const auto& first = x.samples.front();
        const auto limit = x.limit();
        const auto spread = limit && limit != &first ? ratios(first, *limit).spread() : times(first).spread();
        std::fprintf(to_, " %.0f %% | %g | %.1f |", 100 * spread, x.bytes_per_parameter,
                     x.bytes_per_parameter * static_cast<double>(x.parameters) / times(first).median);
        if (limit) std::fprintf(to_, " %.0f %% |", 100 / ratios(first, *limit).median);
        else std::fprintf(to_, " |");
        const auto* naive = x.find("naive");
        if (naive && !naive->empty()) std::fprintf(to_, " %.1f |", ratios(*naive, first).median);
        else std::fprintf(to_, " |");
        std::fprintf(to_, " %s |\n", 2 * spread > noisy ? "too noisy to conclude" : "");
        std::fflush(to_);
    }

    static std::string size(std::size_t n) {
        const auto digits = std::to_string(n);
        std::string result;
        for (std::size_t i = 0; i < digits.size(); ++i) {
            if (i > 0 && (digits.size() - i) % 3 == 0) result += ',';
            result += digits[i];
        }
        return result;
    }

  private:
    std::FILE* to_;
    std::vector<std::string> header_;

    void print_header(const std::vector<std::string>& loops) {
        std::fprintf(to_, "%sns per parameter: medians of interleaved rounds; spread: half of the distance between the "
                          "quartiles.\n\n| rule | parameters |", header_.empty() ? "" : "\n");
        header_ = loops;
        for (const auto& l : loops) std::fprintf(to_, " %s |", l.c_str());
        std::fprintf(to_, " spread | bytes | GB/s | share of the limit | faster than naive | |\n| --- | ---: |");
        for (std::size_t i = 0; i < loops.size() + 5; ++i) std::fprintf(to_, " ---: |");
        std::fprintf(to_, " --- |\n");
    }

    void add_fixed_cost(const outcome& x) {
        header_.clear();
        std::fprintf(to_, "%s: a step of %zu parameters takes, in ns:", x.name.c_str(), x.parameters);
        for (std::size_t i = 0; i < x.loops.size(); ++i)
            if (!x.samples[i].empty() && x.loops[i] != "memory" && x.loops[i] != "divider")
                std::fprintf(to_, " %s %.0f", x.loops[i].c_str(), times(x.samples[i]).median);
        std::fprintf(to_, "\n");
        std::fflush(to_);
    }
};

}  // namespace furl::bench
