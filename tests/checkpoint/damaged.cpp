#include "saved.hpp"

#include <support/messages.hpp>

#include <functional>
#include <utility>

#include <sys/stat.h>

using namespace furl;
using namespace furl::tests;
using json = nlohmann::json;

namespace {

std::string saved_bytes() {
    static const std::string bytes = [] {
        const scratch dir;
        running r(3);
        save_checkpoint(dir / "run", r.opt, r.w);
        return read(dir / "run");
    }();
    return bytes;
}

// What is wrong with these bytes; empty if they load. A refusal changes nothing.
std::string refusal(const std::string& bytes) {
    running r(1);
    const auto before = r.everything();
    checkpoint_metadata own;
    std::size_t converted = 0;
    auto content = detail::content_of(r.opt, r.w, {});
    const auto wrong = detail::restore(std::as_bytes(std::span(bytes)), content, own, converted);
    if (!wrong.empty()) CHECK((r.everything() == before && own.empty() && converted == 0));
    return wrong;
}

std::string assembled(const std::string& header, const std::string& data) {
    std::string length(8, '\0');
    const std::uint64_t n = header.size();
    std::memcpy(length.data(), &n, 8);
    return length + header + data;
}

std::string with_header(const std::string& text, const std::string& data) { return with_checksum(assembled(text, data)); }

std::pair<json, std::string> opened() {
    const auto bytes = saved_bytes();
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), 8);
    return {json::parse(bytes.substr(8, length)), bytes.substr(8 + length)};
}

// The file with another header, and the checksum that belongs to it.
std::string changed(const std::function<void(json&, std::string&)>& change) {
    auto [header, data] = opened();
    change(header, data);
    return with_header(header.dump(), data);
}

void refuses(const std::function<void(json&, std::string&)>& change, std::initializer_list<std::string> words) {
    const auto text = refusal(changed(change));
    CAPTURE(text);
    for (const auto& word : words) {
        CAPTURE(word);
        CHECK(text.find(word) != std::string::npos);
    }
}

}  // namespace

TEST_CASE("a file that is as it was written loads; so does one whose header is written in another order") {
    CHECK(refusal(saved_bytes()) == "");
    CHECK(refusal(changed([](json&, std::string&) {})) == "");
}

TEST_CASE("a file that another program wrote anew has the checksum still, whatever its spaces, order and escapes") {
    auto [header, data] = opened();
    CHECK(refusal(assembled(header.dump(2), data)) == "");
    CHECK(refusal(assembled(header.dump(-1, ' ', true), data)) == "");
    // As json.dumps writes it, with ": " for ":".
    std::string spaced;
    bool in_text = false;
    for (char c : header.dump()) {
        in_text ^= c == '"';
        spaced += c;
        if (!in_text && (c == ':' || c == ',')) spaced += ' ';
    }
    CHECK(refusal(assembled(spaced, data)) == "");
    // The tensors in another order: the first goes behind the others.
    std::size_t first = 0;
    for (auto& [name, tensor] : header.items())
        if (name != "__metadata__" && tensor["data_offsets"][0] == 0) first = std::max(first, tensor["data_offsets"][1].get<std::size_t>());
    REQUIRE(first > 0);
    for (auto& [name, tensor] : header.items())
        if (name != "__metadata__") {
            auto& offsets = tensor["data_offsets"];
            const bool goes_back = offsets[0] == 0 && offsets[1] == first;
            if (!goes_back && offsets[1] == 0) continue;
            for (auto& offset : offsets) offset = goes_back ? offset.get<std::size_t>() + data.size() - first : offset.get<std::size_t>() - first;
        }
    CHECK(refusal(assembled(header.dump(), data.substr(first) + data.substr(0, first))) == "");
    data[0] ^= 1;
    CHECK(refusal(assembled(spaced, data)).find("it is damaged: its checksum is ") != std::string::npos);
}

