#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace examples {

/// A curve of a chart. Values that are not finite make a gap.
struct curve {
    std::string name = {};  ///< in the legend; empty: not there
    std::vector<double> x = {}, y = {};
    std::vector<double> low = {}, high = {};  ///< a band around the curve; empty: none
    enum { line, points, both } drawn = line;
};

/// A function of two variables, drawn as contour lines below the curves.
struct contours {
    std::function<double(double, double)> height;
    std::vector<double> levels;
};

struct chart {
    using range = std::pair<double, double>;

    std::string title = {}, x_label = {}, y_label = {};
    std::vector<curve> curves = {};
    bool log_x = false, log_y = false;
    std::optional<range> x_range = {}, y_range = {};  ///< by default, that of the curves
    std::optional<contours> below = {};               ///< needs both ranges
    const char* legend = "top right";                 ///< gnuplot's words for its place, "bottom left" say; "off"
};

namespace detail {

/// A text as gnuplot quotes it, where nothing in it has a meaning.
inline std::string quoted(const std::string& text) {
    std::string result = "'";
    for (const char c : text) result += c == '\'' ? std::string("''") : std::string(1, c);
    return result + "'";
}

/// A text as one word of the shell.
inline std::string shell_word(const std::string& text) {
    std::string result = "'";
    for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return result + "'";
}

/// What gnuplot is told, piece by piece.
class gnuplot_script {
  public:
    void add(const chart& drawn) {
        const std::string block = "$chart" + std::to_string(++charts_);
        put("reset; set border 3 lc rgb '#808080'; set tics nomirror textcolor rgb '#404040'\n");
        put("set grid lc rgb '#e4e4e4' lt 1; set key " + std::string(drawn.legend) + "\n");
        if (drawn.legend != std::string("off")) put("set key noenhanced Left reverse opaque samplen 2\n");
        put("set title " + quoted(drawn.title) + " noenhanced; set xlabel " + quoted(drawn.x_label) +
            " noenhanced; set ylabel " + quoted(drawn.y_label) + " noenhanced\n");
        for (const auto& [axis, logarithmic, range] :
             {std::tuple("x", drawn.log_x, drawn.x_range), {"y", drawn.log_y, drawn.y_range}}) {
            if (logarithmic) put(std::string("set logscale ") + axis + "; set format " + axis + " '10^{%T}'\n");
            if (range)
                put(std::string("set ") + axis + "range [" + number(range->first) + ":" + number(range->second) +
                    "]\n");
        }
        std::string plots;
        if (drawn.below) plots = add_contours(drawn, block);
        for (std::size_t i = 0; i < drawn.curves.size(); ++i) {
            const curve& c = drawn.curves[i];
            const std::string data = block + "_" + std::to_string(i), color = colors[i % colors.size()];
            const bool band = !c.low.empty();
            put(data + " << EOD\n");
            for (std::size_t k = 0; k < std::min(c.x.size(), c.y.size()); ++k) {
                put(number(c.x[k]) + " " + number(c.y[k]));
                put(band ? " " + number(c.low[k]) + " " + number(c.high[k]) + "\n" : "\n");
            }
            put("EOD\n");
            if (band) {
                plots += ", " + data + " using 1:3:4 with filledcurves fill transparent solid 0.18 noborder lc rgb '" +
                         color + "' notitle";
            }
            constexpr std::array styles{"lines lw 1.8", "points pt 7 ps 0.35", "linespoints lw 1.5 pt 7 ps 0.4"};
            plots += ", " + data + " using 1:2 with " + styles[c.drawn] + " lc rgb '" + color + "' " +
                     (c.name.empty() ? "notitle" : "title " + quoted(c.name));
        }
        if (!plots.empty()) put("plot " + plots.substr(2) + "\n");
    }

    void put(const std::string& text) { text_ += text; }
    const std::string& text() const { return text_; }

