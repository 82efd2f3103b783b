#include "saved.hpp"

#include <furl/runtime/any_optimizer.hpp>

#include <support/messages.hpp>

#include <cmath>
#include <limits>
#include <sstream>

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

TEST_CASE("doubles are stored as doubles, and a run of float goes on from them") {
    const scratch dir;
    optimizer<saved_rule, double> a(3), b(3);
    optimizer<saved_rule> single(3);
    std::vector<double> w(3, 1), g(3, 1.0 / 3);
    a.step(w, g);
    save_checkpoint(dir / "run", a);
    CHECK(load_checkpoint(dir / "run", b).converted == 0);
    CHECK(std::ranges::equal(a.state(saved_rule::m), b.state(saved_rule::m)));
    CHECK(load_checkpoint(dir / "run", single).converted == 2);
    CHECK(single.state(saved_rule::m)[0] == static_cast<float>(a.state(saved_rule::m)[0]));
    CHECK(single.scalar_state("size", 0) == a.scalar_state("size", 0));
}

namespace {

/// Three runs of one rule in different storages, in the middle of a run over tensors of two sizes.
template <class... Policies>
struct stored_run {
    using type = optimizer<saved_rule, float, Policies...>;
    using element = typename type::parameter_type;
    std::vector<std::vector<element>> w{values(300, 1), values(7, 2)};
    type opt{300, 7};

    static std::vector<element> values(std::size_t n, unsigned seed) {
        std::vector<element> x;
        for (float v : normal_values<float>(n, seed)) x.push_back(element(v));
        return x;
    }
    void step() {
        std::vector<std::vector<element>> g{values(300, 3), values(7, 4)};
        opt.step(w, g);
    }
    std::string everything() {
        std::string all;
        const auto keep = [&](auto bytes) { all.append(reinterpret_cast<const char*>(bytes.data()), bytes.size()); };
        for (auto& x : w) keep(std::as_bytes(std::span(x)));
        for (std::size_t s = 0; s < opt.info().states.size(); ++s)
            for (std::size_t i = 0; i < opt.tensors(); ++i) keep(opt.state_bytes(s, i));
        return all;
    }
};

using in_float = stored_run<>;
using in_halves = stored_run<storage<param_as<split<bfloat16>>, grad_as<bfloat16>, state_as<"m", block8>, state_as<"v", block8_positive>>>;
using in_masters = stored_run<storage<param_as<master<bfloat16>>, grad_as<bfloat16>, state_as<"m", compensated<bfloat16>>, state_as<"v", stochastic<bfloat16>>>>;

std::vector<std::byte> saved(const auto& run) {
    std::vector<std::byte> bytes;
    save_checkpoint(bytes, run.opt, run.w);
    return bytes;
}

}  // namespace

TEST_CASE("equal formats resume to the bit, with what is kept beside them") {
    in_halves a, b;
    in_masters c, d;
    a.step(), c.step();
    CHECK(load_checkpoint(saved(a), b.opt, b.w).converted == 0);
    CHECK(load_checkpoint(saved(c), d.opt, d.w).converted == 0);
    CHECK((b.everything() == a.everything() && d.everything() == c.everything()));
    for (int t = 0; t < 2; ++t) a.step(), b.step(), c.step(), d.step();
    CHECK((b.everything() == a.everything() && d.everything() == c.everything()));
}

