// expect: furl[E43]: one matrix lies row by row
#include <furl/furl.hpp>

#include <vector>

// A matrix, as Eigen has it.
template <bool ByRows, int Rows, int Columns, int Inner, int Outer>
struct view {
    enum { IsRowMajor = ByRows, RowsAtCompileTime = Rows, ColsAtCompileTime = Columns };
    enum { InnerStrideAtCompileTime = Inner, OuterStrideAtCompileTime = Outer };
    float* first;
    float* data() const { return first; }
    int rows() const { return Rows; }
    int cols() const { return Columns; }
    int innerStride() const { return Inner; }
    int outerStride() const { return Outer; }
};

using by_columns = view<false, 2, 3, 1, 2>;
using by_rows    = view<true, 2, 3, 1, 3>;

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);

    static constexpr auto update = furl::param - lr * furl::grad;
};

int main() {
    std::vector<float> w(6), g(6);
    furl::optimizer<my_rule> opt(w.size());
    const by_columns weights{w.data()};
#ifdef CORRECTED
    const by_columns gradients{g.data()};
#else
    const by_rows gradients{g.data()};
#endif
    opt.step(weights, gradients);
}
