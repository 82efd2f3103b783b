#include "stability_picture.hpp"

#include "html.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace docs {

namespace {

std::string text(double x, double y, std::string_view anchor, const std::string& what) {
    return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\"" +
           (anchor == "start" ? "" : " text-anchor=\"" + std::string(anchor) + "\"") + ">" + what + "</text>\n";
}

std::string line(double x1, double y1, double x2, double y2, std::string_view what = "") {
    return "<path" + std::string(what) + " d=\"M" + number(x1, 4) + "," + number(y1, 4) + "L" + number(x2, 4) + "," + number(y2, 4) +
           "\"/>\n";
}

// The momentum to the right, the product of learning rate and curvature upwards.
class picture {
  public:
    picture(double smallest, double largest, double right) : right_(right), is_logarithmic_(largest > 6 * smallest) {
        low_ = is_logarithmic_ ? std::log(smallest / 1.4) : 0;
        high_ = is_logarithmic_ ? std::log(largest * 1.4) : 1.2 * largest;
    }

    double x(double momentum) const { return left + (right_ - left) * momentum; }
    double y(double product) const {
        const double value = is_logarithmic_ ? std::log(product) : product;
        return bottom - (bottom - top) * (value - low_) / (high_ - low_);
    }

    std::string curve(const std::vector<std::pair<double, double>>& points) const {
        std::string path;
        for (const auto& [momentum, product] : points)
            path += (path.empty() ? "M" : "L") + number(x(momentum), 4) + "," + number(y(product), 4);
        return path;
    }

    std::string axes(const std::string& momentum) const {
        std::string result = line(left, bottom, right_, bottom) + line(left, top, left, bottom);
        for (const double at : {0.0, 0.5, 0.9, 1.0}) result += text(x(at), bottom + 16, "middle", number(at));
        for (const double at : ticks()) result += line(left - 4, y(at), left, y(at)) + text(left - 8, y(at) + 4, "end", number(at, 6));
        return result + text((x(0.5) + x(0.9)) / 2, bottom + 16, "middle", momentum) + text(left + 8, top + 10, "start", "lr × curvature");
    }

    static constexpr double left = 48, top = 8, bottom = 190;

  private:
    std::vector<double> ticks() const {
        std::vector<double> result;
        const double span = high_ - low_;
        if (is_logarithmic_) {
            // Powers of 10, and between them 2 and 5, if there is room.
            const bool is_wide = span > std::log(200.0);
            for (double power = 1e-9; power < 1e9; power *= 10)
                for (const double digit : {1.0, 2.0, 5.0})
                    if (const double at = std::log(power * digit); at > low_ && at < high_ && (digit == 1 || !is_wide))
                        result.push_back(power * digit);
            return result;
        }
        const double power = std::pow(10, std::floor(std::log10(span)));
        const double step = span / power > 5 ? 2 * power : span / power > 2 ? power : power / 2;
        for (double at = 0; at < high_; at += step) result.push_back(at);
        return result;
    }

    double right_;
    bool is_logarithmic_;
    double low_, high_;
};

std::string svg(int width, const std::string& content) {
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + std::to_string(width) + "\" height=\"216\" viewBox=\"0 0 " +
           std::to_string(width) +
           " 216\">\n<style>text{font:12px ui-sans-serif,system-ui,sans-serif;fill:#26363a}path{fill:none;stroke:#778}"
           ".c{stroke:#0b6e75;stroke-width:2}.s{fill:#0b6e75;fill-opacity:.15;stroke:none}</style>\n" +
           content + "</svg>\n";
}

double smallest_of(const std::vector<std::pair<double, double>>& limits) {
    return std::ranges::min(limits, {}, &std::pair<double, double>::second).second;
}
double largest_of(const std::vector<std::pair<double, double>>& limits) {
    return std::ranges::max(limits, {}, &std::pair<double, double>::second).second;
}

}  // namespace

std::string draw_stability(const stability& rule) {
    const picture p(smallest_of(rule.limits), largest_of(rule.limits), 440);
    const auto path = p.curve(rule.limits);
    const double end = p.x(rule.limits.back().first), x = p.x(rule.momentum_default), y = p.y(rule.limit);
    auto content = "<path class=\"s\" d=\"" + path + "V" + number(p.bottom) + "H" + number(p.x(0)) + "z\"/>\n";
    content += p.axes(std::string(rule.momentum)) + "<path class=\"c\" d=\"" + path + "\"/>\n";
    content += line(x, p.bottom, x, y, " stroke-dasharray=\"3 3\"");
    content += "<circle cx=\"" + number(x, 4) + "\" cy=\"" + number(y, 4) + "\" r=\"4\" fill=\"#0b6e75\"/>\n";
    content += text(x - 8, y - 8, "end", number(rule.limit));
    content += text((p.x(0) + end) / 2, p.bottom - 12, "middle", "stable");
    return svg(460, content);
}

std::string draw_stability(const std::vector<stability_curve>& curves) {
    double smallest = smallest_of(curves[0].limits), largest = largest_of(curves[0].limits);
    for (const auto& c : curves) {
        smallest = std::min(smallest, smallest_of(c.limits));
        largest = std::max(largest, largest_of(c.limits));
    }
    const picture p(smallest, largest, 440);
    auto content = p.axes("momentum");
    for (const auto& c : curves) {
        content += "<path class=\"c\" d=\"" + p.curve(c.limits) + "\"/>\n";
        content += text(p.x(c.limits.back().first) + 8, p.y(c.limits.back().second) + 4, "start", c.label);
    }
    return svg(640, content);
}

std::string stability_in_words(const stability& rule) {
    const std::string link = "<a href=\"choosing.html#choosing_stability\">";
    if (!rule.reason.empty()) return "<p>It has no " + link + "limit</a>: " + std::string(rule.reason) + ".</p>\n";
    std::string result = "<p>Stable for " + link + "lr × curvature</a> below <b>" + number(rule.limit) + "</b>";
    for (const auto& [state, power] : rule.held) {
        const auto rounded = std::round(100 * power) / 100;
        if (rounded == 0) continue;
        const auto name = "<code>" + escaped(state) + "</code>";
        result += rounded == 0.5 ? " √" + name : rounded == 1 ? " " + name : " " + name + "<sup>" + number(rounded) + "</sup>";
    }
    return result + ".</p>\n";
}

}  // namespace docs
