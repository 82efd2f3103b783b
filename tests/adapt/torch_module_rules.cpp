// The module of the example, and another one beside it in the same unit: the headers of libtorch take a compiler 20 seconds.
#include "../../examples/torch_extension/my_rule.cpp"

#include <furl/zoo/adagrad.hpp>
#include <furl/zoo/sgd_momentum.hpp>

PYBIND11_MODULE(more_rules, module) {
    furl::add_torch_optimizer<furl::zoo::sgd_momentum, furl::torch_types<float>>(module, "SGD");
    furl::add_torch_optimizer<furl::zoo::adagrad, furl::torch_types<float>>(module, "Adagrad");
    using formats = furl::storage<furl::param_as<furl::split<furl::bfloat16>>, furl::states_as<furl::block8>>;
    furl::add_torch_optimizer<furl::zoo::sgd_momentum, furl::torch_types<furl::bfloat16>, formats>(module, "NarrowSGD");
}
