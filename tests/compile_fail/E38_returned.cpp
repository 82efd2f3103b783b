// expect: furl[E38]: the parameters are a temporary
#include <furl/furl.hpp>

#include <vector>

struct my_rule {
    static constexpr auto lr = furl::hyper<"lr">(0.1);

    static constexpr auto update = furl::param - lr * furl::grad;
};

class layer {
  public:
#ifdef CORRECTED
    std::vector<float>& weights() { return weights_; }
#else
    std::vector<float> weights() { return weights_; }
#endif
    const std::vector<float>& gradients() const { return gradients_; }

  private:
    std::vector<float> weights_ = std::vector<float>(10), gradients_ = std::vector<float>(10);
};

int main() {
    layer dense;
    furl::optimizer<my_rule> opt(dense.weights().size());
    opt[my_rule::lr] = 0.05;
    opt.step(dense.weights(), dense.gradients());
}
