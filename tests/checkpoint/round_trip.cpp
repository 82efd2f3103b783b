#include "saved.hpp"

#include <furl/runtime/any_optimizer.hpp>

#include <support/messages.hpp>

#include <cmath>
#include <limits>

using namespace furl;
using namespace furl::tests;

namespace {

struct changed {
    static constexpr auto lr = hyper<"lr">(0.5);
    static constexpr auto m = ema<"m">(grad, 0.9);
    static constexpr auto update = param - 2 * lr * m;
};

struct before {
    static constexpr auto update = param - changed::lr * changed::m;
};

}  // namespace

TEST_CASE("a run that is resumed gives the same bits as one that did not stop") {
    const scratch dir;
    running whole(7), first(4), second;
    CHECK(save_checkpoint(dir / "run.safetensors", first.opt, first.w));
    CHECK(load_checkpoint(dir / "run.safetensors", second.opt, second.w));
    CHECK(second.everything() == first.everything());
    CHECK(second.opt.step_count() == 4);
    for (int t = 4; t < 7; ++t) second.step();
    CHECK(second.everything() == whole.everything());
}

TEST_CASE("what was saved from a typed optimizer loads into an erased one, and back") {
    const scratch dir;
    running r(3);
    save_checkpoint(dir / "run", r.opt);
    any_optimizer<float> erased = optimizer<saved_rule>{20, 0, 7};
    load_checkpoint(dir / "run", erased);
    CHECK(erased.step_count() == 3);
    CHECK(std::ranges::equal(erased.state("m", 2), r.opt.state("m", 2)));
    CHECK(erased.scalar_state("size", 0) == r.opt.scalar_state("size", 0));
    CHECK(erased.scalar_state("ticks", 0) == 6);
    save_checkpoint(dir / "again", erased);
    CHECK(read(dir / "again") == read(dir / "run"));
}

TEST_CASE("hyperparameters come back to the bit, infinities too") {
    const scratch dir;
    for (double value : {0.1, 1.0 / 3, 5e-324, -0.0, std::numeric_limits<double>::infinity(), std::nextafter(1.0, 2.0)}) {
        optimizer<saved_rule> a(3), b(3);
        a[saved_rule::limit] = value;
        save_checkpoint(dir / "run", a);
        load_checkpoint(dir / "run", b);
        const double loaded = b[saved_rule::limit];
        CHECK(std::memcmp(&loaded, &value, sizeof value) == 0);
        CHECK(b[saved_rule::lr] == 0.1);
    }
}

TEST_CASE("every bit pattern of a state comes back: infinities, NaNs, denormals") {
    const scratch dir;
    optimizer<saved_rule> a(6), b(6);
    const std::vector<std::uint32_t> patterns{0x7f800000, 0xff800001, 0x7fc12345, 1, 0x80000000, 0xffffffff};
    std::memcpy(a.state(saved_rule::m).data(), patterns.data(), 24);
    save_checkpoint(dir / "run", a);
    load_checkpoint(dir / "run", b);
    CHECK(std::memcmp(b.state(saved_rule::m).data(), patterns.data(), 24) == 0);
}

TEST_CASE("tensors have names of the program's, and its own metadata stays with them") {
    const scratch dir;
    running a(2), b;
    const checkpoint_settings settings{.names = {"weight \"a\"", "ünused", "bias"}, .metadata = {{"epoch", "3"}, {"checksum", "\"checksum\":\"00000000\""}}};
    save_checkpoint(dir / "run", a.opt, a.w, settings);
    const auto loaded = load_checkpoint(dir / "run", b.opt, b.w, {.names = settings.names});
    CHECK(loaded.metadata == settings.metadata);
    CHECK(b.everything() == a.everything());
    CHECK(message_of([&] { load_checkpoint(dir / "run", b.opt, b.w); }).find("no tensor 'tensor0.m', expected F32 [20]") != std::string::npos);
}

TEST_CASE("parameters that are saved need not be loaded; those that are not saved cannot be") {
    const scratch dir;
    running a(2), b;
    save_checkpoint(dir / "both", a.opt, a.w);
    save_checkpoint(dir / "states", a.opt);
    const auto before = b.w;
    CHECK(load_checkpoint(dir / "both", b.opt));
    CHECK(b.w == before);
    CHECK(message_of([&] { load_checkpoint(dir / "states", b.opt, b.w); }).find("no tensor 'tensor0', expected F32 [20]") != std::string::npos);
}

