// libFuzzer over checkpoint files: whatever the bytes, a load either takes all or changes nothing and says why.
// Half of the inputs get the checksum that belongs to them, or nothing would come past it.
#include <furl/checkpoint/load_tensors.hpp>
#include <furl/control/loss_scale.hpp>
#include <furl/control/reduce_on_plateau.hpp>
#include <furl/furl.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
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

/// An optimizer in one storage or another, a scale and a plateau.
template <class... Policies>
struct subject {
    using optimizer = furl::optimizer<rule, float, Policies...>;
    using element = typename optimizer::parameter_type;
    std::vector<std::vector<element>> w{{element(1), element(2), element(3)}, {}, {element(4), element(5)}};
    optimizer opt{3, 0, 2};
    furl::loss_scale scale;
    furl::reduce_on_plateau plateau;

    subject() {
        const auto g = w;
        opt.step(w, g);
        scale.update(false);
        plateau.next(1, 1);
    }

    std::string everything() {
        std::string all;
        const auto keep = [&](auto bytes) { all.append(reinterpret_cast<const char*>(bytes.data()), bytes.size()); };
        for (auto& x : w) keep(std::as_bytes(std::span(x)));
        for (std::size_t s = 0; s < opt.info().states.size(); ++s)
            for (std::size_t i = 0; i < opt.tensors(); ++i) keep(opt.state_bytes(s, i));
        keep(std::as_bytes(opt.hyperparameter_span()));
        for (const auto& object : {scale.saved_numbers(), plateau.saved_numbers()})
            for (const auto& n : object) keep(std::as_bytes(std::span(&n.value, 1)));
        return all + std::to_string(opt.step_count());
    }

    furl::detail::checkpoint_content content(bool any_rule, bool objects) {
        furl::checkpoint_settings settings{.any_rule = any_rule};
        if (objects) settings.also = {{"scale", scale}, {"plateau", plateau}};
        return furl::detail::content_of(opt, w, settings);
    }
};

using in_float = subject<>;
using in_halves = subject<furl::storage<furl::param_as<furl::split<furl::bfloat16>>, furl::grad_as<furl::bfloat16>, furl::state_as<"m", furl::block8>>>;

void require(bool fine, const char* what) {
    if (fine) return;
    std::fprintf(stderr, "%s\n", what);
    std::abort();
}

std::vector<std::byte> saved(furl::detail::checkpoint_content content, const furl::checkpoint_metadata& own) {
    furl::detail::safetensors file;
    require(furl::detail::fill(file, content, own).empty(), "what was loaded cannot be saved");
    const furl::detail::written_file written(file);
    require(furl::detail::check_header(written, file).empty(), "the header that was loaded cannot be written");
    const auto header = furl::detail::bytes_of(written.header);
    std::vector<std::byte> bytes(header.begin(), header.end());
    for (auto piece : written.data) bytes.insert(bytes.end(), piece.begin(), piece.end());
    return bytes;
}

template <class Subject>
void load(const std::string& bytes, bool any_rule, bool objects) {
    static const std::string before = Subject().everything();
    Subject s;
    furl::checkpoint_metadata own;
    std::size_t converted = 0;
    auto content = s.content(any_rule, objects);
    const auto wrong = furl::detail::restore(std::as_bytes(std::span(bytes)), content, own, converted);
    if (!wrong.empty()) {
        require(s.everything() == before, "a refused file changed the optimizer");
        require(own.empty() && converted == 0, "a refused file gave metadata");
        return;
    }
    // What was loaded is saved as the same, and loads again.
    const auto again = saved(s.content(any_rule, objects), own);
    Subject t;
    auto copy = t.content(any_rule, objects);
    require(furl::detail::restore(again, copy, own, converted).empty(), "what was saved does not load");
    require(t.everything() == s.everything(), "what was saved loads as something else");
}

// Whatever the bytes, tensors are loaded or left alone; a stream gives what memory gives.
void load_tensors(const std::string& bytes) {
    std::vector<std::vector<float>> one{std::vector<float>(3, 7)}, two = one;
    const auto copy = [&](std::span<const std::byte> from, std::vector<std::vector<float>>& to) {
        return furl::detail::copy_tensors(from, {"tensor0"}, furl::element_type::float32, furl::detail::memory_of(to), {});
    };
    const auto wrong = copy(std::as_bytes(std::span(bytes)), one);
    if (!wrong.empty()) require(one[0] == std::vector<float>(3, 7), "a refused file changed a tensor");
    std::istringstream stream(bytes);
    const auto from_stream = furl::checkpoint_source(stream).read([&](std::span<const std::byte> from) { return copy(from, two); });
    if (wrong.empty()) require(from_stream.empty() && std::memcmp(one[0].data(), two[0].data(), 12) == 0, "a stream gives something else");
}

std::string with_checksum(std::string bytes) {
    const auto all = std::as_bytes(std::span(bytes));
    std::size_t length = 0;
    furl::detail::safetensors file;
    if (!furl::detail::header_length(all, length).empty() || length > bytes.size() - 8) return bytes;
    if (!furl::detail::read_header(std::string_view(bytes).substr(8, length), file).empty()) return bytes;
    if (!furl::detail::find_data(file, all.subspan(8 + length)).empty()) return bytes;
    const auto old = file.says("checksum");
    const auto place = bytes.find('"' + old + '"', 8);
    if (old.size() != 8 || place == bytes.npos) return bytes;
    return bytes.replace(place + 1, 8, furl::detail::written_file(file).checksum);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size), summed = with_checksum(bytes);
    load<in_float>(bytes, false, false);
    load<in_float>(summed, false, true);
    load<in_float>(summed, true, false);
    load<in_halves>(summed, true, false);
    load_tensors(summed);
    return 0;
}

// The seeds: checkpoints as they are written. Without an argument of its own, libFuzzer never calls this.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    if (*argc != 3 || std::string((*argv)[1]) != "--seeds") return 0;
    const std::string directory = (*argv)[2];
    in_float s;
    in_halves h;
    furl::save_checkpoint(directory + "/both", s.opt, s.w, {.metadata = {{"epoch", "1"}}});
    furl::save_checkpoint(directory + "/states", s.opt);
    furl::save_checkpoint(directory + "/named", s.opt, s.w, {.names = {"a", "b", "c"}});
    furl::save_checkpoint(directory + "/objects", s.opt, s.w, {.also = {{"scale", s.scale}, {"plateau", s.plateau}}});
    furl::save_checkpoint(directory + "/shapes", s.opt, s.w, {.shapes = {{3, 1}, {4, 0}, {2}}});
    furl::save_checkpoint(directory + "/halves", h.opt, h.w);
    std::exit(0);
}
