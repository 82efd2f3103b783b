#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace examples {

/// An optimizer of furl's zoo over one tensor of doubles, whose rule is chosen at run time.
class zoo_optimizer {
  public:
    virtual ~zoo_optimizer() = default;

    /// One step. The curvature, the diagonal of the Hessian, is for rules of second order; others do not read it.
    virtual void step(std::span<double> parameters, std::span<const double> gradient,
                      std::span<const double> curvature) = 0;

    virtual std::span<const std::string_view> hyperparameters() const = 0;
    virtual double get(std::string_view name) const = 0;
    virtual void set(std::string_view name, double value) = 0;
};

/// A rule of the zoo, by name.
struct zoo_entry {
    std::string name;
    bool is_second_order;
    std::unique_ptr<zoo_optimizer> (*make)(std::size_t n);
};

/// Every rule of furl::zoo::all, in alphabetical order. They are compiled in zoo_optimizers.cpp, once for the program.
std::vector<zoo_entry> zoo_entries();

}  // namespace examples
