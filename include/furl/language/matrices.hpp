#pragma once

#include <furl/language/expression.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

// Functions of whole matrices. They run between two walks over memory: the first walk writes the operand to scratch memory, the
// function replaces it by its result, and the second walk reads that.
namespace FURL_NAMESPACE {

/// A matrix that lies row by row, without gaps.
template <class T>
struct matrix_view {
    T* data;              ///< the first element
    std::size_t rows;     ///< the number of rows
    std::size_t columns;  ///< the number of columns

    /// The number of elements.
    constexpr std::size_t size() const { return rows * columns; }
};

/// Multiplies matrices: c = alpha op(a) op(b) + beta c, where op transposes or does nothing. c has m rows and n columns; op(a) has
/// k columns. Matrices lie row by row; lda, ldb and ldc are the distances from one row to the next, in elements. The `multiply` of
/// a MatrixEngine is such a function.
template <class T>
using matrix_product = void (*)(bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k, T alpha, const T* a,
                                std::size_t lda, const T* b, std::size_t ldb, T beta, T* c, std::size_t ldc);

/// A function of a matrix, as the graph of a rule holds it.
struct matrix_function_info {
    /// Replaces a matrix by the result of the function. `scratch` has as many numbers as scratch_size says.
    template <class T>
    using run_type = void (*)(matrix_view<T> x, T* scratch, matrix_product<T> multiply);

    std::string_view name;          ///< how the function prints
    std::string_view operand_name;  ///< how its operand in scratch memory prints
    std::uint64_t id;       ///< equal for equal functions, also of different programs
    bool needs_engine;      ///< whether it multiplies matrices
    /// Returns how many numbers of scratch memory it needs for a matrix of this shape.
    std::size_t (*scratch_size)(std::size_t rows, std::size_t columns);
    run_type<float> run_float;    ///< null if it takes no matrices of float
    run_type<double> run_double;  ///< null if it takes no matrices of double
    // UBSan forbids a constant expression to compare run_float with null.
    bool takes_float = true;   ///< whether run_float is given
    bool takes_double = true;  ///< whether run_double is given

    /// Whether it takes matrices of type T.
    template <class T>
    constexpr bool takes() const {
        return sizeof(T) == sizeof(float) ? takes_float : takes_double;
    }

    /// Returns the function for elements of type T.
    template <class T>
    constexpr run_type<T> run() const {
        if constexpr (sizeof(T) == sizeof(float)) return run_float;
        else return run_double;
    }
};

/// A function of a whole matrix, which is an expression of one value per parameter.
template <auto& Info, Expression X>
struct of_matrix : expression {
    static constexpr std::size_t depth = 1 + X::depth;  ///< operations in the longest chain

    X operand;  ///< the matrix

    /// Applies the function to this matrix.
    constexpr explicit of_matrix(const X& x) : operand(x) {}

    /// Counts the nodes that it lays out.
    static constexpr void count(detail::node_count& c) {
        ++c.nodes;
        X::count(c);
    }

    /// Lays the expression out in a graph and returns the index of its node.
    template <std::size_t N>
    constexpr std::int16_t into(graph<N>& g) const {
        node result{op::matrix, {operand.into(g), -1, -1}, 0, {}};
        result.function = &Info;
        return g.add(result);
    }
};

/// Makes the singular values of a matrix nearly 1 by the Newton-Schulz iteration X <- a X + (b A + c A^2) X with A = X X^T.
///
/// A method has three coefficients a, b, c for each iteration, and says how x is scaled before the first. The methods below are
/// published; one of your own is a constant: `inline constexpr furl::newton_schulz<3> mine{...}`.
template <std::size_t Iterations>
struct newton_schulz {
    double coefficients[Iterations][3];  ///< a, b, c of each iteration
    double eps = 1e-7;                   ///< X starts as x / (factor norm(x) + eps)
    double factor = 1;                   ///< above 1, so that rounding lifts no singular value above 1
    bool at_least_eps = false;           ///< if true, X starts as x / max(norm(x), eps) instead

    /// How many numbers run needs besides the matrix: two square matrices of its smaller side, and one of its own size.
    static constexpr std::size_t scratch_size(std::size_t height, std::size_t width) {
        const auto side = std::min(height, width);
        return 2 * side * side + height * width;
    }

