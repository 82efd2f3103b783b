#pragma once

#include <furl/distributed/sharding.hpp>
#include <furl/optimizer.hpp>

#include <cstddef>
#include <initializer_list>

namespace FURL_NAMESPACE::detail {

/// The sharded_optimizer of a rule that is not well formed, or of policies that do not fit: see refused_optimizer.
template <class Rule, class T, class... Policies>
class refused_sharded_optimizer : public refused_optimizer<Rule, T, Policies...> {
  public:
    refused_sharded_optimizer(auto&, const auto&, sharding_settings = {}) {}
    refused_sharded_optimizer(auto&, std::initializer_list<std::size_t>, sharding_settings = {}) {}
    refused_sharded_optimizer(auto&, std::initializer_list<furl::shape>, sharding_settings = {}) {}
    bool step_sharded(auto&&...) { return false; }
    void gather(auto&&) {}
    tensor_part part(std::size_t, std::size_t = 0) const { return {}; }
    std::size_t rank() const { return 0; }
    std::size_t ranks() const { return 0; }
    std::size_t state_memory() { return 0; }
    sharded_times times() const { return {}; }
};

}  // namespace furl::detail
