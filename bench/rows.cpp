// Rules with a value of each row or column: whole matrices, narrow ones, some rows of a table, and Muon.
#include "support/row_loops.hpp"

#include <furl/bench/data.hpp>
#include <furl/bench/job.hpp>
#include <furl/bench/limits.hpp>
#include <furl/bench/placement.hpp>
#include <furl/furl.hpp>
#include <furl/zoo/adafactor.hpp>
#include <furl/zoo/adam_mini.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/rowwise_adagrad.hpp>
#if defined(BENCH_BLAS) || defined(BENCH_EIGEN)
#include <furl/zoo/matrix/muon.hpp>
#endif
#if defined(BENCH_BLAS)
#include <furl/matrix/blas.hpp>
#elif defined(BENCH_EIGEN)
#include <furl/matrix/eigen.hpp>
#endif

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using furl::bench::job;
using furl::bench::loop;

struct centered_adamw : furl::zoo::adamw {
    static constexpr auto update = furl::replace(furl::zoo::adamw::update, furl::grad, furl::centralized_per_row(furl::grad));
};
static_assert(furl::cost<centered_adamw>.passes == 1);

using by_hand = void (*)(const bench::row_streams&, const bench::row_hyper&, std::size_t);

// A matrix, a rule for it, and the states of a loop by hand, which are furl's own.
template <class Rule>
class workload {
    using plan = furl::plan<Rule, furl::contracted>;

  public:
    explicit workload(furl::shape s) : shape_(s), opt_(s), rows_(s.rows) {
        opt_.set("lr", hyper_.lr);
        if (std::ranges::find(opt_.hyperparameters(), std::string_view("weight_decay")) != opt_.hyperparameters().end())
            opt_.set("weight_decay", hyper_.weight_decay);
        std::vector<const float*> taken;
        for (const auto& state : plan::program.states)
            if (state.where == furl::domain::element) states_.push_back(opt_.state(state.name).data());
        taken.insert(taken.end(), states_.begin(), states_.end());
        for (std::uint32_t k = 0; k < 2; ++k) {
            given_.emplace_back(s.size(), furl::bench::distant_offset(taken));
            furl::bench::fill(given_.back().values(), k + 1);
            taken.push_back(given_.back().values().data());
        }
    }

    void furl(std::size_t calls) {
        for (; calls > 0; --calls) opt_.step(given_[0].values(), std::span<const float>(given_[1].values()));
    }
    void hand(by_hand step, std::size_t calls) {
        for (; calls > 0; --calls) step(streams(), hyper_, ++step_);
    }
    void memory(std::size_t calls) {
        typename furl::bench::memory_limit<plan, float>::pointers p{given_[0].values().data(), given_[1].values().data()};
        for (std::size_t k = 2; k < p.size(); ++k) p[k] = states_[k - 2];
        furl::bench::memory_limit<plan, float>::repeat(calls, p, shape_.size());
    }
    void named(const std::vector<int>& rows) {
        opt_.step_rows(rows, given_[0].values(), std::span<const float>(given_[1].values()).first(rows.size() * shape_.columns));
    }
    void named_by_hand(const std::vector<int>& rows) { bench::hand_named_rows(streams(), rows, hyper_); }

    // The largest difference of a parameter after three steps by furl and three by hand, from the same start.
    static double difference(furl::shape s, by_hand step) {
        workload a(s), b(s);
        a.furl(3), b.hand(step, 3);
        double worst = 0;
        for (std::size_t i = 0; i < s.size(); ++i)
            worst = std::max(worst, std::abs(static_cast<double>(a.given_[0].values()[i]) - static_cast<double>(b.given_[0].values()[i])));
        return worst;
    }

  private:
    furl::shape shape_;
    furl::optimizer<Rule> opt_;
    std::vector<furl::bench::placed_stream<float>> given_;  // parameters, gradients
    std::vector<float*> states_;
    std::vector<float> rows_;
    bench::row_hyper hyper_;
    std::size_t step_ = 0;

    bench::row_streams streams() {
        const auto state = [&](std::size_t i) { return i < states_.size() ? states_[i] : nullptr; };
        return {given_[0].values().data(), given_[1].values().data(), state(0), state(1), rows_.data(), shape_.rows, shape_.columns};
    }
};

// Loops on one matrix: furl's, one by hand if there is one, and what memory allows.
template <class Rule>
void add(std::vector<job>& jobs, const std::string& name, furl::shape s, by_hand step) {
    jobs.push_back({"rows " + name + " " + std::to_string(s.columns), s.size(), furl::cost<Rule>.bytes_per_parameter, [s, step] {
                        const auto w = std::make_shared<workload<Rule>>(s);
                        std::vector<loop> loops{{"furl", [w](std::size_t calls) { w->furl(calls); }}};
                        if (step) loops.push_back({"hand", [w, step](std::size_t calls) { w->hand(step, calls); }});
                        loops.push_back({"memory", [w](std::size_t calls) { w->memory(calls); }});
                        return loops;
                    }});
}

