// AdamW with its streams in other formats, against the same rule with all of them in float.
#include <furl/bench/data.hpp>
#include <furl/bench/job.hpp>
#include <furl/furl.hpp>
#include <furl/memory/tensor_arena.hpp>
#include <furl/zoo/adamw.hpp>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace furl;

template <class... Choices>
class workload {
    using formats = storage<Choices...>;
    using plan = stored_plan<furl::plan<zoo::adamw, contracted>, float, formats>;
    using parameter = typename plan::template format<0>::element;
    using gradient = typename plan::template format<1>::element;

  public:
    explicit workload(std::size_t n) : parameters_({n}), gradients_({n}), opt_(n) {
        std::vector<float> x(n);
        bench::fill(std::span(x), 1);
        std::ranges::transform(x, parameters_.parameter(0).begin(), [](float v) { return parameter(v); });
        bench::fill(std::span(x), 2);
        std::ranges::transform(x, gradients_.gradient(0).begin(), [](float v) { return gradient(v); });
    }

    void run(std::size_t calls) {
        for (; calls > 0; --calls) opt_.step(parameters_.parameter(0), gradients_.gradient(0));
    }

    static constexpr std::size_t bytes = plan::bytes_per_parameter;

  private:
    tensor_arena<parameter> parameters_;
    tensor_arena<gradient> gradients_;
    optimizer<zoo::adamw, float, formats> opt_;
};

template <class... Choices>
bench::loop loop_of(const char* name, std::size_t n) {
    const auto w = std::make_shared<workload<Choices...>>(n);
    return {name, [w](std::size_t calls) { w->run(calls); }};
}

constexpr std::size_t sizes[]{100'000, 30'000'000};  // in the second level of cache; in memory

template <class... Choices>
void add(std::vector<bench::job>& jobs, const std::string& name) {
    for (auto n : sizes)
        jobs.push_back({"storage " + name, n, static_cast<double>(workload<Choices...>::bytes), [n] {
                            return std::vector{loop_of<Choices...>("stored", n), loop_of<>("float", n)};
                        }});
}

const bool registered = bench::add_to_registered([](const bench::settings&, std::vector<bench::job>& jobs) {
    add<states_as<bfloat16>>(jobs, "m-v-bfloat16");
    add<states_as<stochastic<bfloat16>>>(jobs, "m-v-bfloat16-stochastic");
    add<states_as<float16>>(jobs, "m-v-float16");
    add<state_as<"m", block8>, state_as<"v", block8_positive>>(jobs, "m-v-8-bit");
    add<param_as<split<bfloat16>>, grad_as<bfloat16>>(jobs, "split");
    add<param_as<master<bfloat16>>, grad_as<bfloat16>>(jobs, "master");
    add<param_as<compensated<bfloat16>>, grad_as<bfloat16>>(jobs, "compensated");
    add<param_as<stochastic<bfloat16>>, grad_as<bfloat16>, states_as<stochastic<bfloat16>>>(jobs, "all-bfloat16-stochastic");
});

}  // namespace
