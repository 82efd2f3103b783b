// Weights out of files that other programs wrote, and headers of many tensors; without an optimizer.
#include <furl/checkpoint/load_tensors.hpp>

#include <support/messages.hpp>
#include <support/scratch.hpp>

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

using namespace furl;
using furl::tests::message_of;
using furl::tests::scratch;

namespace {

using bytes = std::vector<std::byte>;

struct entry {
    std::string name, dtype;
    std::vector<std::size_t> shape;
    std::string data;
};

template <class E>
std::string raw(std::initializer_list<E> values) {
    return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(E)};
}

// A file as other programs write it: in the given order, with spaces and without a checksum.
bytes file_of(const std::vector<entry>& entries, const std::string& metadata = R"("__metadata__": {"format": "pt"})") {
    std::string header = "{" + metadata, data;
    for (const auto& e : entries) {
        header += std::string(header.size() > 1 ? ", " : "") + '"' + e.name + R"(": {"dtype": ")" + e.dtype + R"(", "shape": )" +
                  detail::describe(e.shape) + R"(, "data_offsets": [)" + std::to_string(data.size()) + ", " +
                  std::to_string(data.size() + e.data.size()) + "]}";
        data += e.data;
    }
    header += "}";
    std::string text(8, '\0');
    for (std::size_t k = 0; k < 8; ++k) text[k] = static_cast<char>((header.size() >> (8 * k)) & 255);
    text += header + data;
    const auto all = std::as_bytes(std::span(text));
    return {all.begin(), all.end()};
}

bytes model() {
    return file_of({{"wte.weight", "F32", {2, 3}, raw<float>({1, 2, 3, 4, 5, 0.1f})},
                    {"h.0.bias", "BF16", {2}, raw<std::uint16_t>({0x3f80, 0xc040})},      // 1, -3
                    {"h.0.half", "F16", {3}, raw<std::uint16_t>({0x3c00, 0x0001, 0xfbff})},  // 1, 2^-24, -65504
                    {"h.0.mask", "BOOL", {4}, std::string(4, '\1')},
                    {"ids", "I64", {1}, std::string(8, '\2')},
                    {"exact", "F64", {4}, raw<double>({1.0 / 3, 1 + 0x1p-8 + 0x1p-40, 1e300, -0.0})}});
}

}  // namespace

TEST_CASE("tensors of any file are loaded by name into any type of numbers, rounded to the nearest") {
    const auto file = model();
    std::vector<float> wte(6), bias(2), half(3), exact(4);
    CHECK(load_tensors(file, {"exact", "wte.weight", "h.0.half", "h.0.bias"},
                       std::array{std::span(exact), std::span(wte), std::span(half), std::span(bias)}));
    CHECK(wte == std::vector<float>{1, 2, 3, 4, 5, 0.1f});
    CHECK(bias == std::vector<float>{1, -3});
    CHECK(half == std::vector<float>{1, 0x1p-24f, -65504});
    CHECK(exact[0] == 1.0f / 3);
    CHECK((std::isinf(exact[2]) && exact[2] > 0));
    CHECK(std::signbit(exact[3]));
    std::vector<double> doubles(4);
    CHECK(load_tensors(file, {"exact"}, doubles));
    CHECK(doubles == std::vector<double>{1.0 / 3, 1 + 0x1p-8 + 0x1p-40, 1e300, -0.0});
    std::vector<bfloat16> narrow(4);
    CHECK(load_tensors(file, {"exact"}, narrow));
    CHECK(narrow[0].bits == 0x3eab);  // 0.333984375
    CHECK(narrow[1].bits == 0x3f81);  // above the middle of two, by less than a float knows
    CHECK(narrow[2].bits == 0x7f80);
    std::vector<float16> halves(6);
    CHECK(load_tensors(file, {"wte.weight"}, halves));
    CHECK((halves[0].bits == 0x3c00 && halves[5].bits == 0x2e66));  // 0.0999755859375
}

TEST_CASE("a double is rounded once on its way to 16 bits") {
    // Just above, at and just below the middle between two neighbours, of each sign.
    for (double sign : {1.0, -1.0}) {
        const auto rounded = [&](double x) { return bfloat16(detail::cut_to_odd(sign * x)).bits & 0x7fff; };
        CHECK(rounded(1 + 0x1p-8 + 0x1p-40) == 0x3f81);
        CHECK(rounded(1 + 0x1p-8) == 0x3f80);
        CHECK(rounded(1 + 0x1p-8 - 0x1p-40) == 0x3f80);
        CHECK(rounded(1 + 3 * 0x1p-8) == 0x3f82);
        CHECK(rounded(1 + 3 * 0x1p-8 - 0x1p-40) == 0x3f81);
        CHECK(rounded(1e-300) == 0);
    }
    CHECK(std::isnan(static_cast<float>(bfloat16(detail::cut_to_odd(std::numeric_limits<double>::quiet_NaN())))));
}

