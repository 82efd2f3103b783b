// The step of an optimizer whose states are on the CPU while a device computes: clip by the global norm, AdamW, the weights for the
// device. By furl in two passes, and pass by pass around the loops of others, which step in float.
#include "peers/peers.hpp"
#include "support/passes.hpp"

#include <furl/bench/data.hpp>
#include <furl/bench/job.hpp>
#include <furl/furl.hpp>
#include <furl/zoo/adamw.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using furl::bfloat16, furl::grad_as, furl::param_as, furl::split, furl::states_as, furl::stochastic, furl::storage;

struct clipped_adamw {
    static constexpr auto update = furl::replace(furl::zoo::adamw::update, furl::grad, furl::clip_by_global_norm(furl::grad, 1.0));
};

/// @tparam Device  the type of weights and gradients on the device: float or bfloat16.
template <class Device, class Formats>
class workload {
    using plan = furl::stored_plan<furl::plan<clipped_adamw, furl::contracted>, float, Formats>;
    static constexpr bool converts = !std::is_same_v<Device, float>;
    using kernel = void (*)(const bench::streams&, const bench::adamw_hyper&, std::size_t);

  public:
    explicit workload(std::size_t n) : weights_(n), gradients_(n), opt_(n), param_(n), grad_(n), m_(n), v_(n) {
        furl::bench::fill(std::span(param_), 1);
        std::ranges::transform(param_, weights_.begin(), [](float x) { return Device(x); });
        renew();
    }

    // The peers scale gradients of float in place, so each sample starts from new ones.
    void renew() {
        furl::bench::fill(std::span(grad_), 2);
        std::ranges::transform(grad_, gradients_.begin(), [](float x) { return Device(x); });
    }

    void furl_step(std::size_t calls) {
        for (; calls > 0; --calls) opt_.step(weights_, gradients_);
    }

    void peer_step(kernel adamw, std::size_t calls) {
        const auto n = weights_.size();
        for (; calls > 0; --calls) {
            if constexpr (converts) bench::widen(grad_.data(), bits(gradients_), n);
            const auto norm = std::sqrt(bench::sum_of_squares(grad_.data(), n));
            bench::scale(grad_.data(), static_cast<float>(std::min(1.0, 1.0 / (norm + 1e-6))), n);
            adamw({param_.data(), grad_.data(), m_.data(), v_.data(), n}, hyper_, ++step_);
            if constexpr (converts) bench::narrow(bits(weights_), param_.data(), n);
        }
    }

    // The norm reads the gradients once more.
    static constexpr std::size_t bytes = plan::bytes_per_parameter + sizeof(Device);

  private:
    std::vector<Device> weights_, gradients_;
    furl::optimizer<clipped_adamw, float, Formats> opt_;
    std::vector<float> param_, grad_, m_, v_;
    bench::adamw_hyper hyper_;
    std::size_t step_ = 0;

    static auto* bits(std::vector<Device>& x) { return reinterpret_cast<std::uint16_t*>(x.data()); }
};

template <class Device, class Formats>
void add(std::vector<furl::bench::job>& jobs, const std::string& name) {
    using work = workload<Device, Formats>;
    for (std::size_t n : {100'000, 30'000'000})  // in the second level of cache; in memory
        jobs.push_back({"offload " + name, n, static_cast<double>(work::bytes), [n] {
                            const auto w = std::make_shared<work>(n);
                            const auto renew = [w] { w->renew(); };
                            std::vector<furl::bench::loop> loops{{"furl", [w](std::size_t calls) { w->furl_step(calls); }, renew}};
                            loops.push_back({"pytorch", [w](std::size_t calls) { w->peer_step(bench::pytorch_adamw, calls); }, renew});
#ifdef BENCH_DEEPSPEED
                            loops.push_back({"deepspeed", [w](std::size_t calls) { w->peer_step(bench::deepspeed_adamw, calls); }, renew});
#endif
                            return loops;
                        }});
}

const bool registered = furl::bench::add_to_registered([](const furl::bench::settings&, std::vector<furl::bench::job>& jobs) {
    add<float, storage<>>(jobs, "float");
    add<bfloat16, storage<param_as<split<bfloat16>>, grad_as<bfloat16>>>(jobs, "bfloat16");
    add<bfloat16, storage<param_as<split<bfloat16>>, grad_as<bfloat16>, states_as<stochastic<bfloat16>>>>(jobs, "bfloat16-moments");
});

}  // namespace