TEST_CASE("another storage takes what was saved, rounded to the nearest, and gives it back") {
    in_float a, back;
    for (int t = 0; t < 3; ++t) a.step();
    in_halves h;
    in_masters m;
    // m, v and the parameters of both tensors.
    CHECK(load_checkpoint(saved(a), h.opt, h.w).converted == 6);
    CHECK(load_checkpoint(saved(a), m.opt, m.w).converted == 6);
    CHECK((h.opt.step_count() == 3 && h.opt.scalar_state("size", 1) == a.opt.scalar_state("size", 1)));
    for (std::size_t i = 0; i < 2; ++i) {
        const auto original = a.opt.state("m", i), largest = a.opt.state("v", i);
        const auto coded = h.opt.read_state("m", i), positive = h.opt.read_state("v", i), sum = m.opt.read_state("m", i), narrow = m.opt.read_state("v", i);
        for (std::size_t k = 0; k < original.size(); ++k) {
            float most = 0;
            for (std::size_t j = k / 256 * 256; j < std::min(original.size(), k / 256 * 256 + 256); ++j) most = std::max(most, std::abs(original[j]));
            CHECK(std::abs(coded[k] - original[k]) <= std::abs(original[k]) / 16 + 0x1p-17f * most);
            CHECK(std::abs(positive[k] - largest[k]) <= largest[k] / 16);
            CHECK(std::abs(sum[k] - original[k]) <= 0x1p-16f * std::abs(original[k]));
            CHECK(narrow[k] == static_cast<float>(bfloat16(largest[k])));
            CHECK(m.w[i][k].bits == bfloat16(a.w[i][k]).bits);
        }
    }
    // Halves and masters are exact floats.
    CHECK(load_checkpoint(saved(h), back.opt, back.w).converted == 6);
    CHECK(back.w == a.w);
    CHECK(load_checkpoint(saved(m), back.opt, back.w).converted == 6);
    CHECK(back.w == a.w);
    // From one to another that is no float; and what comes back has nothing more to lose.
    const auto coded = saved(h);
    CHECK(load_checkpoint(coded, m.opt, m.w).converted == 6);
    CHECK(load_checkpoint(saved(m), h.opt, h.w).converted == 6);
    CHECK(load_checkpoint(saved(h), back.opt, back.w));
    CHECK(back.w == a.w);
    m.step(), h.step();
}

TEST_CASE("parameters that are not loaded keep their place: what is kept beside them starts from them") {
    in_float a;
    a.step();
    in_masters m;
    const auto before = m.w;
    std::vector<std::byte> states;
    save_checkpoint(states, a.opt);
    CHECK(load_checkpoint(states, m.opt).converted == 4);
    CHECK(load_checkpoint(saved(a), m.opt).converted == 4);
    const auto moments = m.opt.read_state("m", 1);
    m.step();  // the masters are taken from the parameters here
    CHECK(m.opt.step_count() == 2);
    for (std::size_t k = 0; k < 7; ++k) CHECK(std::abs(static_cast<float>(m.w[1][k]) - static_cast<float>(before[1][k])) < 0.2f);
    // Masters that were not taken yet are none: the value is the parameter.
    in_masters fresh;
    in_float from_fresh;
    load_checkpoint(saved(fresh), from_fresh.opt, from_fresh.w);
    CHECK(from_fresh.w[1][3] == static_cast<float>(fresh.w[1][3]));
}

TEST_CASE("what a format keeps beside a stream is checked as the stream is") {
    in_halves a;
    a.step();
    const auto bytes = saved(a);
    std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto loading = [&](const std::string& from, const std::string& to) {
        auto other = text;
        REQUIRE(from.size() == to.size());
        const auto at = other.find(from);
        REQUIRE(at != other.npos);
        other = with_checksum(other.replace(at, from.size(), to));
        in_float f;
        const auto before = f.everything();
        const auto message = message_of([&] { load_checkpoint(std::as_bytes(std::span(other)), f.opt, f.w); });
        CHECK((message == "no exception" || f.everything() == before));
        return message;
    };
    CHECK(loading("\"tensor0.m.scale\"", "\"tensor0.m.scalx\"").find("'tensor0.m' is U8 [300], expected F32 [300]") != std::string::npos);
    CHECK(loading("\"tensor0.param.low\"", "\"tensor0.param.lox\"").find("'tensor0.param.lox', U16 [300], that the optimizer has no place for") != std::string::npos);
    CHECK(loading("\"tensor0.m\"", "\"tensor0.n\"").find("no tensor 'tensor0.m', expected F32 [300]") != std::string::npos);
    CHECK(loading("\"F32\",\"shape\":[2]", "\"I32\",\"shape\":[2]").find("is I32 [2], expected F32 [2]") != std::string::npos);
}

