// Writes a checkpoint, and what is in it as text, for a reader in another language to compare.
#include <furl/checkpoint/checkpoint.hpp>
#include <furl/furl.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace {

struct rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);
    static constexpr auto limit = furl::hyper<"limit">(0.3);
    static constexpr auto m = furl::ema<"m">(furl::grad, 0.9);
    static constexpr auto size = furl::ema<"size">(norm(furl::grad), 0.9);
    static constexpr auto ticks = furl::accumulate<"ticks">(furl::step);
    static constexpr auto update = furl::with(furl::param - lr * clamp(m, -limit, limit) / size, ticks);
};

template <class T>
void run(const std::string& path) {
    std::vector<std::vector<T>> w{std::vector<T>(1000), {}, std::vector<T>(7)}, g = w;
    furl::optimizer<rule, T> opt{1000, 0, 7};
    for (int t = 0; t < 3; ++t) {
        for (auto& x : g)
            for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(static_cast<double>((i * 7 + 3) % 11) - 5.0) / T{3};
        opt.step(w, g);
    }
    const std::vector<std::string> names{"layer.weight", "é", "layer.bias"};
    furl::save_checkpoint(path, opt, w, {.names = names, .metadata = {{"epoch", "12"}}});
    const auto print = [](const std::string& name, const char* type, auto values) {
        std::printf("%s %s %zu", name.c_str(), type, values.size());
        for (auto x : values) std::printf(" %a", static_cast<double>(x));
        std::printf("\n");
    };
    const char* type = sizeof(T) == 4 ? "F32" : "F64";
    for (std::size_t i = 0; i < 3; ++i) {
        print(names[i], type, std::span<T>(w[i]));
        print(names[i] + ".m", type, opt.state(rule::m, i));
        print(names[i] + ".size", "F64", opt.state(rule::size, i));
    }
    print("global.ticks", "F64", opt.state(rule::ticks, 0));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 1;
    if (std::string(argv[1]) == "float") run<float>(argv[2]);
    else run<double>(argv[2]);
}
