#pragma once

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <new>
#include <string>

namespace examples {

/// Accepts numbers from low to high, and not NaN.
inline CLI::Validator between(double low, double high) {
    const auto check = [=](const std::string& text) -> std::string {
        double value = 0;
        if (CLI::detail::lexical_cast(text, value) && value >= low && value <= high) return {};
        char range[80];
        std::snprintf(range, sizeof range, " is not a number from %g to %g", low, high);
        return text + range;
    };
    return CLI::Validator(check, "");
}

/// What the help of every example looks like.
inline void setup(CLI::App& app) {
    app.get_formatter()->column_width(26);
    app.option_defaults()->always_capture_default();
}

/// The main function of an example: reads the options, and turns whatever goes wrong into one line and exit code 1.
///
/// @param app   knows the options; its name begins the line.
/// @param body  does the work, once the options are read.
template <class Body>
int run_example(CLI::App& app, int argc, char** argv, Body body) {
    const auto fail = [&](const char* why) {
        std::fflush(stdout);
        std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), why);
        return 1;
    };
    try {
        app.parse(argc, argv);
        body();
    } catch (const CLI::Success& help) {
        return app.exit(help);
    } catch (const CLI::ParseError& error) {
        return fail((error.what() + std::string(" (--help lists the options)")).c_str());
    } catch (const std::bad_alloc&) {
        return fail("not enough memory");
    } catch (const std::exception& error) {
        return fail(error.what());
    }
    return 0;
}

}  // namespace examples
