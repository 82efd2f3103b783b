// The examples of docs/rows_and_matrices.md.
#include <furl/furl.hpp>
#include <furl/print/print.hpp>
#include <furl/runtime/grouped_optimizer.hpp>
#include <furl/zoo/adamw.hpp>
#include <furl/zoo/matrix/muon.hpp>
#include <furl/zoo/rowwise_adagrad.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <vector>

// [adafactor]
struct my_adafactor {                                       // Shazeer & Stern 2018, without its relative step size
    static constexpr auto lr   = furl::hyper<"lr">(1e-2);
    static constexpr auto beta = furl::hyper<"beta2">(0.999);
    static constexpr auto r = furl::ema<"r">(per_row(mean(square(furl::grad) + 1e-30)), beta);
    static constexpr auto c = furl::ema<"c">(per_column(mean(square(furl::grad) + 1e-30)), beta);
    static constexpr auto u = furl::let<"u">(furl::grad * rsqrt(r * c / mean(r)));
    static constexpr auto update = furl::param - lr * u / max(1.0, norm(u) / sqrt(furl::count));
};
// [adafactor]

// [centered]
struct centered {
    static constexpr auto lr = furl::hyper<"lr">(1e-2);
    static constexpr auto g  = furl::let<"centered_gradient">(furl::grad - per_row(mean(furl::grad)));
    static constexpr auto v  = furl::ema<"v">(per_row(mean(square(g))), 0.99);       // one number for each row
    static constexpr auto update = furl::param - lr * g / (sqrt(v) + 1e-8);
};
// [centered]

// [lazy]
struct lazy_adam {
    static constexpr auto lr = furl::hyper<"lr">(1e-3);
    static constexpr auto m  = furl::ema<"m">(furl::grad, 0.9);
    static constexpr auto v  = furl::ema<"v">(square(furl::grad), 0.999);
    static constexpr auto update = furl::steps_per_row(
        furl::param - lr * safe_divide(bias_corrected(m), sqrt(bias_corrected(v)), 1e-8));
};
// [lazy]

// [muon]
struct my_muon {
    static constexpr auto lr = furl::hyper<"lr">(0.02);
    static constexpr auto m  = furl::ema<"m">(furl::grad, 0.95);
    static constexpr auto o  = furl::let<"o">(orthogonalize(lerp(furl::grad, m, 0.95)));
    static constexpr auto update = furl::param - lr * sqrt(max(1.0, furl::rows / furl::columns)) * o;
};
// [muon]

// [engine]
struct my_engine {
    static constexpr furl::policy_kind policy = furl::policy_kind::matrices;

    // c = alpha op(a) op(b) + beta c, row by row; op transposes where it is asked to
    template <class T>
    static void multiply(bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k, T alpha, const T* a,
                         std::size_t lda, const T* b, std::size_t ldb, T beta, T* c, std::size_t ldc) {
        for (std::size_t i = 0; i < m; ++i)
            for (std::size_t j = 0; j < n; ++j) {
                T sum = 0;
                for (std::size_t l = 0; l < k; ++l)
                    sum += (transpose_a ? a[l * lda + i] : a[i * lda + l]) * (transpose_b ? b[j * ldb + l] : b[l * ldb + j]);
                c[i * ldc + j] = alpha * sum + (beta == 0 ? 0 : beta * c[i * ldc + j]);
            }
    }
};
// [engine]

// [function]
struct damped {
    static constexpr std::string_view name = "damped";

    void operator()(furl::matrix_view<const float> from, furl::matrix_view<float> to) const {
        for (std::size_t i = 0; i < from.size(); ++i) to.data[i] = std::tanh(from.data[i]);   // any library, any loop
    }
};

struct with_function {
    static constexpr auto update = furl::param - 0.1 * furl::matrix_function<damped>(furl::grad);
};
// [function]