TEST_CASE("states of a rule whose equations changed load where that is asked for") {
    const scratch dir;
    optimizer<before> a(3);
    optimizer<changed> b(3);
    std::vector<float> w(3, 1), g(3, 2);
    a.step(w, g);
    a.set("lr", 0.25);
    save_checkpoint(dir / "run", a);
    CHECK(message_of([&] { load_checkpoint(dir / "run", b); }).find("expected ") != std::string::npos);
    CHECK(b.step_count() == 0);
    CHECK(load_checkpoint(dir / "run", b, {.any_rule = true}));
    CHECK(b.step_count() == 1);
    CHECK(b.get("lr") == 0.25);
    CHECK(std::ranges::equal(a.state("m"), b.state("m")));
}

TEST_CASE("doubles are stored as doubles") {
    const scratch dir;
    optimizer<saved_rule, double> a(3), b(3);
    optimizer<saved_rule> single(3);
    std::vector<double> w(3, 1), g(3, 1.0 / 3);
    a.step(w, g);
    save_checkpoint(dir / "run", a);
    load_checkpoint(dir / "run", b);
    CHECK(std::ranges::equal(a.state(saved_rule::m), b.state(saved_rule::m)));
    CHECK(message_of([&] { load_checkpoint(dir / "run", single); }).find("'tensor0.m' is F64 [3], expected F32 [3]") != std::string::npos);
}

TEST_CASE("formats are saved as they are stored, with their rests, and resume to the bit") {
    using stored = optimizer<saved_rule, float, storage<param_as<split<bfloat16>>, grad_as<bfloat16>, state_as<"m", block8>>>;
    const scratch dir;
    const std::vector<std::size_t> sizes{300, 7};
    std::vector<std::vector<bfloat16>> w{std::vector<bfloat16>(300, bfloat16(1)), std::vector<bfloat16>(7, bfloat16(2))}, g = w;
    stored opt(sizes), resumed(sizes);
    opt.step(w, g);
    save_checkpoint(dir / "run", opt, w);
    auto x = g;
    load_checkpoint(dir / "run", resumed, x);
    for (int t = 0; t < 3; ++t) opt.step(w, g), resumed.step(x, g);
    for (std::size_t i = 0; i < 2; ++i)
        for (std::size_t k = 0; k < w[i].size(); ++k) CHECK(w[i][k].bits == x[i][k].bits);
    for (std::size_t s = 0; s < opt.info().states.size(); ++s)
        CHECK(std::ranges::equal(opt.state_bytes(s, 0), resumed.state_bytes(s, 0)));
    // Another format is another type.
    optimizer<saved_rule> floats(sizes);
    CHECK(message_of([&] { load_checkpoint(dir / "run", floats); }).find("tensor0.") != std::string::npos);
}

TEST_CASE("names that do not fit are refused before a file is written") {
    const scratch dir;
    running a;
    const auto saving = [&](std::vector<std::string> names) {
        return message_of([&] { save_checkpoint(dir / "run", a.opt, a.w, {.names = std::move(names)}); });
    };
    CHECK(saving({"a", "b"}).find("2 names are given, for 3 tensors") != std::string::npos);
    CHECK(saving({"a", "a", "b"}).find("two tensors would have the name 'a.m'") != std::string::npos);
    CHECK(saving({"a", "b", "a.m"}).find("'a.m'") != std::string::npos);
    CHECK(saving({"a", "", "b"}).find("cannot have the name ''") != std::string::npos);
    CHECK(saving({"a", "\xff", "b"}).find("no UTF-8") != std::string::npos);
    CHECK(message_of([&] { save_checkpoint(dir / "run", a.opt, a.w[0]); }).find("1 parameters are given to save, for 3") != std::string::npos);
    CHECK(message_of([&] { save_checkpoint(dir / "run", a.opt, std::vector<std::vector<float>>(3)); }).find("'tensor0' have 0 elements, the optimizer expects 20") != std::string::npos);
    CHECK(std::filesystem::is_empty(dir.path()));
}
