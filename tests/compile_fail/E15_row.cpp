// expect: furl[E15]: a step takes data that is contiguous by its type
#include <furl/furl.hpp>

#include <vector>

// A row of a matrix, as Eigen has it.
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

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);

    static constexpr auto update = furl::param - lr * furl::grad;
};

int main() {
    std::vector<float> matrix(9), gradients(3);
    furl::optimizer<my_rule> opt(gradients.size());
#ifdef CORRECTED
    opt.step(view<false, 3, 1, 1, 3>{matrix.data()}, gradients);
#else
    opt.step(view<true, 1, 3, 3, 1>{matrix.data()}, gradients);
#endif
}
