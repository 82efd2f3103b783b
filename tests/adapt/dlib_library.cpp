// furl/adapt/dlib.hpp with dlib itself, which takes a compiler a minute.
#include <dlib/dnn.h>

#include "dlib_rules.hpp"

#include <support/scratch.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

using namespace furl;
using namespace furl::tests;

namespace {

// All kinds of layers that have biases, and one with neither weights nor biases.
using network = dlib::loss_multiclass_log<dlib::fc<4, dlib::relu<dlib::bn_fc<dlib::fc_no_bias<7, dlib::max_pool<2, 2, 2, 2, dlib::relu<dlib::bn_con<
    dlib::con<3, 3, 3, 1, 1, dlib::input<dlib::matrix<float>>>>>>>>>>>;

struct data {
    std::vector<dlib::matrix<float>> images;
    std::vector<unsigned long> labels;

    data() {
        dlib::rand random(7);
        for (unsigned long i = 0; i < 40; ++i) {
            dlib::matrix<float> image(8, 8);
            for (auto& x : image) x = static_cast<float>(random.get_random_gaussian());
            image(0, static_cast<long>(i % 4)) += 3;
            images.push_back(image);
            labels.push_back(i % 4);
        }
    }
};

// Trains from the same start for these passes over the data, and returns all parameters.
template <class Solver>
std::vector<float> train(dlib::dnn_trainer<network, Solver>& trainer, network& net, int passes) {
    static const data all;
    trainer.set_learning_rate(0.01);
    trainer.set_iterations_without_progress_threshold(1'000'000);
    for (int i = 0; i < passes; ++i) trainer.train_one_step(all.images, all.labels);
    trainer.get_net();  // waits for the thread of the trainer
    std::vector<float> parameters;
    dlib::visit_layer_parameters(net, [&](std::size_t, dlib::tensor& x) { parameters.insert(parameters.end(), x.begin(), x.end()); });
    return parameters;
}

network new_network() {
    std::srand(3);  // dlib's layers draw their first weights from it
    return network();
}

template <class Solver>
std::vector<float> trained(const Solver& solver, int passes) {
    network net = new_network();
    dlib::dnn_trainer<network, Solver> trainer(net, solver);
    return train(trainer, net, passes);
}

double distance(const std::vector<float>& a, const std::vector<float>& b) {
    REQUIRE(a.size() == b.size());
    double most = 0;
    for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::fabs(static_cast<double>(a[i] - b[i])));
    return most;
}

}  // namespace

TEST_CASE("a network of dlib trains with a rule as with dlib's own solver") {
    // A convolution before a normalization has biases whose gradient is 0 but for rounding, which Adam makes steps of. So few steps.
    const auto adam = trained(dlib::adam(0.05F, 0.9F, 0.999F), 1), sgd = trained(dlib::sgd(0.05F, 0.9F), 6);
    CHECK(distance(adam, sgd) > 0.005);
    CHECK(distance(trained(dlib_solver<dlib_adam>({{"weight_decay", 0.05}}), 1), adam) < 1e-5);
    CHECK(distance(trained(dlib_solver<dlib_sgd>({{"weight_decay", 0.05}}), 6), sgd) < 1e-5);
}

TEST_CASE("dlib's synchronization file keeps the solver: training goes on to the bit") {
    using solver = dlib_solver<dlib_adam>;
    const scratch folder;
    const auto file = (folder / "trainer").string();
    const auto whole = trained(solver(), 8);
    {
        network net = new_network();
        dlib::dnn_trainer<network, solver> trainer(net);
        train(trainer, net, 5);
        dlib::serialize(file) << trainer;
    }
    network net;
    dlib::dnn_trainer<network, solver> trainer(net);
    dlib::deserialize(file) >> trainer;
    CHECK(train(trainer, net, 3) == whole);
    std::ostringstream text;
    text << trainer;
    CHECK(text.str().find("furl dlib_adam") != std::string::npos);
}
