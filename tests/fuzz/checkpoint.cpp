// libFuzzer over checkpoint files: whatever the bytes, a load either takes all or changes nothing and says why.
// Half of the inputs get the checksum that belongs to them, or nothing would come past it.
#include <furl/checkpoint/checkpoint.hpp>
#include <furl/furl.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

struct rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto m = furl::ema<"m">(furl::grad, 0.9);
    static constexpr auto size = furl::ema<"size">(norm(furl::grad), 0.9);
    static constexpr auto ticks = furl::accumulate<"ticks">(furl::step);
    static constexpr auto update = furl::with(furl::param - lr * m / size, ticks);
};

struct subject {
    std::vector<std::vector<float>> w{{1, 2, 3}, {}, {4, 5}};
    furl::optimizer<rule> opt{3, 0, 2};

    subject() {
        const auto g = w;
        opt.step(w, g);
    }

    std::string everything() {
        std::string all;
        const auto keep = [&](auto bytes) { all.append(reinterpret_cast<const char*>(bytes.data()), bytes.size()); };
        for (auto& x : w) keep(std::as_bytes(std::span(x)));
        for (std::size_t s = 0; s < opt.info().states.size(); ++s)
            for (std::size_t i = 0; i < opt.tensors(); ++i) keep(opt.state_bytes(s, i));
        keep(std::as_bytes(opt.hyperparameter_span()));
        return all + std::to_string(opt.step_count());
    }
};

void require(bool fine, const char* what) {
    if (fine) return;
    std::fprintf(stderr, "%s\n", what);
    std::abort();
}

void load(const std::string& bytes, bool any_rule) {
    static const std::string before = subject().everything();
    subject s;
    furl::checkpoint_metadata own;
    auto content = furl::detail::content_of(s.opt, s.w, {});
    const auto wrong = furl::detail::restore(std::as_bytes(std::span(bytes)), content, any_rule, own);
    if (!wrong.empty()) {
        require(s.everything() == before, "a refused file changed the optimizer");
        require(own.empty(), "a refused file gave metadata");
        return;
    }
    // What was loaded is saved as the same, and loads again.
    furl::detail::safetensors file;
    auto loaded = furl::detail::content_of(s.opt, s.w, {});
    require(furl::detail::fill(file, loaded, own).empty(), "what was loaded cannot be saved");
    std::vector<std::span<const std::byte>> data;
    auto again = furl::detail::write_header(file, data);
    for (auto piece : data) again.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    subject t;
    auto copy = furl::detail::content_of(t.opt, t.w, {});
    require(furl::detail::restore(std::as_bytes(std::span(again)), copy, any_rule, own).empty(), "what was saved does not load");
    require(t.everything() == s.everything(), "what was saved loads as something else");
}

std::string with_checksum(std::string bytes) {
    if (bytes.size() < 8) return bytes;
    const auto all = std::as_bytes(std::span(bytes));
    std::uint64_t length = 0;
    for (std::size_t k = 0; k < 8; ++k) length |= std::to_integer<std::uint64_t>(all[k]) << (8 * k);
    if (length > bytes.size() - 8) return bytes;
    const auto place = furl::detail::checksum_place(all, 8 + static_cast<std::size_t>(length));
    return place == 0 ? bytes : bytes.replace(place, 8, furl::detail::checksum_of(all, place));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    load(bytes, false);
    load(with_checksum(bytes), false);
    load(with_checksum(bytes), true);
    return 0;
}

// The seeds: checkpoints as they are written. Without an argument of its own, libFuzzer never calls this.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    if (*argc != 3 || std::string((*argv)[1]) != "--seeds") return 0;
    const std::string directory = (*argv)[2];
    subject s;
    furl::save_checkpoint(directory + "/both", s.opt, s.w, {.metadata = {{"epoch", "1"}}});
    furl::save_checkpoint(directory + "/states", s.opt);
    furl::save_checkpoint(directory + "/named", s.opt, s.w, {.names = {"a", "b", "c"}});
    std::exit(0);
}