    /// Replaces x by the result. Each iteration takes three products; X X^T is formed on the smaller side of x.
    template <class T>
    void run(matrix_view<T> x, T* scratch, matrix_product<T> multiply) const {
        double sum = 0;
        for (std::size_t i = 0; i < x.size(); ++i) sum += static_cast<double>(x.data[i]) * static_cast<double>(x.data[i]);
        const double norm = std::sqrt(sum), divisor = at_least_eps ? std::max(norm, eps) : factor * norm + eps;
        for (std::size_t i = 0; i < x.size(); ++i) x.data[i] = static_cast<T>(static_cast<double>(x.data[i]) / divisor);
        if (x.size() == 0) return;
        const bool tall = x.rows > x.columns;
        const auto side = std::min(x.rows, x.columns), length = std::max(x.rows, x.columns), ld = x.columns;
        T *const a = scratch, *const b = a + side * side;
        T *from = x.data, *to = b + side * side;
        for (const auto& [p, q, r] : coefficients) {
            // A is X X^T, or X^T X where X is tall. B = q A + r A^2. The next X is p X + B X, or p X + X B where X is tall.
            multiply(tall, !tall, side, side, length, 1, from, ld, from, ld, 0, a, side);
            std::copy_n(a, side * side, b);
            multiply(false, false, side, side, side, static_cast<T>(r), a, side, a, side, static_cast<T>(q), b, side);
            std::copy_n(from, x.size(), to);
            if (tall) multiply(false, false, x.rows, x.columns, side, 1, from, ld, b, side, static_cast<T>(p), to, ld);
            else multiply(false, false, x.rows, x.columns, side, 1, b, side, from, ld, static_cast<T>(p), to, ld);
            std::swap(from, to);
        }
        if (from != x.data) std::copy_n(from, x.size(), x.data);
    }
};

namespace detail {

template <std::size_t Iterations>
constexpr newton_schulz<Iterations> repeated(double a, double b, double c, bool at_least_eps = false) {
    newton_schulz<Iterations> method{};
    for (auto& step : method.coefficients) step[0] = a, step[1] = b, step[2] = c;
    method.at_least_eps = at_least_eps;
    return method;
}

constexpr newton_schulz<5> make_polar_express() {
    newton_schulz<5> method{{{8.28721201814563, -23.595886519098837, 17.300387312530933},
                             {4.107059111542203, -2.9478499167379106, 0.5448431082926601},
                             {3.9486908534822946, -2.908902115962949, 0.5518191394370137},
                             {3.3184196573706015, -2.488488024314874, 0.51004894012372},
                             {2.300652019954817, -1.6689039845747493, 0.4188073119525673}}};
    method.factor = 1.01;
    for (auto& step : method.coefficients) {
        double power = 1.01;
        for (auto& x : step) x /= power, power *= 1.01 * 1.01;
    }
    return method;
}

// Hashes the numbers of a method.
template <std::size_t Iterations>
constexpr std::uint64_t method_id(const newton_schulz<Iterations>& method) {
    std::uint64_t id = 0x6f7274686f;
    const auto mix = [&](double x) { id = (id ^ std::bit_cast<std::uint64_t>(x)) * 0x9e3779b97f4a7c15 + (id >> 29); };
    for (const auto& step : method.coefficients)
        for (double x : step) mix(x);
    mix(method.eps), mix(method.factor), mix(method.at_least_eps);
    return id;
}

template <auto& Method>
inline constexpr matrix_function_info orthogonalize_info{
    "orthogonalize",
    "the operand of orthogonalize",
    method_id(Method),
    true,
    [](std::size_t height, std::size_t width) { return Method.scratch_size(height, width); },
    [](matrix_view<float> x, float* scratch, matrix_product<float> multiply) { Method.run(x, scratch, multiply); },
    [](matrix_view<double> x, double* scratch, matrix_product<double> multiply) { Method.run(x, scratch, multiply); }};

// Hashes a name.
constexpr std::uint64_t name_id(std::string_view name) {
    std::uint64_t id = 0x6d6174726978;
    for (char c : name) id = (id ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return id;
}

template <class F, class T>
concept MatrixFunctionOf = requires(F f, matrix_view<const T> from, matrix_view<T> to) {
    { F::name } -> std::convertible_to<std::string_view>;  // the rule prints it, and a checkpoint identifies the function by it
    f(from, to);                                           // it must write all elements of `to`
};

template <class F, class T>
void run_matrix_function(matrix_view<T> x, T* scratch, matrix_product<T>) {
    F{}(matrix_view<const T>{x.data, x.rows, x.columns}, matrix_view<T>{scratch, x.rows, x.columns});
    std::copy_n(scratch, x.size(), x.data);
}

template <class F, class T>
inline constexpr matrix_function_info::run_type<T> run_or_null = [] {
    if constexpr (MatrixFunctionOf<F, T>) return &run_matrix_function<F, T>;
    else return nullptr;
}();

template <class F>
inline constexpr matrix_function_info function_info{F::name,
                                                    "the operand of a matrix function",
                                                    name_id(F::name),
                                                    false,
                                                    [](std::size_t height, std::size_t width) { return height * width; },
                                                    run_or_null<F, float>,
                                                    run_or_null<F, double>,
                                                    MatrixFunctionOf<F, float>,
                                                    MatrixFunctionOf<F, double>};

}  // namespace detail

/// The five iterations of Muon (Jordan 2024): fast, and the singular values end between about 0.7 and 1.2.
inline constexpr auto muon_quintic = detail::repeated<5>(3.4445, -4.7750, 2.0315);

/// The same, with the epsilon of torch.optim.Muon: max(norm(x), 1e-7).
inline constexpr auto muon_quintic_torch = detail::repeated<5>(3.4445, -4.7750, 2.0315, true);

/// Twelve iterations of the classic cubic, x (3 - x^2) / 2: slower, and the singular values end nearer to 1.
inline constexpr auto newton_schulz_cubic = detail::repeated<12>(1.5, -0.5, 0.0);

/// The first five iterations of Polar Express, with its safety factor of 1.01 (Amsel, Persson, Musco & Gower 2025, arXiv 2505.16932).
inline constexpr auto polar_express = detail::make_polar_express();

/// The matrix with the singular vectors of x and singular values near 1, as Muon uses it: `orthogonalize(momentum)`.
///
/// @tparam Method  the iteration: furl::muon_quintic unless given, furl::polar_express, or a newton_schulz of your own.
/// @param x        a matrix: an expression of one value per parameter. The optimizer is made with its furl::shape{rows, columns}.
/// @returns  an expression. Shape: one value per parameter.
/// Cost:    a pass that stores x in scratch memory of one number per parameter; three products of matrices in each iteration, by
///          the optimizer's matrix engine and in its element type; the next pass reads the result.
/// Errors:  E51 if the optimizer has no matrix engine; E52 if x has one value for each row, column, tensor or step.
/// Source:  Jordan et al. 2024, Muon: An optimizer for hidden layers in neural networks.
template <auto& Method = muon_quintic, Expression X>
constexpr of_matrix<detail::orthogonalize_info<Method>, X> orthogonalize(const X& x) {
    return of_matrix<detail::orthogonalize_info<Method>, X>(x);
}

/// A function of your own from a matrix to a matrix of the same shape, between two passes: `matrix_function<my_function>(x)`.
///
/// @tparam F  a class with `static constexpr std::string_view name` and `void operator()(furl::matrix_view<const T> from,
///            furl::matrix_view<T> to) const`, which writes all elements of `to`. It may use any library.
/// @param x   as for orthogonalize.
/// @returns  an expression. Shape: one value per parameter.
/// Errors:  E52 if F is no such class, or if x has one value for each row, column, tensor or step.
template <class F, Expression X>
constexpr auto matrix_function(const X& x) {
    constexpr bool is_one = detail::MatrixFunctionOf<F, float> || detail::MatrixFunctionOf<F, double>;
    static_assert(is_one,
                  "furl[E52]: a matrix function has a name and is called with two matrices; give it 'static constexpr std::string_view name' and "
                  "'void operator()(furl::matrix_view<const float> from, furl::matrix_view<float> to) const'. See docs/errors.md#E52");
    if constexpr (is_one) return of_matrix<detail::function_info<F>, X>(x);
    else return refused{};
}

}  // namespace furl
