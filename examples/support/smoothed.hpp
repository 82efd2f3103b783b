#pragma once

namespace examples {

/// A value that jumps from step to step, smoothed: its moving average with a decay of 0.95, corrected for its start.
class smoothed {
  public:
    double operator()(double next) {
        sum_ += 0.05 * (next - sum_);
        weight_ += 0.05 * (1 - weight_);
        return value();
    }
    double value() const { return sum_ / weight_; }

  private:
    double sum_ = 0, weight_ = 0;
};

}  // namespace examples
