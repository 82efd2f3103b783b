// The page "First step in five minutes": a straight line is fitted to points by Adam.

// The page shows this file as it stands.
// clang-format off
#include <furl/furl.hpp>
#include <furl/zoo/adam.hpp>

#include <cstdio>
#include <vector>

int main() {
    // Points on y = 3 x - 2.
    const std::vector<float> x{-2, -1, 0, 1, 2}, y{-8, -5, -2, 1, 4};

    std::vector<float> line{0, 0}, gradient(2);               // slope, offset; and the gradient of the loss by them
    furl::optimizer<furl::zoo::adam> opt(line.size());
    opt[furl::zoo::adam::lr] = 0.1;

    for (int epoch = 0; epoch < 500; ++epoch) {
        gradient.assign(2, 0);
        for (std::size_t i = 0; i < x.size(); ++i) {          // loss: the mean of (slope x + offset - y)^2
            const float error = line[0] * x[i] + line[1] - y[i];
            gradient[0] += 2 * error * x[i] / 5;
            gradient[1] += 2 * error / 5;
        }
        opt.step(line, gradient);
    }
    std::printf("slope %.3f, offset %.3f after %lld steps\n", line[0], line[1], static_cast<long long>(opt.step_count()));
}
