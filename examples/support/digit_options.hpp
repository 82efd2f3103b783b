#pragma once

#include "digits.hpp"
#include "run_example.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

namespace examples {

/// The options --data and --seed of an example on handwritten digits.
struct digit_options {
    std::optional<std::string> data;
    std::uint64_t seed = 1;

    void add_to(CLI::App& app) {
        app.add_option("--data", data, "directory of MNIST files (IDX, plain or .gz); without it, digits are drawn")
            ->type_name("DIR");
        app.add_option("--seed", seed, "of drawing, first weights and order")->check(between(0, 1e15));
    }

    /// Reads the digits, or draws that many, and says so unless it shall not. Errors: file_error.
    digit_data load(std::size_t to_train = 8000, std::size_t to_test = 2000, bool says_so = true) const {
        digit_data digits = data ? read_digits(*data) : draw_digits(to_train, to_test, seed);
        if (says_so) std::printf("digits: %s; %zu to train, %zu to test\n", digits.source.c_str(), digits.train.labels.size(),
                    digits.test.labels.size());
        return digits;
    }
};

}  // namespace examples
