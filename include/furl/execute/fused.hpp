#pragma once

#include <furl/execute/block_kernel.hpp>
#include <furl/execute/row_kernel.hpp>

namespace FURL_NAMESPACE {

/// Runs fused passes, by kernels over vectors of type V. Lines is the vector of doubles for values of rows and columns.
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
            constexpr bool last = Pass + 1 == Plan::order.passes;
            if constexpr (detail::stores_operands<Plan, Pass>) {
                if constexpr (Plan::block > 1) detail::block_kernel<Plan, Pass, V>::store_operands(buffers, uniforms, n, from);
                else detail::store_operands<Plan, Pass, V>(buffers, uniforms, n, from);
            }
            if constexpr (!last && !detail::kernel<Plan, Pass, V>::reduces) return;
            else if constexpr (Plan::block > 1 && last) detail::block_kernel<Plan, Pass, V>::write(buffers, uniforms, n, from);
            else if constexpr (Plan::block > 1) detail::block_kernel<Plan, Pass, V>::reduce(buffers, uniforms, n, from, reductions);
            else if constexpr (last) detail::write_kernel<Plan, Pass, V>::run(buffers, uniforms, n, from);
            else detail::reduce_kernel<Plan, Pass, V>::run(buffers, uniforms, n, from, reductions);
        }

        /// Whether it runs passes over several rows at once.
        static constexpr bool takes_rows = Plan::block == 1;

        /// The passes over several rows: the last pass, whose kernel takes only short rows, and the others.
        template <std::size_t Pass>
        using write_rows = detail::row_kernel<Plan, Pass, V>;
        template <std::size_t Pass>
        using reduce_rows = detail::reduce_kernel<Plan, Pass, V>;
    };
};

}  // namespace furl
