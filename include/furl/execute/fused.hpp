#pragma once

#include <furl/execute/staged.hpp>

namespace FURL_NAMESPACE {

/// The product: fused passes of kernels over V.
template <class V>
struct fused_executor {
    /// For one plan.
    template <class Plan>
    struct bound {
        using T = typename arithmetic<V>::element;  ///< what is computed with

        /// Any run of whole spans can be done by itself, by any thread.
        static constexpr bool in_pieces = true;

        /// Of any size.
        explicit bound(std::size_t) {}

        /// The elements from number `from` on, n of them; the places start at the first of these.
        template <std::size_t Pass>
        static void run(const detail::place_pointers<Plan>& places,
                        const detail::uniform_values<Plan, Pass, T>& uniforms, std::size_t n, std::size_t from,
                        double* reductions) {
            using kernel = std::conditional_t<(Plan::block > 1), detail::staged_kernel<Plan, Pass, V>,
                                              detail::kernel<Plan, Pass, V>>;
            if constexpr (Pass + 1 == Plan::order.passes) kernel::write(places, uniforms, n, from);
            else kernel::reduce(places, uniforms, n, from, reductions);
        }
    };
};

}  // namespace furl