TEST_CASE("a file of furl's first version loads still") {
    const std::string header = R"({"__metadata__":{"checksum":"6abcf757","fingerprint":"c0b6361f04c5dc5d","format":"furl","format_version":"1",)"
                               R"("hyperparameter.limit":"1","hyperparameter.lr":"0.1","rule":"furl::tests::saved_rule","step":"0"},)"
                               R"("global.ticks":{"data_offsets":[0,8],"dtype":"F64","shape":[]},"tensor0.size":{"data_offsets":[8,16],"dtype":"F64","shape":[]},)"
                               R"("tensor0":{"data_offsets":[16,28],"dtype":"F32","shape":[3]},"tensor0.m":{"data_offsets":[28,40],"dtype":"F32","shape":[3]},)"
                               R"("tensor0.v":{"data_offsets":[40,52],"dtype":"F32","shape":[3]}}       )";
    const std::vector<float> numbers{1, 2, 3};
    std::string data(52, '\0');
    std::memcpy(data.data() + 16, numbers.data(), 12);
    const auto bytes = assembled(header, data);
    optimizer<saved_rule> opt(3);
    std::vector<std::vector<float>> w{std::vector<float>(3)};
    CHECK(load_checkpoint(std::as_bytes(std::span(bytes)), opt, w));
    CHECK(w[0] == numbers);
    data[20] = 1;
    const auto damaged = assembled(header, data);
    CHECK(message_of([&] { load_checkpoint(std::as_bytes(std::span(damaged)), opt, w); }).find("it is damaged") != std::string::npos);
}

TEST_CASE("a file that is cut off anywhere is refused") {
    const auto bytes = saved_bytes();
    for (std::size_t n = 0; n < bytes.size(); ++n) REQUIRE(refusal(bytes.substr(0, n)) != "");
    CHECK(refusal("").find("too few") != std::string::npos);
    CHECK(refusal(bytes.substr(0, 100)).find("cut off") != std::string::npos);
    CHECK(refusal(bytes + "x") != "");
}

TEST_CASE("a file with a bit flipped anywhere is refused") {
    auto bytes = saved_bytes();
    for (auto& byte : bytes)
        for (int bit = 0; bit < 8; ++bit) {
            byte = static_cast<char>(byte ^ (1 << bit));
            REQUIRE(refusal(bytes) != "");
            byte = static_cast<char>(byte ^ (1 << bit));
        }
    bytes[bytes.size() - 1] ^= 1;
    CHECK(refusal(bytes).find("damaged: its checksum is ") != std::string::npos);
}

TEST_CASE("a header that is longer than the file or than any is refused") {
    auto bytes = saved_bytes();
    const auto claim = [&](std::uint64_t n) {
        std::memcpy(bytes.data(), &n, 8);
        return refusal(bytes);
    };
    CHECK(claim(bytes.size()).find("cut off") != std::string::npos);
    CHECK(claim(~std::uint64_t{0}).find("the most are 100000000") != std::string::npos);
    CHECK(claim(0).find("no JSON object") != std::string::npos);
}

TEST_CASE("a header that is no JSON object, or has a name twice, is refused") {
    const std::string sum = R"("__metadata__":{"checksum":"00000000"})";
    CHECK(refusal(with_header("{" + sum, "")).find("no JSON") != std::string::npos);
    CHECK(refusal(with_header("[{" + sum + "}]", "")).find("no JSON object") != std::string::npos);
    CHECK(refusal(with_header("{" + sum + R"(,"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":2})", "")).find("'a' twice") != std::string::npos);
    CHECK(refusal(with_header("{" + sum + R"(,"a":1})", "")).find("tensor 'a' has not exactly") != std::string::npos);
    CHECK(refusal(with_header("{" + sum + "}", "")).find("format is ''") != std::string::npos);
    CHECK(refusal(with_header(R"({"__metadata__":[{"checksum":"00000000"}]})", "")).find("metadata is no object") != std::string::npos);
    CHECK(refusal(with_header(R"({"__metadata__":{"checksum":"00000000","a":1}})", "")).find("'a' is no text") != std::string::npos);
    CHECK(refusal(with_header("{" + sum + R"(,"a":{"dtype":"F32","dtype":"F32"}})", "")).find("not exactly") != std::string::npos);
    CHECK(refusal(with_header(R"({"__metadata__":{"checksum":"00000000"},"__metadata__":{}})", "")).find("'__metadata__' twice") != std::string::npos);
    CHECK(refusal(with_header(R"({"__metadata__":{"a":"b","a":"b"}})", "")).find("'a' twice") != std::string::npos);
}

