#include "saved.hpp"

#include <support/messages.hpp>

#include <functional>

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
    auto content = detail::content_of(r.opt, r.w, {});
    const auto wrong = detail::restore(std::as_bytes(std::span(bytes)), content, false, own);
    if (!wrong.empty()) CHECK(r.everything() == before);
    return wrong;
}

std::string with_header(const std::string& text, const std::string& data) {
    std::string length(8, '\0');
    const std::uint64_t n = text.size();
    std::memcpy(length.data(), &n, 8);
    return with_checksum(length + text + data);
}

// The file with another header, and the checksum that belongs to it.
std::string changed(const std::function<void(json&, std::string&)>& change) {
    const auto bytes = saved_bytes();
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), 8);
    auto header = json::parse(bytes.substr(8, length));
    auto data = bytes.substr(8 + length);
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
    CHECK(claim(0).find("no checksum") != std::string::npos);
}

TEST_CASE("a header that is no JSON object, or has a name twice, is refused") {
    const std::string sum = R"("__metadata__":{"checksum":"00000000"})";
    CHECK(refusal(with_header("{" + sum, "")).find("no JSON") != std::string::npos);
    CHECK(refusal(with_header("[{" + sum + "}]", "")).find("no JSON object") != std::string::npos);
    CHECK(refusal(with_header("{" + sum + R"(,"a":1,"a":2})", "")).find("'a' twice") != std::string::npos);
    CHECK(refusal(with_header("{" + sum + R"(,"a":1})", "")).find("tensor 'a' has not exactly") != std::string::npos);
    CHECK(refusal(with_header("{" + sum + "}", "")).find("format is ''") != std::string::npos);
    CHECK(refusal(with_header(R"({"__metadata__":[{"checksum":"00000000"}]})", "")).find("metadata is no object") != std::string::npos);
    CHECK(refusal(with_header(R"({"__metadata__":{"checksum":"00000000","a":1}})", "")).find("'a' is no text") != std::string::npos);
    CHECK(refusal(with_header("{" + sum + ",\"a\":" + std::string(100000, '['), "")).find("no JSON") != std::string::npos);
}

TEST_CASE("a tensor of another type, shape or place is refused by name, found and expected") {
    refuses([](json& h, std::string&) { h["tensor0.m"]["dtype"] = "I32"; }, {"'tensor0.m'", "\"I32\""});
    refuses([](json& h, std::string&) { h["tensor0.m"]["dtype"] = "BF16", h["tensor0.m"]["shape"] = {40}; },
            {"'tensor0.m' is BF16 [40], expected F32 [20]"});
    refuses([](json& h, std::string&) { h["tensor0.m"]["shape"] = {4, 5}; }, {"'tensor0.m' is F32 [4, 5], expected F32 [20]"});
    refuses([](json& h, std::string&) { h["tensor0.m"]["shape"] = {19}; }, {"'tensor0.m' is F32 [19], which is 76 bytes, and has 80"});
    refuses([](json& h, std::string&) { h["tensor0.m"]["shape"] = {-20}; }, {"'tensor0.m'", "no list of sizes"});
    refuses([](json& h, std::string&) { h["tensor0.m"]["shape"] = 20; }, {"'tensor0.m'", "no list"});
    refuses([](json& h, std::string&) { h["tensor0.m"]["shape"] = {1ull << 62, 1ull << 62}; }, {"'tensor0.m'", "no memory"});
    refuses([](json& h, std::string&) { h["global.ticks"]["shape"] = {1}; }, {"'global.ticks' is F64 [1], expected F64 []"});
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
    refuses([](json& h, std::string&) { h["__metadata__"].erase("checksum"); }, {"no checksum"});
}

TEST_CASE("sizes of another optimizer are refused by tensor") {
    const scratch dir;
    running r(1);
    save_checkpoint(dir / "run", r.opt);
    optimizer<saved_rule> smaller{20, 0, 6}, fewer{20, 0};
    CHECK(message_of([&] { load_checkpoint(dir / "run", smaller); }).find("'tensor2.m' is F32 [7], expected F32 [6]") != std::string::npos);
    CHECK(message_of([&] { load_checkpoint(dir / "run", fewer); }).find("'tensor2.m', F32 [7], that the optimizer has no place for") != std::string::npos);
    CHECK(message_of([&] { load_checkpoint(dir / "nothing", r.opt); }).find("No such file") != std::string::npos);
    CHECK(message_of([&] { load_checkpoint(dir.path(), r.opt); }).find("no file") != std::string::npos);
    CHECK_THROWS_AS(load_checkpoint(dir / "nothing", r.opt), checkpoint_error);
}
