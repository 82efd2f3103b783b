#pragma once

#include <furl/base/error.hpp>
#include <furl/runtime/any_optimizer.hpp>
#include <furl/runtime/grouped_optimizer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// An optimizer of groups behind the C interface, whose functions name a tensor by its number in the list of all.
namespace FURL_NAMESPACE::detail {

/// Groups that are added once, with the functions of any_optimizer that the C interface calls.
template <class T, class E>
class c_groups : public grouped_optimizer<T, E> {
    using base = grouped_optimizer<T, E>;

  public:
    /// Adds a group behind the others.
    void add_last(const registry<T, E>& rules, std::string_view rule, const std::vector<furl::shape>& shapes, std::vector<setting> settings) {
        base::add(rules, rule, shapes, {.settings = std::move(settings)});
        for (std::size_t i = 0; i < shapes.size(); ++i) {
            places_.emplace_back(base::size() - 1, i);
            shapes_.push_back(shapes[i]);
            sizes_.push_back(shapes[i].rows * shapes[i].columns);
        }
    }

    std::span<const furl::shape> shapes() const { return shapes_; }
    std::span<const std::size_t> sizes() const { return sizes_; }
    const rule_info& info_of(std::size_t tensor) const { return group_of(tensor).info(); }

    using base::set;
    bool set(std::string_view name, std::size_t tensor, double value) { return group_of(tensor).set(name, place(tensor), value); }
    double get(std::string_view name, std::size_t tensor) const { return group_of(tensor).get(name, place(tensor)); }
    double get(std::string_view) const {
        return refuse("furl: each group has a hyperparameter of its own; furl_get_of_group reads it", not_a_number<double>);
    }

    std::int64_t step_count() const {
        std::int64_t most = 0;
        for (const auto& g : *this) most = std::max(most, g.step_count());
        return most;
    }
    std::vector<T> read_state(std::string_view name, std::size_t tensor) const { return group_of(tensor).read_state(name, place(tensor)); }
    double scalar_state(std::string_view name, std::size_t tensor) { return group_of(tensor).scalar_state(name, place(tensor)); }

    template <class... Arguments>
    bool step_tensor(const Arguments&...) {
        return refuse("furl: an optimizer of groups has no step of one tensor; furl_step takes the tensors of all groups");
    }
    template <class... Runner>
    bool finish_step(const Runner&...) {
        return step_tensor();
    }

  private:
    std::vector<std::pair<std::size_t, std::size_t>> places_;  // for each tensor, its group and its number there
    std::vector<furl::shape> shapes_;
    std::vector<std::size_t> sizes_;

    std::size_t place(std::size_t tensor) const { return places_[tensor].second; }
    const auto& group_of(std::size_t tensor) const {
        if (tensor >= places_.size()) refuse(no_tensor(tensor, places_.size()));
        return *(this->begin() + static_cast<std::ptrdiff_t>(places_[tensor].first));
    }
    auto& group_of(std::size_t tensor) { return const_cast<parameter_group<T, E>&>(std::as_const(*this).group_of(tensor)); }
};

}  // namespace furl::detail