  private:
    static std::string number(double value) {
        if (!std::isfinite(value)) return "NaN";
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), "%.8g", value);
        return text.data();
    }

    std::string add_contours(const chart& drawn, const std::string& block) {
        constexpr int cells = 120;
        const chart::range x = drawn.x_range.value(), y = drawn.y_range.value();
        const auto at = [](const chart::range& r, int i) { return r.first + (r.second - r.first) * i / cells; };
        put(block + "_grid << EOD\n");
        for (int j = 0; j <= cells; ++j) {
            for (int i = 0; i <= cells; ++i) {
                put(number(at(x, i)) + " " + number(at(y, j)) + " " + number(drawn.below->height(at(x, i), at(y, j))) +
                    "\n");
            }
            put("\n");
        }
        std::string levels;
        for (const double level : drawn.below->levels) levels += (levels.empty() ? "" : ",") + number(level);
        // Lines that go beyond the ranges of a logarithmic z would vanish: the heights are as they are.
        put("EOD\nset contour base; unset surface; set cntrparam levels discrete " + levels + "\nset table " + block +
            "_lines\nsplot " + block + "_grid with lines\nunset table; unset contour\n");
        return ", " + block + "_lines using 1:2 with lines lw 0.8 lc rgb '#b8b8b8' notitle";
    }

    // The colours of Okabe and Ito, which the colour-blind tell apart, and four more.
    static constexpr std::array colors{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9",
                                       "#000000", "#8c564b", "#7f7f7f", "#9467bd", "#bcbd22"};
    std::string text_;
    std::size_t charts_ = 0;
};

}  // namespace detail

inline bool has_gnuplot() { return std::system("gnuplot --version >/dev/null 2>&1") == 0; }

/// Draws charts side by side, by gnuplot.
///
/// @param file    ends in .svg, .png or .pdf; is written over.
/// @param charts  what is drawn, from left to right.
/// @param across  how many in a row; 0: all.
/// Errors:  std::runtime_error if the name has another end, the file cannot be written, or gnuplot fails or is missing.
inline void draw(const std::string& file, const std::vector<chart>& charts, std::size_t across = 0) {
    const std::size_t columns = across == 0 ? std::max<std::size_t>(charts.size(), 1) : across;
    const std::size_t rows = (charts.size() + columns - 1) / columns;
    const std::size_t width = columns == 1 ? 640 : 480 * columns, height = 360 * rows;
    const std::string end = std::filesystem::path(file).extension().string();
    std::string terminal;
    if (end == ".svg") terminal = "svg font 'sans-serif,13' background 'white'";
    else if (end == ".png") terminal = "pngcairo font 'sans,10'";
    else if (end == ".pdf") terminal = "pdfcairo font 'sans,10'";
    else throw std::runtime_error(file + ": a plot is a .svg, .png or .pdf");
    const bool in_inches = end == ".pdf";
    const auto size = [&](std::size_t pixels) {
        return in_inches ? std::to_string(static_cast<double>(pixels) / 80) : std::to_string(pixels);
    };

    detail::gnuplot_script script;
    script.put("set terminal " + terminal + " size " + size(width) + "," + size(height) + "\n");
    script.put("set output " + detail::quoted(file) + "\n");
    script.put("set multiplot layout " + std::to_string(rows) + "," + std::to_string(columns) + "\n");
    for (const chart& c : charts) script.add(c);
    script.put("unset multiplot; unset output\n");

    if (!std::ofstream(file, std::ios::app)) throw std::runtime_error(file + ": cannot be written");
    if (!has_gnuplot()) throw std::runtime_error(file + ": not drawn: gnuplot is not installed");
    // By a file and not by a pipe: a gnuplot that gives up early would end this program with it.
    const std::string script_file = file + ".gnuplot";
    std::ofstream(script_file) << script.text();
    const int status = std::system(("gnuplot " + detail::shell_word(script_file) + " 2>/dev/null").c_str());
    std::filesystem::remove(script_file);
    if (status != 0) throw std::runtime_error(file + ": gnuplot failed");
}

}  // namespace examples
