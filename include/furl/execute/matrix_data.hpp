#pragma once

#include <furl/base/shape.hpp>
#include <furl/execute/leaves.hpp>
#include <furl/language/matrix_engine.hpp>

#include <algorithm>
#include <span>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// The scratch memory of functions of matrices: their operands, which become their results, and what one call needs besides.
template <class Plan, class T>
class matrix_data {
    static constexpr const auto& program = Plan::program;
    static constexpr const auto& functions = Plan::order.matrices;

  public:
    explicit matrix_data(std::span<const furl::shape> shapes) : shapes_(shapes.begin(), shapes.end()) {
        std::size_t work = 0;
        for (const auto& s : shapes_) {
            first_.push_back(stride_);
            stride_ += s.size() + slack;
            for (auto m : functions) work = std::max(work, program[m].function->scratch_size(s.rows, s.columns));
        }
        values_.resize(functions.size() * stride_);
        work_.resize(work);
    }

    /// The operand of the k-th function of the plan for a tensor; after run, its result.
    T* values(std::size_t k, std::size_t tensor) { return values_.data() + k * stride_ + first_[tensor]; }

    /// Tells a pass where the operands and results are, from an element of a tensor on.
    template <class Uniforms>
    void place(Uniforms& given, std::size_t tensor, std::size_t element) {
        for (std::size_t k = 0; k < given.matrices.size(); ++k) given.matrices[k] = values(k, tensor) + element;
    }

    /// Runs the functions whose operands this walk has stored.
    template <std::size_t Walk>
    void run(std::size_t tensor) {
        if constexpr (Walk + 1 < Plan::order.walks)
            [&]<std::size_t... K>(std::index_sequence<K...>) {
                (
                    [&] {
                        constexpr auto m = functions[K];
                        if constexpr (Plan::order.level[m] == static_cast<std::int16_t>(Plan::order.first[Walk + 1]))
                            program[m].function->template run<T>()({values(K, tensor), shapes_[tensor].rows, shapes_[tensor].columns}, work_.data(), product());
                    }(),
                    ...);
            }(std::make_index_sequence<functions.size()>{});
    }

  private:
    static constexpr std::size_t slack = 16;  // a vector may be read behind the last element

    std::vector<furl::shape> shapes_;
    std::vector<std::size_t> first_;
    std::size_t stride_ = 0;
    std::vector<T> values_, work_;

    static constexpr matrix_product<T> product() {
        if constexpr (MatrixEngine<typename Plan::engine>) return &Plan::engine::template multiply<T>;
        else return nullptr;
    }
};

/// The place of matrix_data in an optimizer whose rule has no functions of matrices.
struct no_matrix_data {
    explicit no_matrix_data(std::span<const furl::shape>) {}
};

template <class Plan, class T>
using matrix_data_of = std::conditional_t<Plan::has_matrices, matrix_data<Plan, T>, no_matrix_data>;

}  // namespace furl::detail