namespace {

int step_dense() {
    const std::size_t rows = 50, columns = 40;
    std::vector<float> weights(rows * columns, 1.0f), gradients(rows * columns, 0.5f);
// [dense]
furl::optimizer<my_adafactor> opt(furl::shape{rows, columns});          // or a list: opt({furl::shape{500, 784}, {1, 500}})
opt.step(weights, gradients);                                          // row by row in memory, without gaps
auto r = opt.state(my_adafactor::r);                                   // a span of `rows` values
// [dense]
    return r.size() == rows && opt.state(my_adafactor::c).size() == columns ? 0 : 1;
}

int step_table() {
    const std::size_t words = 1000, length = 16;
    std::vector<float> table(words * length, 1.0f), gradients(3 * length, 0.5f);
// [rows]
furl::optimizer<furl::zoo::rowwise_adagrad> opt(furl::shape{words, length});
std::vector<int> named{17, 3, 512};                                    // the words of this batch
opt.step_rows(named, table, gradients);                                // gradients: 3 rows, in this order
// [rows]
// [twice]
named = {17, 3, 17};
opt.step_rows(furl::sum_duplicates, named, table, gradients);          // adds up the two gradients of row 17 first
// [twice]
    return table[0] == 1.0f && table[17 * length] != 1.0f ? 0 : 1;
}

template <class Rule>
struct clipped : Rule {
    static constexpr auto update = furl::replace(Rule::update, furl::grad, furl::clip_by_global_norm(furl::grad, 1.0));
};

int step_tables() {
    const std::size_t words = 1000, length = 16;
    std::vector<float> table(words * length, 1.0f), gradients(3 * length, 0.5f), bias(30, 1.0f), grad_bias(30, 0.5f), hidden(600, 1.0f), grad_hidden(600, 0.5f);
    const std::vector<int> named{17, 3, 512};
    const auto step_parts = [&] {
// [parts]
furl::optimizer<lazy_adam> opt({furl::shape{words, length}, {1, bias.size()}});
opt.step_rows(0, named, table, gradients);                             // some rows of tensor 0
opt.step_tensor(1, bias, grad_bias);                                   // all of tensor 1: the last part ends the step
// [parts]
        return opt.step_count() == 1;
    };
    const auto step_list = [&] {
// [row_gradients]
furl::grouped_optimizer<float> opt;
opt.add<lazy_adam>({furl::shape{words, length}});
opt.add<clipped<furl::zoo::adamw>>({hidden.size(), bias.size()});
opt.step({table, hidden, bias}, {furl::row_gradients(named, gradients), grad_hidden, grad_bias});
// [row_gradients]
        return opt[0].step_count() == 1 && opt[1].step_count() == 1;
    };
    return step_parts() && step_list() && table[0] == 1.0f && table[17 * length] < 1.0f && bias[0] < 1.0f && hidden[0] < 1.0f ? 0 : 1;
}

int step_groups() {
    std::vector<float> hidden(30 * 20, 1.0f), bias(30, 1.0f), grad_hidden = hidden, grad_bias = bias;
// [groups]
furl::grouped_optimizer<float> groups;
groups.add<furl::zoo::muon, my_engine>({furl::shape{30, 20}});         // the weight matrices of hidden layers
groups.add<furl::zoo::adamw>({bias.size()});                           // everything else
groups.step({hidden, bias}, {grad_hidden, grad_bias});
// [groups]
    return hidden[0] < 1 && bias[0] < 1 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
    const std::string_view what = count > 1 ? arguments[1] : "";
    if (what == "explain") return std::fputs(furl::explain<centered>().c_str(), stdout) < 0;
    std::vector<float> w(6, 1.0f), g(6, 0.5f);
    furl::optimizer<my_muon, float, my_engine> muon(furl::shape{2, 3});
    furl::optimizer<with_function> function(furl::shape{2, 3});
    furl::optimizer<lazy_adam> lazy(furl::shape{2, 3});
    const bool done = muon.step(w, g) && function.step(w, g) && lazy.step_rows(std::vector{1}, w, std::vector<float>(3, 1.0f));
    return step_dense() + step_table() + step_tables() + step_groups() + !done;
}
