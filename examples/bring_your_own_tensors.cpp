// Shows:  furl steps what is there: std::vector, raw pointers into one block of memory as in llm.c, Eigen matrices, and
//         the tensors of libtorch, with its gradients, where this was built with it. No copies, no adapters.
// Prints: a linear regression by the same AdamW over each: the loss, and what of W and b was found.
#include <furl/furl.hpp>
#include <furl/zoo/adamw.hpp>

#include "support/regression.hpp"
#include "support/run_example.hpp"

#ifdef EXAMPLES_WITH_TORCH
#include "support/torch_tensors.hpp"
#endif

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

namespace {

using namespace examples;

struct options {
    std::size_t steps = 300;
    double lr = 0.05;
    std::uint64_t seed = 1;
};

furl::optimizer<furl::zoo::adamw> optimizer_for(std::initializer_list<std::size_t> sizes, const options& o) {
    furl::optimizer<furl::zoo::adamw> opt(sizes);
    opt[furl::zoo::adamw::lr] = o.lr;
    opt[furl::zoo::adamw::weight_decay] = 0;
    return opt;
}

void print(const char* name, float loss, const float* w, const float* b) {
    std::printf("%-28s loss %.6f   W(1,0) %.4f   W(2,0) %.4f   b(2) %.4f\n", name, static_cast<double>(loss),
                static_cast<double>(w[1]), static_cast<double>(w[2]), static_cast<double>(b[2]));
}

void with_vectors(const regression& data, const options& o) {
    std::vector<float> w(weights), b(outputs), grad_w(weights), grad_b(outputs);
    auto opt = optimizer_for({w.size(), b.size()}, o);
    float loss = 0;
    for (std::size_t t = 0; t < o.steps; ++t) {
        loss = data.loss(w.data(), b.data(), grad_w.data(), grad_b.data());
        opt.step({w, b}, {grad_w, grad_b});
    }
    print("std::vector", loss, w.data(), b.data());
}

/// All parameters in one block, all gradients in another, and pointers into both: to furl, one tensor.
void with_pointers(const regression& data, const options& o) {
    constexpr std::size_t count = weights + outputs;
    const std::unique_ptr<float, decltype(&std::free)> memory(
        static_cast<float*>(std::calloc(2 * count, sizeof(float))), &std::free);
    if (!memory) throw std::bad_alloc();
    float *params = memory.get(), *grads = params + count;
    float *w = params, *b = params + weights, *grad_w = grads, *grad_b = grads + weights;
    auto opt = optimizer_for({count}, o);
    float loss = 0;
    for (std::size_t t = 0; t < o.steps; ++t) {
        loss = data.loss(w, b, grad_w, grad_b);
        opt.step(std::span(params, count), std::span(grads, count));
    }
    print("raw pointers, as in llm.c", loss, w, b);
}

void with_eigen(const regression& data, const options& o) {
    columns w = columns::Zero(outputs, inputs), grad_w(outputs, inputs);
    Eigen::VectorXf b = Eigen::VectorXf::Zero(outputs), grad_b(outputs);
    auto opt_w = optimizer_for({weights}, o), opt_b = optimizer_for({outputs}, o);
    float loss = 0;
    for (std::size_t t = 0; t < o.steps; ++t) {
        loss = data.loss(w.data(), b.data(), grad_w.data(), grad_b.data());
        opt_w.step(w, grad_w);
        opt_b.step(b, grad_b);
    }
    print("Eigen matrices", loss, w.data(), b.data());
}

#ifdef EXAMPLES_WITH_TORCH
/// Autograd finds the gradients. Torch's matrices lie row by row: W transposed is what the others call W.
void with_torch(const regression& data, const options& o) {
    const torch::Tensor x = torch_copy(data.x), y = torch_copy(data.y);  // a row per sample
    std::vector<torch::Tensor> parameters{torch::zeros({inputs, outputs}, torch::requires_grad()),
                                          torch::zeros({outputs}, torch::requires_grad())};
    auto opt = optimizer_for({weights, outputs}, o);
    float loss_value = 0;
    for (std::size_t t = 0; t < o.steps; ++t) {
        const torch::Tensor loss = torch::mse_loss(torch::addmm(parameters[1], x, parameters[0]), y);
        loss_value = loss.item<float>();
        for (auto& p : parameters) p.mutable_grad() = torch::Tensor();
        loss.backward();
        opt.step(values_of(parameters), gradients_of(parameters));
    }
    print("libtorch tensors", loss_value, parameters[0].data_ptr<float>(), parameters[1].data_ptr<float>());
}
#endif

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("One optimizer over vectors, raw pointers, Eigen matrices and libtorch tensors.",
                 "bring_your_own_tensors");
    setup(app);
    options o;
    app.add_option("--steps", o.steps, "of each")->check(between(1, 1e7));
    app.add_option("--lr", o.lr, "learning rate")->check(between(1e-9, 10));
    app.add_option("--seed", o.seed, "of the samples")->check(between(0, 1e15));

    return run_example(app, argc, argv, [&] {
        const regression data(o.seed);
        std::printf("%-28s loss %.6f   W(1,0) %.4f   W(2,0) %.4f   b(2) %.4f\n", "the truth", 0.0, 1.0, 2.0, 1.0);
        with_vectors(data, o);
        with_pointers(data, o);
        with_eigen(data, o);
#ifdef EXAMPLES_WITH_TORCH
        with_torch(data, o);
#else
        std::printf("libtorch tensors             not built: libtorch was not found\n");
#endif
    });
}
