// Random runs for as long as it is told, each against others that must be equal: groups against one optimizer, threads
// against none, a run that is saved and resumed against one that is not, tensor by tensor against all at once, to the bit;
// and all against the reference in double. Usage: soak SECONDS [SEED]
#include <furl/checkpoint/checkpoint.hpp>
#include <furl/furl.hpp>
#include <furl/runtime/grouped_optimizer.hpp>
#include <furl/threads/thread_pool.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/lars.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <unistd.h>

namespace {

using namespace furl;

struct clipped_adamw {
    static constexpr auto lr = hyper<"lr">(1e-3);
    static constexpr auto update = skip_nonfinite(replace(zoo::adamw::update, grad, clip_by_global_norm(grad, hyper<"max_norm">(1.0))));
};

/// States of each domain.
struct every_rate {
    static constexpr auto lr = hyper<"lr">(1e-2);
    static constexpr auto size = ema<"size">(norm(grad), 0.9);
    static constexpr auto ticks = accumulate<"ticks">(furl::step);
    static constexpr auto largest = running_max<"largest">(abs(grad));
    static constexpr auto update =
        with(param - lr * grad / (1 + bias_corrected(size)) / (1 + largest), ticks);
};

using list = std::vector<std::vector<float>>;
using random_source = std::mt19937_64;

bool chance(random_source& random, double p) { return std::bernoulli_distribution(p)(random); }
std::size_t below(random_source& random, std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); }

struct tally {
    long runs = 0, steps = 0, saves = 0, skips = 0;
    std::uint64_t seed = 0;

    void require(bool fine, const std::string& what) const {
        if (fine) return;
        std::fprintf(stderr, "soak: seed %llu: %s\n", static_cast<unsigned long long>(seed), what.c_str());
        std::exit(1);
    }
};

struct setup {
    std::vector<std::size_t> sizes;
    std::vector<std::size_t> ends;  // of groups

    explicit setup(random_source& random) {
        const auto tensors = 1 + below(random, 8);
        for (std::size_t i = 0; i < tensors; ++i) {
            const std::size_t most = chance(random, 0.1) ? 40000 : chance(random, 0.5) ? 2000 : 40;
            sizes.push_back(below(random, most));
            if (chance(random, 0.4)) ends.push_back(i + 1);
        }
        if (ends.empty() || ends.back() != tensors) ends.push_back(tensors);
    }

    template <class Rule>
    grouped_optimizer<float> groups() const {
        grouped_optimizer<float> opt;
        std::size_t begin = 0;
        for (auto end : ends) {
            opt.add<Rule>(std::span(sizes).subspan(begin, end - begin));
            begin = end;
        }
        return opt;
    }
};

template <class Rule, bool Alone>
void run(random_source& random, tally& t, const std::filesystem::path& file, thread_pool& pool) {
    const setup s(random);
    auto groups = s.groups<Rule>();
    optimizer<Rule> one(s.sizes);
    reference<Rule> exact(s.sizes);
    list w;
    std::vector<std::vector<double>> r;
    std::normal_distribution<float> normal;
    for (auto n : s.sizes) {
        w.emplace_back(n);
        for (auto& x : w.back()) x = normal(random);
        r.emplace_back(w.back().begin(), w.back().end());
    }
    auto v = w;
    const auto steps = 1 + below(random, 12);
    for (std::size_t k = 0; k < steps; ++k) {
        list g;
        std::vector<std::vector<double>> h;
        for (auto n : s.sizes) {
            g.emplace_back(n);
            for (auto& x : g.back()) x = normal(random);
            h.emplace_back(g.back().begin(), g.back().end());
        }
        if (chance(random, 0.2)) {
            const double lr = std::pow(10.0, -1 - 3 * std::uniform_real_distribution<double>()(random));
            groups.set("lr", lr), one.set("lr", lr), exact.set("lr", lr);
        }
        const auto tensor = below(random, s.sizes.size());
        if (!Alone && chance(random, 0.1) && s.sizes[tensor] > 0) {
            auto bad = g;
            bad[tensor][below(random, s.sizes[tensor])] = std::numeric_limits<float>::quiet_NaN();
            const auto before = w;
            t.require(!groups.step(w, bad) && !one.step(v, bad), "a step with a NaN was done");
            t.require(w == before && v == before, "a skipped step changed parameters");
            ++t.skips;
        }
        if (chance(random, 0.5)) t.require(groups.step(w, g), "a step of groups was not done");
        else t.require(groups.step(pool, w, g), "a step on threads was not done");
        if (chance(random, 0.5)) {
            for (std::size_t i = 0; i < s.sizes.size(); ++i) {
                const auto j = (i + k) % s.sizes.size();
                t.require(one.step_tensor(j, v[j], g[j]), "a step of a tensor was not done");
            }
        } else {
            t.require(one.step(v, g), "a step was not done");
        }
        exact.step(r, h);
        t.require(w == v, "groups and one optimizer differ");
        ++t.steps;
        if (chance(random, 0.2)) {
            save_checkpoint(file, groups, w);
            auto resumed = s.groups<Rule>();
            for (auto& x : w) std::ranges::fill(x, 0.0f);
            t.require(load_checkpoint(file, resumed, w).done, "a checkpoint was not loaded");
            groups = std::move(resumed);
            if (chance(random, 0.5)) {
                save_checkpoint(file, one, v);
                optimizer<Rule> other(s.sizes);
                load_checkpoint(file, other, v);
                one = std::move(other);
            }
            ++t.saves;
        }
    }
    for (std::size_t i = 0; i < w.size(); ++i)
        for (std::size_t j = 0; j < w[i].size(); ++j)
            t.require(std::abs(static_cast<double>(w[i][j]) - r[i][j]) <= 1e-4 * (1 + std::abs(r[i][j])),
                      "tensor " + std::to_string(i) + ", element " + std::to_string(j) + ": " + std::to_string(w[i][j]) +
                          ", the reference has " + std::to_string(r[i][j]));
    ++t.runs;
}

}  // namespace

int main(int argc, char** argv) {
    const auto seconds = argc > 1 ? std::atof(argv[1]) : 60.0;
    tally t;
    t.seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : std::random_device{}();
    const auto file = std::filesystem::temp_directory_path() / ("furl-soak-" + std::to_string(::getpid()));
    thread_pool pool(3);
    const auto start = std::chrono::steady_clock::now();
    const auto first = t.seed;
    do {
        random_source random(t.seed);
        switch (t.seed % 3) {
            case 0: run<clipped_adamw, false>(random, t, file, pool); break;
            case 1: run<every_rate, true>(random, t, file, pool); break;
            default: run<zoo::lars, true>(random, t, file, pool);
        }
        ++t.seed;
    } while (std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < seconds);
    std::filesystem::remove(file);
    std::printf("soak: %ld runs, %ld steps, %ld saves and resumes, %ld skipped steps, from seed %llu\n", t.runs, t.steps, t.saves,
                t.skips, static_cast<unsigned long long>(first));
}