TEST_CASE("what is nested deeper than the format is refused where it begins") {
    const std::string deep(100'000, '['), end(100'000, ']'), open = R"({"__metadata__":{"checksum":"00000000"})";
    for (const std::string field : {"dtype", "shape", "data_offsets", "more"}) {
        CAPTURE(field);
        for (const auto& nested : {deep, deep + end, R"({"a":)" + deep + end + "}"})
            CHECK(refusal(with_header(open + R"(,"a":{")" + field + "\":" + nested + "}}", "")).find("tensor 'a' has ") != std::string::npos);
    }
    CHECK(refusal(with_header(open + ",\"a\":" + deep + end + "}", "")).find("'a' has not exactly") != std::string::npos);
    CHECK(refusal(with_header(deep + end, "")).find("no JSON object") != std::string::npos);
    CHECK(refusal(with_header(R"({"__metadata__":)" + deep + end + "}", "")).find("metadata is no object") != std::string::npos);
    CHECK(refusal(with_header(R"({"__metadata__":{"a":)" + deep + end + "}}", "")).find("'a' is no text") != std::string::npos);
}

TEST_CASE("a tensor of another type, shape or place is refused by name, found and expected") {
    refuses([](json& h, std::string&) { h["tensor0.m"]["dtype"] = "I32"; }, {"'tensor0.m' is I32 [20], expected F32 [20]"});
    refuses([](json& h, std::string&) { h["tensor0.m"]["dtype"] = "BF16", h["tensor0.m"]["shape"] = {40}; },
            {"'tensor0.m' is BF16 [40], expected F32 [20]"});
    CHECK(refusal(changed([](json& h, std::string&) { h["tensor0.m"]["shape"] = {4, 5}; })) == "");
    refuses([](json& h, std::string&) { h["tensor0.m"]["dtype"] = "U16", h["tensor0.m"]["shape"] = {40}; }, {"'tensor0.m' is U16 [40], expected F32 [20]"});
    refuses([](json& h, std::string&) { h["tensor0.m"]["dtype"] = "F64", h["tensor0.m"]["shape"] = {10}; }, {"'tensor0.m' is F64 [10], expected F32 [20]"});
    refuses([](json& h, std::string&) { h["tensor0.m"]["shape"] = {19}; }, {"'tensor0.m' is F32 [19], which is 76 bytes, and has 80"});
    refuses([](json& h, std::string&) { h["tensor0.m"]["shape"] = {-20}; }, {"'tensor0.m'", "no list of sizes"});
    refuses([](json& h, std::string&) { h["tensor0.m"]["shape"] = 20; }, {"'tensor0.m'", "no list"});
    refuses([](json& h, std::string&) { h["tensor0.m"]["shape"] = {1ull << 62, 1ull << 62}; }, {"'tensor0.m'", "no memory"});
    refuses([](json& h, std::string&) { h["global.ticks"]["shape"] = {0}; }, {"'global.ticks' is F64 [0], which is 0 bytes"});
    refuses([](json& h, std::string&) { h["tensor0.m"].erase("dtype"); h["tensor0.m"]["dtype"] = 4; }, {"'tensor0.m' has a dtype that is no text"});
    refuses([](json& h, std::string&) { h["tensor2"]["data_offsets"] = {8, 4}; }, {"'tensor2'", "no range"});
    refuses([](json& h, std::string&) { h["tensor2"]["data_offsets"] = {0, 1u << 30}; }, {"'tensor2' ends at byte 1073741824"});
    refuses([](json& h, std::string&) { h["tensor2"].erase("shape"); }, {"'tensor2'", "not exactly"});
    refuses([](json& h, std::string&) { h["tensor2"]["more"] = 1; }, {"'tensor2'", "not exactly"});
}

TEST_CASE("tensors that overlap or leave gaps are refused") {
    refuses([](json& h, std::string&) { h["tensor0.v"]["data_offsets"] = h["tensor0.m"]["data_offsets"]; }, {"overlaps"});
    refuses(
        [](json& h, std::string& data) {
            for (auto& [name, tensor] : h.items())
                if (name != "__metadata__")
                    for (auto& offset : tensor["data_offsets"]) offset = offset.get<int>() + 4;
            data = "gap!" + data;
        },
        {"gap"});
    refuses([](json&, std::string& data) { data += "more"; }, {"4 bytes behind the last tensor"});
}

