// The page "In production".

// The page shows the regions as they stand.
// clang-format off
#include <furl/checkpoint/load_tensors.hpp>
#include <furl/furl.hpp>
#include <furl/memory/huge_page_allocator.hpp>
#include <furl/runtime/registry.hpp>
#include <furl/threads/thread_pool.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/lion.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <vector>

using furl::zoo::adamw;

// [tail]
// The end of a training step as one rule: clip, step, average the weights, leave the gradients at 0.
struct training_tail : adamw {
    static constexpr auto clipped =
        furl::replace(adamw::update, furl::grad, furl::clip_by_global_norm(furl::grad, 1.0));
    static constexpr auto update = furl::zero_grad(furl::weight_ema(furl::skip_nonfinite(clipped), 0.999));
};
static_assert(furl::cost<training_tail>.passes == 2);
// [tail]

// [scaled]
struct scaled_adamw : adamw {
    static constexpr auto clipped =
        furl::replace(adamw::update, furl::grad, furl::clip_by_global_norm(furl::grad, 1.0));
    static constexpr auto update = furl::zero_grad(furl::loss_scaled(clipped));
};
// [scaled]

// [report]
struct reported_adamw : adamw {
    static constexpr auto clipped = furl::clip_by_global_norm<"norm", "clip">(furl::grad, 1.0);
    static constexpr auto update = furl::replace(adamw::update, furl::grad, clipped);
};
// [report]

int main() {
    std::vector<float> w(200'000, 1), g(200'000, 0.5f);
// [threads]
furl::thread_pool pool(2);                       // the calling thread and one more, kept from step to step
furl::optimizer<adamw> opt(w.size());
opt.step(pool, w, g);                            // the same bits as opt.step(w, g)
// [threads]

// [arena]
furl::tensor_arena<float> memory({784 * 500, 500, 500 * 10, 10});
furl::optimizer<training_tail> tail(memory.sizes());

std::span<float> first_weights = memory.parameter(0);    // the model computes on these
tail.step(pool, memory.parameters(), memory.gradients());
// [arena]

// [huge]
using in_huge_pages = std::vector<float, furl::huge_page_allocator<float>>;
in_huge_pages table(5'000'000), table_gradients(5'000'000);

std::vector<float> theirs(5'000'000);                    // a tensor of another library
furl::use_huge_pages(theirs);                            // stays where it is, in huge pages from now on
// [huge]
    std::vector<float> weights(1000, 1), gradients(1000);
    furl::optimizer<training_tail> opt_tail(weights.size());
    int done = 0, now = 0;
    const int steps = 100;
    const auto add_gradients = [&](float infinity) {
        for (auto& x : gradients) x += now == 10 ? infinity : 1.0f;
        ++now;
    };
    const auto backward = [&] { add_gradients(std::numeric_limits<float>::infinity()); };
// [skipped]
for (int t = 0; t < steps; ++t) {
    backward();                                  // yours: adds to the gradients, which are 0
    if (opt_tail.step(weights, gradients)) ++done;
    else furl::zero_gradients(gradients);        // the step was skipped: without this line, the rest would be too
}
// [skipped]
    if (done != 99) return 1;
    std::ranges::fill(g, 0.0f);
    const auto backward_of = [&](double s) {
        for (auto& x : g) x += s > 40000 ? std::numeric_limits<float>::infinity() : 1.0f;
    };
// [loss-scale]
furl::loss_scale scale;                          // 65536 at first
furl::optimizer<scaled_adamw> mixed(w.size());
for (int t = 0; t < 3; ++t) {
    backward_of(scale.value());                  // yours: adds the gradient of scale.value() * loss to g
    mixed.set("loss_scale", scale.value());
    const bool stepped = mixed.step(w, g);       // false where g overflowed: nothing has changed
    if (!stepped) furl::zero_gradients(g);       // not even g: the infinity would stay in the sum
    scale.update(stepped);                       // halves where the step was skipped
}
// [loss-scale]
    std::ranges::fill(g, 1.0f);
// [read-report]
furl::optimizer<reported_adamw> reported(w.size());
reported.step(w, g);
std::printf("gradient norm %g, scaled by %g\n", reported.value("norm"), reported.value("clip"));
// [read-report]
    const auto file = std::filesystem::temp_directory_path() / "furl_docs_production.safetensors";
// [checkpoint]
furl::save_checkpoint(file, opt, w);             // states, hyperparameters, step; and the parameters, as they are given

furl::optimizer<adamw> resumed(w.size());
furl::load_checkpoint(file, resumed, w);         // goes on as if it had not stopped, to the bit
// [checkpoint]
// [checkpoint-more]
furl::save_checkpoint(file, mixed, w, {.shapes = {{500, 400}}, .also = {{"scale", scale}}});      // the scale goes on too
furl::load_checkpoint(file, mixed, w, {.also = {{"scale", scale}}});

std::vector<std::byte> bytes;                    // or a std::ostream: for torch::save, a database, a socket
furl::save_checkpoint(bytes, opt, w);
furl::load_checkpoint(bytes, resumed, w);

std::vector<furl::bfloat16> half(w.size());      // weights out of any safetensors file, Hugging Face's too
furl::load_tensors(file, {"tensor0"}, half, {{500, 400}});
// [checkpoint-more]
    std::filesystem::remove(file);
// [by-name]
const furl::registry<> optimizers(furl::rules<adamw, furl::zoo::lion>{});

furl::any_optimizer<> chosen = optimizers.make("lion", {{"lr", 1e-4}}, w.size());
chosen["weight_decay"] = 0.1;
chosen.step(w, g);
for (const auto& [name, value] : chosen.settings()) std::printf("%s %g\n", std::string(name).c_str(), value);
// [by-name]
    std::printf("loss scale %g after %lld steps\n", scale.value(), static_cast<long long>(mixed.step_count()));
    std::printf("%zu parameters in the first of %zu tensors, step %lld\n", first_weights.size(), memory.tensors(),
                static_cast<long long>(tail.step_count()));
}
