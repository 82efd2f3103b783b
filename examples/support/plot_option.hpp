#pragma once

#include "plot.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

namespace examples {

/// The option --plot FILE of an example that draws.
///
/// Without it the plot goes beside the program, as NAME.svg, and a missing gnuplot is only said; with it, a plot that
/// cannot be drawn is an error, and one of the command line where that can be known.
class plot_option {
  public:
    plot_option(CLI::App& app, const char* program)
        : file_((std::filesystem::path(program).parent_path() / (app.get_name() + ".svg")).string()) {
        const auto drawable = [](const std::string& file) -> std::string {
            const std::string end = std::filesystem::path(file).extension().string();
            if (file == "none") return {};
            if (end != ".svg" && end != ".png" && end != ".pdf") return file + ": a plot is a .svg, .png or .pdf";
            return has_gnuplot() ? std::string() : file + ": cannot be drawn: gnuplot is not installed";
        };
        given_ = app.add_option("--plot", file_, "the plot: a .svg, .png or .pdf file, or none")
                     ->type_name("FILE")
                     ->check(CLI::Validator(drawable, ""));
    }

    bool wanted() const { return file_ != "none" && (given_->count() > 0 || has_gnuplot()); }

    /// Draws, and says where. Errors: those of draw, if the option was given.
    void draw(const std::vector<chart>& charts, std::size_t across = 0) const {
        if (wanted()) {
            examples::draw(file_, charts, across);
            std::printf("plot: %s\n", file_.c_str());
        } else if (file_ != "none") {
            std::printf("no plot: gnuplot is not installed\n");
        }
    }

  private:
    std::string file_;
    CLI::Option* given_;
};

}  // namespace examples