TEST_CASE("a tensor that does not fit is refused by name, with the nearest, and nothing is written") {
    const auto file = model();
    std::vector<float> a(6, 7), b(2, 7);
    const auto loading = [&](std::vector<std::string> names, std::vector<std::vector<std::size_t>> shapes = {}) {
        return message_of([&] { load_tensors(file, names, std::array{std::span(a), std::span(b)}, shapes); });
    };
    CHECK(loading({"wte.wieght", "h.0.bias"}) ==
          "furl: load_tensors, in memory: it has no tensor 'wte.wieght', did you mean 'wte.weight'? It has 6: exact, "
          "h.0.bias, h.0.half, h.0.mask, ids, wte.weight");
    CHECK(loading({"wte.weight", "h.0.half"}).find("'h.0.half' is F16 [3], expected 2 elements") != std::string::npos);
    CHECK(loading({"wte.weight", "ids"}).find("'ids' is I64 [1], expected F64, F32, F16 or BF16") != std::string::npos);
    CHECK(loading({"wte.weight", "h.0.mask"}).find("BOOL [4]") != std::string::npos);
    CHECK(loading({"wte.weight"}).find("1 names are given, for 2 tensors") != std::string::npos);
    CHECK(loading({"wte.weight", "h.0.bias"}, {{3, 2}, {2}}).find("'wte.weight' is F32 [2, 3], expected the shape [3, 2]") != std::string::npos);
    CHECK(loading({"wte.weight", "h.0.bias"}, {{2, 3}}).find("1 shapes are given") != std::string::npos);
    CHECK((a == std::vector<float>(6, 7) && b == std::vector<float>(2, 7)));
    CHECK(loading({"wte.weight", "h.0.bias"}, {{2, 3}, {2}}) == "no exception");
    CHECK((a[5] == 0.1f && b[1] == -3));
}

TEST_CASE("a path, a stream and memory are read as the same; a stream keeps what follows") {
    const scratch dir;
    const auto file = model();
    const std::string text(reinterpret_cast<const char*>(file.data()), file.size());
    std::ofstream(dir / "model", std::ios::binary) << text;
    std::istringstream two(text + text + "rest");
    for (int i = 0; i < 4; ++i) {
        std::vector<float> w(6);
        if (i == 0) CHECK(load_tensors(dir / "model", {"wte.weight"}, w));
        else if (i == 1) CHECK(load_tensors(std::span(file), {"wte.weight"}, w));
        else CHECK(load_tensors(two, {"wte.weight"}, w));
        CHECK(w[5] == 0.1f);
    }
    std::string rest;
    two >> rest;
    CHECK(rest == "rest");
    // What is claimed takes no memory before it has come.
    std::vector<float> w(6);
    for (const auto& claim : {bytes(file.begin(), file.begin() + 100), bytes(file.begin(), file.end() - 1), bytes(5),
                              file_of({{"wte.weight", "U8", {std::size_t{1} << 60}, ""}})}) {
        std::istringstream cut(std::string(reinterpret_cast<const char*>(claim.data()), claim.size()));
        CHECK(message_of([&] { load_tensors(cut, {"wte.weight"}, w); }).find("load_tensors, in a stream: ") != std::string::npos);
    }
    auto far = file_of({{"a", "U8", {0}, ""}});
    std::string header(reinterpret_cast<const char*>(far.data()), far.size());
    header.replace(header.find("[0, 0]"), 6, "[0,1152921504606846976]");
    header[0] = static_cast<char>(header.size() - 8);
    std::istringstream huge(header);
    CHECK(message_of([&] { load_tensors(huge, {"a"}, w); }).find("ends at byte 1152921504606846976 of the data, of which there are 0") != std::string::npos);
}

TEST_CASE("a header of many tensors is read in a time that grows with their number") {
    const auto seconds = [](int tensors) {
        std::vector<entry> entries;
        for (int i = 0; i < tensors; ++i) entries.push_back({"tensor" + std::to_string(i), "F32", {1}, "abcd"});
        const auto file = file_of(entries);
        double best = 1e9;
        for (int round = 0; round < 3; ++round) {
            const auto start = std::chrono::steady_clock::now();
            detail::safetensors read;
            REQUIRE(detail::parse(file, read) == "");
            REQUIRE(read.tensors.size() == entries.size());
            best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        }
        return best;
    };
    // 16 times the tensors: 256 times the time where each is compared with all.
    CHECK(seconds(32'000) < 64 * seconds(2'000) + 0.1);
}
