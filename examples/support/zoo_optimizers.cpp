#include "zoo_optimizers.hpp"

#include <furl/furl.hpp>
#include <furl/zoo/list.hpp>

#include <boost/hana/for_each.hpp>

#include <algorithm>

namespace examples {

namespace {

template <class Rule>
class compiled final : public zoo_optimizer {
  public:
    static constexpr bool is_second_order = furl::plan<Rule, furl::contracted>::inputs == 1;

    explicit compiled(std::size_t n) : opt_(n) {}

    void step(std::span<double> parameters, std::span<const double> gradient,
              std::span<const double> curvature) override {
        if constexpr (is_second_order) opt_.step(parameters, gradient, furl::input<"hessian"> = curvature);
        else opt_.step(parameters, gradient);
    }

    std::span<const std::string_view> hyperparameters() const override { return opt_.hyperparameters(); }
    double get(std::string_view name) const override { return opt_.get(name); }
    void set(std::string_view name, double value) override { opt_.set(name, value); }

  private:
    furl::optimizer<Rule, double> opt_;
};

/// "furl::zoo::adam" -> "adam"
std::string short_name(std::string_view type) { return std::string(type.substr(type.rfind(':') + 1)); }

}  // namespace

std::vector<zoo_entry> zoo_entries() {
    std::vector<zoo_entry> entries;
    boost::hana::for_each(furl::zoo::all, [&]<class Rule>(Rule) {
        using rule = typename Rule::type;
        entries.push_back({short_name(furl::type_name<rule>()), compiled<rule>::is_second_order,
                           [](std::size_t n) -> std::unique_ptr<zoo_optimizer> {
                               return std::make_unique<compiled<rule>>(n);
                           }});
    });
    std::ranges::sort(entries, {}, &zoo_entry::name);
    return entries;
}

}  // namespace examples
