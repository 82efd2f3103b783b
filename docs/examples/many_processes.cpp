// The page "Many processes".

// The page shows the regions as they stand.
// clang-format off
#include <furl/distributed/local_ranks.hpp>
#include <furl/distributed/sharded_groups.hpp>
#include <furl/furl.hpp>
#include <furl/zoo/adamw.hpp>

#include <vector>

struct clipped_adamw : furl::zoo::adamw {
    static constexpr auto update =
        furl::replace(furl::zoo::adamw::update, furl::grad, furl::clip_by_global_norm(furl::grad, 1.0));
};

int main() {
    furl::local_ranks threads(2);
    threads.run([](furl::local_rank& ranks) {
        std::vector<float> w(10'000, 1), b(100, 1), grad_w(w.size(), 0.5f), grad_b(b.size(), 0.5f);
// [groups]
furl::sharded_groups<float> opt(ranks, {.mean = true});
opt.add<clipped_adamw>({w.size()});
opt.add<clipped_adamw>({b.size()}, {.settings = {{"weight_decay", 0}}});
opt.set("lr", 3e-4);                             // on all ranks
opt.step({w, b}, {grad_w, grad_b});
// [groups]
    });
}
