#pragma once

#include <furl/execute/block_kernel.hpp>

namespace FURL_NAMESPACE {

/// Runs fused passes, by kernels over vectors of type V. Values of rows and columns are computed in vectors of doubles, Lines.
template <class V, class Lines>
struct fused_executor {
    /// The executor of one plan.
    template <class Plan>
    struct bound {
        using T = typename arithmetic<V>::element;  ///< the type that a step computes in
        using line_vector = Lines;                  ///< the type of values of rows and columns

        /// Any thread can do any run of whole spans on its own.
        static constexpr bool in_pieces = true;

        /// Takes the size of the largest tensor, which needs no buffers here.
        explicit bound(std::size_t) {}

        /// Runs a pass over n elements from number `from` on; the buffers start at the first of these.
        template <std::size_t Pass>
        static void run(const detail::buffer_pointers<Plan>& buffers,
                        const detail::uniform_values<Plan, Pass, T>& uniforms, std::size_t n, std::size_t from,
                        double* reductions) {
            using kernel = std::conditional_t<(Plan::block > 1), detail::block_kernel<Plan, Pass, V>,
                                              detail::kernel<Plan, Pass, V>>;
            if constexpr (Pass + 1 == Plan::order.passes) kernel::write(buffers, uniforms, n, from);
            else {
                if constexpr (detail::stores_operands<Plan, Pass>) store_operands<Pass>(buffers, uniforms, n, from);
                if constexpr (kernel::reduces) kernel::reduce(buffers, uniforms, n, from, reductions);
            }
        }

      private:
        template <std::size_t Pass>
        static void store_operands(const detail::buffer_pointers<Plan>& buffers, const detail::uniform_values<Plan, Pass, T>& uniforms,
                                   std::size_t n, std::size_t from) {
            if constexpr (Plan::block > 1) detail::block_kernel<Plan, Pass, V>::store_operands(buffers, uniforms, n, from);
            else detail::store_operands<Plan, Pass, V>(buffers, uniforms, n, from);
        }
    };
};

}  // namespace furl
