#include "support/csv.hpp"
#include "tests/scratch_files.hpp"

#include <doctest/doctest.h>

namespace {

TEST_CASE("what write_csv wrote, read_csv reads to the same bits") {
    const examples::scratch_files scratch;
    examples::number_table table{{"a", "b"}, Eigen::MatrixXd(2, 2)};
    table.values << 1.0 / 3, -1e-300, 12345678901234567.0, 0.1;
    const std::string file = (scratch.path() / "table.csv").string();
    examples::write_csv(file, table);
    const examples::number_table again = examples::read_csv(file);
    CHECK(again.names == table.names);
    CHECK(again.values == table.values);
}

TEST_CASE("a CSV file may have quotes, spaces, empty lines and the line ends of Windows") {
    const examples::scratch_files scratch;
    const auto table = examples::read_csv(scratch.plain("table.csv", "\"x\", y\r\n\r\n 1 ,\"2\"\r\n-3e1,+4\r\n"));
    CHECK(table.names == std::vector<std::string>{"x", "y"});
    CHECK(table.values == (Eigen::MatrixXd(2, 2) << 1, 2, -30, 4).finished());
}

TEST_CASE("a CSV file that cannot be written is an error that names it") {
    CHECK_THROWS_WITH_AS(examples::write_csv("/no/such/file.csv", {}), "/no/such/file.csv: cannot be written",
                         examples::file_error);
}

}  // namespace