TEST_CASE("a path, a stream and memory hold the same bytes, and each loads") {
    const scratch dir;
    running a(3), b, c, d;
    std::vector<std::byte> bytes(5);
    std::ostringstream out;
    out << "before";
    CHECK(save_checkpoint(dir / "run", a.opt, a.w));
    CHECK(save_checkpoint(bytes, a.opt, a.w));
    CHECK(save_checkpoint(out, a.opt, a.w));
    CHECK(save_checkpoint(out, b.opt, b.w));
    const auto text = read(dir / "run");
    CHECK(text == std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    CHECK(out.str().starts_with("before" + text));
    CHECK(load_checkpoint(bytes, b.opt, b.w));
    std::istringstream in(out.str().substr(6) + "behind");
    CHECK(load_checkpoint(in, c.opt, c.w));
    CHECK((b.everything() == a.everything() && c.everything() == a.everything()));
    CHECK(load_checkpoint(in, c.opt, c.w));
    CHECK(c.everything() == d.everything());
    CHECK(in.tellg() == static_cast<std::streamoff>(out.str().size() - 6));
    CHECK(message_of([&] { load_checkpoint(in, c.opt, c.w); }).find("furl: checkpoint in a stream is not loaded: it has 6 bytes") != std::string::npos);
    // A stream that takes nothing; memory keeps what it had where a save is refused.
    std::ostringstream closed;
    closed.setstate(std::ios::badbit);
    CHECK(message_of([&] { save_checkpoint(closed, a.opt); }).find("checkpoint in a stream was not saved: the stream takes no more") != std::string::npos);
    a.opt[saved_rule::lr] = std::numeric_limits<double>::quiet_NaN();
    const auto before = bytes;
    CHECK(message_of([&] { save_checkpoint(bytes, a.opt); }).find("checkpoint in memory was not saved: its 'hyperparameter.lr' is 'nan'") != std::string::npos);
    CHECK(bytes == before);
}

namespace {

struct decay_by_tensor {
    static constexpr auto decay = furl::per_tensor<"decay">(0.5);
    static constexpr auto update = furl::param - decay * furl::grad;
};

}  // namespace

TEST_CASE("a hyperparameter of a tensor that is NaN is neither saved nor loaded") {
    const std::vector<std::size_t> sizes{2, 3};
    furl::optimizer<decay_by_tensor> opt(sizes), other(sizes);
    std::vector<std::byte> bytes;
    CHECK(opt.set("decay", 1, 0.25));
    CHECK(save_checkpoint(bytes, opt));
    opt.scalar_state("decay", 1) = std::numeric_limits<double>::quiet_NaN();
    const auto before = bytes;
    CHECK(message_of([&] { save_checkpoint(bytes, opt); }).find("was not saved: its 'tensor1.decay' is NaN") != std::string::npos);
    CHECK(bytes == before);

    // The same value in a file: the only 0.25 in it, at its end.
    const double good = 0.25, bad = std::numeric_limits<double>::quiet_NaN();
    CHECK(std::memcmp(bytes.data() + bytes.size() - 8, &good, 8) == 0);
    std::memcpy(bytes.data() + bytes.size() - 8, &bad, 8);
    std::istringstream damaged(with_checksum({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    CHECK(message_of([&] { load_checkpoint(damaged, other); }).find("is not loaded: its 'tensor1.decay' is NaN") != std::string::npos);
    CHECK(other.get("decay", 1) == 0.5);
    // So is one of another type, as other programs write it.
    const auto file = [](const std::string& value) {
        const std::string header = R"({"__metadata__":{"format":"furl","format_version":"1","rule":"x","fingerprint":")" + detail::hex(fingerprint<decay_by_tensor>, 16) +
                                   R"(","step":"1"},"tensor0.decay":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)" +
                                   R"("tensor1.decay":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})";
        const auto size = std::uint64_t{header.size()};
        return std::string(reinterpret_cast<const char*>(&size), 8) + header + value;
    };
    const float half = 0.5f, nan = std::numeric_limits<float>::quiet_NaN();
    const auto text = [](float x) { return std::string(reinterpret_cast<const char*>(&x), 4); };
    std::istringstream in_float(file(text(half) + text(half))), nan_in_float(file(text(half) + text(nan)));
    CHECK(load_checkpoint(in_float, other));
    CHECK(message_of([&] { load_checkpoint(nan_in_float, other); }).find("is not loaded: its 'tensor1.decay' is NaN") != std::string::npos);
}

TEST_CASE("what could not be loaded again is refused before the old file is gone") {
    const scratch dir;
    running a(1);
    save_checkpoint(dir / "run", a.opt, a.w);
    const auto before = read(dir / "run");
    const auto saving = [&](const checkpoint_settings& settings) {
        const auto text = message_of([&] { save_checkpoint(dir / "run", a.opt, a.w, settings); });
        CHECK(read(dir / "run") == before);
        return text;
    };
    // Above 100 MB, in one metadata text.
    CHECK(saving({.metadata = {{"long", std::string(100'000'000, 'x')}}}).find("bytes, of which readers take 100000000") != std::string::npos);
    for (const std::string name : {"\xff", "a\xc3", "\xc3\x28", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xc0\x80"})
        CHECK(saving({.names = {"a", name, "b"}}).find("is no UTF-8 text") != std::string::npos);
    CHECK(saving({.metadata = {{"\xe2\x82", "x"}}}).find("is no UTF-8 text") != std::string::npos);
    CHECK(saving({.shapes = {{4, 5}, {0}}}).find("2 shapes are given, for 3 tensors") != std::string::npos);
    CHECK(saving({.shapes = {{4, 5}, {0}, {8}}}).find("the shape [8] of 'tensor2' has 8 elements, the optimizer expects 7") != std::string::npos);
    CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 1);
}

TEST_CASE("tensors can have their true shapes, which are checked where they are asked for") {
    running a(2), b;
    std::vector<std::byte> flat, shaped;
    const std::vector<std::vector<std::size_t>> shapes{{4, 5}, {3, 0}, {7}}, others{{5, 4}, {3, 0}, {7}};
    save_checkpoint(flat, a.opt, a.w);
    save_checkpoint(shaped, a.opt, a.w, {.shapes = shapes});
    const std::string text(reinterpret_cast<const char*>(shaped.data()), shaped.size());
    CHECK(text.find(R"("tensor0.m":{"data_offsets":[)") != text.npos);
    CHECK(text.find(R"("shape":[4,5])") != text.npos);
    CHECK(load_checkpoint(shaped, b.opt, b.w));
    CHECK(b.everything() == a.everything());
    CHECK(load_checkpoint(shaped, b.opt, b.w, {.shapes = shapes}));
    CHECK(load_checkpoint(flat, b.opt, b.w, {.shapes = others}));
    CHECK(message_of([&] { load_checkpoint(shaped, b.opt, b.w, {.shapes = others}); }).find("is F32 [4, 5], expected F32 [5, 4]") != std::string::npos);
}

TEST_CASE("a step tensor by tensor that is open is not saved, and a load ends it") {
    running a(2), b(2);
    any_optimizer<float> erased = a.opt;
    std::vector<std::byte> whole, bytes;
    save_checkpoint(whole, a.opt, a.w);
    const std::vector<float> g(20, 1);
    a.opt.step_tensor(0, a.w[0], g);
    erased.step_tensor(0, a.w[0], g);
    CHECK((a.opt.step_is_open() && erased.step_is_open()));
    CHECK(message_of([&] { save_checkpoint(bytes, a.opt, a.w); }).find("a step by step_tensor is open") != std::string::npos);
    CHECK(message_of([&] { save_checkpoint(bytes, erased); }).find("a step by step_tensor is open") != std::string::npos);
    CHECK(bytes.empty());
    load_checkpoint(whole, a.opt, a.w);
    load_checkpoint(whole, erased);
    CHECK((!a.opt.step_is_open() && !erased.step_is_open()));
    CHECK(a.everything() == b.everything());
    a.step(), b.step();
    CHECK(a.everything() == b.everything());
    a.opt.step_tensor(0, a.w[0], g);
    a.opt.finish_step();
    CHECK(save_checkpoint(bytes, a.opt, a.w));
}

namespace {

/// An object of a program's own.
struct counter {
    double seen = 0;
    std::vector<setting> saved_numbers() const { return {{"seen", seen}}; }
    std::string restore_numbers(std::span<const double> numbers) {
        if (numbers[0] < 0) return "fewer than none were seen";
        seen = numbers[0];
        return {};
    }
};

}  // namespace

TEST_CASE("a scale, a plateau and objects of one's own go with the run, and go on as if it had not stopped") {
    loss_scale scale({.initial = 8, .interval = 3}), other_scale({.initial = 8, .interval = 3});
    reduce_on_plateau plateau({.factor = 0.5, .patience = 1, .cooldown = 2}), other_plateau({.factor = 0.5, .patience = 1, .cooldown = 2});
    counter seen{5}, other_seen;
    running a(2), b;
    double lr = 1, other_lr = 1;
    scale.update(false), scale.update(true), scale.update(true);
    for (double metric : {1.0, 2.0, 2.0, 0.5}) plateau.step(metric, lr);
    REQUIRE((lr == 0.5 && plateau.is_cooling_down()));
    std::vector<std::byte> bytes;
    {
        const auto& fixed = scale;
        save_checkpoint(bytes, a.opt, a.w, {.also = {{"scale", fixed}, {"plateau", plateau}, {"seen", seen}}});
    }
    CHECK(load_checkpoint(bytes, b.opt, b.w, {.also = {{"scale", other_scale}, {"plateau", other_plateau}, {"seen", other_seen}}}));
    CHECK(b.everything() == a.everything());
    CHECK((other_scale.value() == 4 && other_scale.steps_in_a_row() == 2 && other_seen.seen == 5));
    CHECK((other_plateau.best() == 0.5 && other_plateau.bad_in_a_row() == plateau.bad_in_a_row() && other_plateau.is_cooling_down()));
    other_lr = lr;
    for (int i = 0; i < 8; ++i) {
        plateau.step(1, lr), other_plateau.step(1, other_lr);
        scale.update(i != 3), other_scale.update(i != 3);
        CHECK((lr == other_lr && scale.value() == other_scale.value()));
    }
    // One that has seen no metric yet: its best is infinite.
    reduce_on_plateau fresh;
    std::vector<std::byte> first;
    save_checkpoint(first, a.opt, {.also = {{"plateau", fresh}}});
    CHECK(load_checkpoint(first, b.opt, {.also = {{"plateau", other_plateau}}}));
    CHECK(other_plateau.best() == std::numeric_limits<double>::infinity());
    // All of it or nothing.
    const auto before = b.everything();
    const auto loading = [&](const checkpoint_settings& settings) {
        const auto text = message_of([&] { load_checkpoint(bytes, b.opt, b.w, settings); });
        CHECK((text == "no exception" || (b.everything() == before && other_plateau.best() == std::numeric_limits<double>::infinity())));
        return text;
    };
    CHECK(loading({.also = {{"plateau", other_plateau}, {"scal", other_scale}}}).find("it has no 'object.scal.value'") != std::string::npos);
    const auto& fixed = other_scale;
    CHECK(loading({.also = {{"plateau", other_plateau}, {"scale", fixed}}}).find("object 'scale' does not fit: it is const") != std::string::npos);
    counter below{-1};
    save_checkpoint(bytes, a.opt, a.w, {.also = {{"plateau", plateau}, {"seen", below}}});
    CHECK(loading({.also = {{"plateau", other_plateau}, {"seen", other_seen}}}).find("'seen' does not fit: fewer than none were seen") != std::string::npos);
    CHECK(message_of([&] { save_checkpoint(bytes, a.opt, {.also = {{"a", seen}, {"a", seen}}}); }).find("two objects would have 'object.a.seen'") != std::string::npos);
    below.seen = std::numeric_limits<double>::quiet_NaN();
    CHECK(message_of([&] { save_checkpoint(bytes, a.opt, {.also = {{"a", below}}}); }).find("'object.a.seen' is no number") != std::string::npos);
    CHECK(loading({}) == "no exception");
}

TEST_CASE("a state that old files do not have counts as they would have left it") {
    // As a rule has it whose info says so: the erased part of an optimizer with another table of states.
    running a(2), b, c;
    std::vector<std::byte> bytes, fresh;
    save_checkpoint(bytes, a.opt);
    save_checkpoint(fresh, c.opt);
    auto states = std::vector<state_info>(a.opt.info().states.begin(), a.opt.info().states.end());
    auto info = a.opt.info();
    for (auto& s : states)
        if (s.name == "size") s.name = "started", s.if_missing = 1;
    info.states = states;
    const auto load = [&](const std::vector<std::byte>& from, running& into) {
        checkpoint_metadata own;
        std::size_t converted = 0;
        auto content = detail::content_of(into.opt, std::nullopt, {.any_rule = true});
        content.parts[0].info = &info;
        return detail::restore(from, content, own, converted);
    };
    CHECK(load(bytes, b) == "");
    CHECK((b.opt.scalar_state("size", 0) == 1 && b.opt.scalar_state("size", 2) == 1));
    CHECK(b.opt.scalar_state("ticks", 0) == a.opt.scalar_state("ticks", 0));
    CHECK(load(fresh, b) == "");
    CHECK((b.opt.scalar_state("size", 0) == 0 && b.opt.step_count() == 0));
    for (auto& s : states) s.if_missing = {};
    CHECK(load(bytes, b).find("it has no tensor 'tensor0.started', expected F64 []") != std::string::npos);
}

TEST_CASE("states that a rule no longer has are left aside where any rule may be loaded") {
    running a(2);
    optimizer<changed> b{20, 0, 7};
    std::vector<std::byte> bytes;
    save_checkpoint(bytes, a.opt, a.w);
    CHECK(message_of([&] { load_checkpoint(bytes, b, a.w); }).find("it is of the rule") != std::string::npos);
    CHECK(load_checkpoint(bytes, b, a.w, {.any_rule = true}));
    CHECK(std::ranges::equal(b.state("m", 2), a.opt.state("m", 2)));
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
