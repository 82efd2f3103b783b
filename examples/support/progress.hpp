#pragma once

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>

namespace examples {

/// 75 -> "1:15"
inline std::string minutes(double seconds) {
    const auto whole = static_cast<long>(seconds + 0.5);
    const std::string rest = std::to_string(whole % 60);
    return std::to_string(whole / 60) + (rest.size() < 2 ? ":0" : ":") + rest;
}

/// A progress bar with the time that is left, on a terminal; elsewhere it writes nothing.
///
/// The bar is one line that is written over and over. Call clear() before writing a line of one's own.
class progress_bar {
  public:
    explicit progress_bar(std::size_t total, std::FILE* out = stderr)
        : total_(total), out_(out), visible_(total > 0 && isatty(fileno(out)) == 1) {}
    progress_bar(const progress_bar&) = delete;
    progress_bar& operator=(const progress_bar&) = delete;
    ~progress_bar() { clear(); }

    void advance() {
        ++done_;
        const auto now = clock::now();
        if (!visible_ || now - drawn_ < std::chrono::milliseconds(100)) return;  // drawing must cost nothing
        drawn_ = now;
        draw(std::chrono::duration<double>(now - start_).count());
    }

    void clear() {
        if (!visible_) return;
        std::fputs("\r\x1b[K", out_);
        std::fflush(out_);
    }

  private:
    using clock = std::chrono::steady_clock;

    void draw(double elapsed) {
        constexpr std::size_t width = 40;
        const double share = std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
        const auto full = static_cast<std::size_t>(share * static_cast<double>(width));
        const std::string bar = std::string(full, '#') + std::string(width - full, '.');
        std::fprintf(out_, "\r[%s] %3.0f %%  %s left\x1b[K", bar.c_str(), 100 * share,
                     minutes(elapsed / share * (1 - share)).c_str());
        std::fflush(out_);
    }

    std::size_t total_, done_ = 0;
    std::FILE* out_;
    bool visible_;
    clock::time_point start_ = clock::now(), drawn_ = start_;
};

}  // namespace examples