TEST_CASE("a tensor that is missing, or that has no place, is refused by name") {
    refuses(
        [](json& h, std::string& data) {
            h["tensor9.m"] = {{"dtype", "U8"}, {"shape", {3}}, {"data_offsets", {data.size(), data.size() + 3}}};
            data += "abc";
        },
        {"'tensor9.m', U8 [3], that the optimizer has no place for"});
    // Another program's, of a type that furl does not store: it has no part in the checksum.
    auto [header, data] = opened();
    for (const std::string type : {"I64", "BOOL", "F8_E4M3", "of another time"}) {
        header[type] = {{"dtype", type}, {"shape", {3}}, {"data_offsets", {data.size(), data.size() + 24}}};
        data += std::string(24, 'x');
        CHECK(refusal(assembled(header.dump(), data)) == "");
    }
    header["BOOL"]["shape"] = {1ull << 62, 1ull << 62};
    CHECK(refusal(assembled(header.dump(), data)).find("'BOOL' has a shape that fits into no memory") != std::string::npos);
    refuses(
        [](json& h, std::string&) {
            h["tensor7.m"] = h["tensor2.m"];
            h.erase("tensor2.m");
        },
        {"no tensor 'tensor2.m', expected F32 [7]"});
}

TEST_CASE("another rule, step or hyperparameter is refused by found and expected") {
    refuses([](json& h, std::string&) { h["__metadata__"]["fingerprint"] = "0123456789abcdef"; h["__metadata__"]["rule"] = "lion"; },
            {"rule lion (fingerprint 0123456789abcdef), expected furl::tests::saved_rule"});
    refuses([](json& h, std::string&) { h["__metadata__"].erase("rule"); }, {"does not say its rule"});
    refuses([](json& h, std::string&) { h["__metadata__"]["step"] = "-1"; }, {"step is '-1'"});
    refuses([](json& h, std::string&) { h["__metadata__"]["step"] = "3x"; }, {"step is '3x'"});
    refuses([](json& h, std::string&) { h["__metadata__"]["step"] = "99999999999999999999"; }, {"step is '9"});
    refuses([](json& h, std::string&) { h["__metadata__"]["hyperparameter.lr"] = "fast"; }, {"'hyperparameter.lr' is 'fast', expected a number"});
    refuses([](json& h, std::string&) { h["__metadata__"].erase("hyperparameter.lr"); }, {"no 'hyperparameter.lr'"});
    refuses([](json& h, std::string&) { h["__metadata__"]["format"] = "pt"; }, {"format is 'pt', expected 'furl'"});
    refuses([](json& h, std::string&) { h["__metadata__"]["format_version"] = "2"; }, {"format_version is '2'"});
    refuses([](json& h, std::string&) { h["__metadata__"]["groups"] = "2"; }, {"2 groups, expected 1"});
    for (const std::string number : {"", " 1", "1e3", "nan", "9007199254740993", "9223372036854775807", "9223372036854775808"})
        refuses([&](json& h, std::string&) { h["__metadata__"]["step"] = number; }, {"step is '" + number + "', expected a number from 0 to 9007199254740992"});
    for (const std::string lr : {"nan", "-nan", "NaN", "nan(1)", "1e400", "0x1p3", "1,5", "1 ", ""})
        refuses([&](json& h, std::string&) { h["__metadata__"]["hyperparameter.lr"] = lr; }, {"'hyperparameter.lr' is '" + lr + "', expected a number"});
    // Of another program, or of one that changed it; a name that is damaged is not taken for that.
    CHECK(refusal(changed([](json& h, std::string&) { h["__metadata__"].erase("checksum"); })) == "");
    refuses([](json& h, std::string&) { h["__metadata__"].erase("checksum"); h["__metadata__"]["Checksum"] = "00000000"; }, {"'Checksum' in place of a checksum"});
}

TEST_CASE("sizes of another optimizer are refused by tensor") {
    const scratch dir;
    running r(1);
    save_checkpoint(dir / "run", r.opt);
    optimizer<saved_rule> smaller{20, 0, 6}, fewer{20, 0};
    CHECK(message_of([&] { load_checkpoint(dir / "run", smaller); }).find("'tensor2.m' is F32 [7], expected F32 [6]") != std::string::npos);
    CHECK(message_of([&] { load_checkpoint(dir / "run", fewer); }).find("'tensor2.m', F32 [7], that the optimizer has no place for") != std::string::npos);
    CHECK(message_of([&] { load_checkpoint(dir / "nothing", r.opt); }).find("No such file") != std::string::npos);
    REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
    CHECK(message_of([&] { load_checkpoint(dir / "fifo", r.opt); }).find("it is not a regular file") != std::string::npos);
    CHECK(message_of([&] { load_checkpoint(dir.path(), r.opt); }).find("not a regular file") != std::string::npos);
    CHECK_THROWS_AS(load_checkpoint(dir / "nothing", r.opt), checkpoint_error);
}
