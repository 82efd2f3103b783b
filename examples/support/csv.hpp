#pragma once

#include "file_error.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace examples {

/// Numbers in named columns.
struct number_table {
    std::vector<std::string> names;  ///< one per column
    Eigen::MatrixXd values;          ///< a row per line of the file
};

namespace detail {

inline std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells(1);
    for (const char c : line) {
        if (c == ',') cells.emplace_back();
        else if (c != '\r' && c != '"') cells.back() += c;
    }
    for (std::string& cell : cells) {
        cell.erase(0, cell.find_first_not_of(" \t"));
        cell.erase(cell.find_last_not_of(" \t") + 1);
    }
    return cells;
}

inline bool read_number(const std::string& text, double& value) {
    try {
        std::size_t end = 0;
        value = std::stod(text, &end);
        return end == text.size();
    } catch (const std::logic_error&) {
        return false;
    }
}

}  // namespace detail

/// A CSV file of numbers: a line of names, then a line per sample, with commas. Lines that are empty do not count.
///
/// Errors:  file_error, with the number of the line: a missing file, no names, a line of another length, what is no
///          finite number, no samples.
inline number_table read_csv(const std::string& file) {
    std::ifstream in(file);
    if (!in) throw file_error(file, "cannot be opened");
    number_table table;
    std::vector<double> values;
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        const std::vector<std::string> cells = detail::cells_of(line);
        const std::string where = "line " + std::to_string(number);
        double value = 0;
        if (table.names.empty()) {
            if (std::ranges::any_of(cells, [&](const auto& cell) { return detail::read_number(cell, value); })) {
                throw file_error(file, where + ": a number, where the names of the columns are expected");
            }
            table.names = cells;
            continue;
        }
        if (cells.size() != table.names.size()) {
            throw file_error(file, where + ": " + std::to_string(cells.size()) + " values, but " +
                                       std::to_string(table.names.size()) + " columns");
        }
        for (const std::string& cell : cells) {
            if (!detail::read_number(cell, value) || !std::isfinite(value)) {
                throw file_error(file, where + ": '" + cell + "' is no finite number");
            }
            values.push_back(value);
        }
    }
    if (in.bad()) throw file_error(file, "cannot be read");
    if (values.empty()) throw file_error(file, "no samples");
    const auto columns = static_cast<Eigen::Index>(table.names.size());
    using rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    table.values = Eigen::Map<const rows>(values.data(), static_cast<Eigen::Index>(values.size()) / columns, columns);
    return table;
}

/// Writes a file that read_csv reads to the same bits. Errors: file_error.
inline void write_csv(const std::string& file, const number_table& table) {
    std::ofstream out(file);
    if (!out) throw file_error(file, "cannot be written");
    for (std::size_t i = 0; i < table.names.size(); ++i) out << (i == 0 ? "" : ",") << table.names[i];
    out << '\n';
    for (const auto& row : table.values.rowwise()) {
        for (Eigen::Index i = 0; i < row.size(); ++i) {
            char text[32];
            std::snprintf(text, sizeof text, "%.17g", row[i]);
            out << (i == 0 ? "" : ",") << text;
        }
        out << '\n';
    }
    if (!out.flush()) throw file_error(file, "cannot be written");
}

}  // namespace examples
