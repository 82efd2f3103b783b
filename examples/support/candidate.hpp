#pragma once

#include <furl/furl.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace examples {

/// An optimizer whose rule is known at run time only: it was compiled into a library of its own.
class candidate_optimizer {
  public:
    virtual ~candidate_optimizer() = default;
    virtual void step(std::span<const std::span<float>> parameters,
                      std::span<const std::span<const float>> gradients) = 0;
};

/// A rule of such a library.
struct candidate {
    std::string (*text)();
    std::string (*latex)();
    std::unique_ptr<candidate_optimizer> (*make)(const std::vector<std::size_t>& sizes, double lr);
};

/// The rule, which needs a hyperparameter lr, as a candidate.
template <class Rule>
candidate candidate_of() {
    struct compiled : candidate_optimizer {
        explicit compiled(const std::vector<std::size_t>& sizes) : opt(sizes) {}
        void step(std::span<const std::span<float>> parameters,
                  std::span<const std::span<const float>> gradients) override {
            opt.step(parameters, gradients);
        }
        furl::optimizer<Rule> opt;
    };
    return {[] { return furl::text<Rule>(); }, [] { return furl::latex<Rule>(); },
            [](const std::vector<std::size_t>& sizes, double lr) -> std::unique_ptr<candidate_optimizer> {
                auto made = std::make_unique<compiled>(sizes);
                made->opt[Rule::lr] = lr;
                return made;
            }};
}

}  // namespace examples