// A hundredth of the rows of a table, other rows in each call, so that they are not in cache. The dense step is of all rows.
void add_table(std::vector<job>& jobs, furl::shape s) {
    using rule = furl::zoo::rowwise_adagrad;
    jobs.push_back({"rows step_rows " + std::to_string(s.columns), s.size() / 100, furl::cost<rule>.bytes_per_parameter, [s] {
                        const auto w = std::make_shared<workload<rule>>(s);
                        std::vector<int> all(s.rows);
                        std::iota(all.begin(), all.end(), 0);
                        std::ranges::shuffle(all, std::mt19937{1});
                        const auto lists = std::make_shared<std::vector<std::vector<int>>>();
                        const auto n = static_cast<std::ptrdiff_t>(s.rows / 100);
                        for (auto from = all.begin(); all.end() - from >= n; from += n) lists->emplace_back(from, from + n);
                        const auto each = [w, lists](auto step) {
                            return [w, lists, step, next = std::size_t{0}](std::size_t calls) mutable {
                                for (; calls > 0; --calls) step(*w, (*lists)[next++ % lists->size()]);
                            };
                        };
                        return std::vector<loop>{{"furl", each([](auto& of, const auto& rows) { of.named(rows); })},
                                                 {"hand", each([](auto& of, const auto& rows) { of.named_by_hand(rows); })},
                                                 {"dense", [w](std::size_t calls) { w->furl(calls); }}};
                    }});
}

#if defined(BENCH_BLAS) || defined(BENCH_EIGEN)
#if defined(BENCH_BLAS)
using engine = furl::blas_engine;
#else
using engine = furl::eigen_engine;
#endif

// Muon beside the products of its iterations, by the same engine, in memory of their own.
void add_muon(std::vector<job>& jobs, furl::shape s) {
    using rule = furl::zoo::muon;
    jobs.push_back({"rows muon " + std::to_string(s.columns), s.size(), furl::cost<rule>.bytes_per_parameter, [s] {
                        struct state {
                            explicit state(furl::shape of) : opt(of), param(of.size()), grad(of.size()), x(of.size()), y(of.size()), a(of.rows * of.rows), b(a.size()) {
                                furl::bench::fill(std::span(param), 1);
                                furl::bench::fill(std::span(grad), 2);
                                furl::bench::fill(std::span(x), 3);
                                for (auto& v : x) v /= static_cast<float>(of.rows);
                            }
                            furl::optimizer<rule, float, engine> opt;
                            std::vector<float> param, grad, x, y, a, b;
                        };
                        const auto w = std::make_shared<state>(s);
                        return std::vector<loop>{{"furl", [w](std::size_t calls) { for (; calls > 0; --calls) w->opt.step(w->param, w->grad); }},
                                                 {"products", [w, s](std::size_t calls) {
                                                      const auto [R, C] = s;
                                                      for (calls *= 5; calls > 0; --calls) {
                                                          engine::multiply(false, true, R, R, C, 1.0f, w->x.data(), C, w->x.data(), C, 0.0f, w->a.data(), R);
                                                          engine::multiply(false, false, R, R, R, 1e-3f, w->a.data(), R, w->a.data(), R, 1e-3f, w->b.data(), R);
                                                          engine::multiply(false, false, R, C, R, 1e-3f, w->b.data(), R, w->x.data(), C, 1e-3f, w->y.data(), C);
                                                      }
                                                  }}};
                    }});
}
#endif

// Each loop by hand does what the rule does, rows that fill no vector included.
void check_agreement() {
    const auto check = [](const std::string& name, double difference) {
        if (difference > 1e-7) throw std::runtime_error("furl and the loop by hand for " + name + " differ by " + std::to_string(difference));
    };
    for (const auto& s : {furl::shape{9, 1}, {30, 3}, {7, 40}, {5, 1000}, {3, 300'001}}) {
        check("rowwise_adagrad", workload<furl::zoo::rowwise_adagrad>::difference(s, bench::hand_rowwise_adagrad));
        check("adam_mini", workload<furl::zoo::adam_mini>::difference(s, bench::hand_adam_mini));
        check("centered_adamw", workload<centered_adamw>::difference(s, bench::hand_centered_adamw));
    }
}

const bool registered = furl::bench::add_to_registered([](const furl::bench::settings&, std::vector<job>& jobs) {
    namespace zoo = furl::zoo;
    check_agreement();
    const std::size_t in_cache = 1 << 16, in_memory = 1 << 24;
    for (auto n : {in_cache, in_memory})
        for (std::size_t columns : {64, 256, 1024, 4096, 16384}) {
            const furl::shape s{n / columns, columns};
            add<zoo::rowwise_adagrad>(jobs, "rowwise_adagrad", s, bench::hand_rowwise_adagrad);
            add<zoo::adam_mini>(jobs, "adam_mini", s, bench::hand_adam_mini);
            add<centered_adamw>(jobs, "centered_adamw", s, bench::hand_centered_adamw);
            add<zoo::adafactor>(jobs, "adafactor", s, nullptr);
        }
    for (std::size_t columns : {1, 2, 4, 7, 16, 33}) add<zoo::rowwise_adagrad>(jobs, "narrow", {in_cache / columns, columns}, bench::hand_rowwise_adagrad);
    // Rows that begin anywhere in a cache line.
    for (std::size_t columns : {257, 1023, 4099}) add<zoo::rowwise_adagrad>(jobs, "unaligned", {in_memory / columns, columns}, bench::hand_rowwise_adagrad);
    add_table(jobs, {1'000'000, 64});
#if defined(BENCH_BLAS) || defined(BENCH_EIGEN)
    add_muon(jobs, {1024, 4096});
#endif
});

}  // namespace
