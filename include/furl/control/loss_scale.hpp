#pragma once

#include <furl/base/error.hpp>
#include <furl/optimizer/named_values.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

/// This folder holds controllers: objects that watch the training and change a number of the optimizer between steps.
namespace FURL_NAMESPACE {

/// Finds the scale of a scaled loss: the largest one at which the gradients do not overflow.
///
/// Gradients of low precision underflow. If the loss is multiplied by s they do not, and a rule with `unscaled` or
/// `loss_scaled` divides them by s again. If they overflow instead, the rule skips the step (skip_nonfinite) and s falls.
/// After enough completed steps in a row, s rises.
///
/// `furl::loss_scale scale;`
/// `loss = scale.value() * ...;  opt.set("loss_scale", scale.value());  scale.update(opt.step(w, g));`
///
/// A skipped step leaves the gradients as they are. If your backward pass adds to them, set them to 0 first
/// (furl::zero_gradients); otherwise each later step is skipped too. If the scale has reached its least value and steps are
/// still skipped, the gradients overflow even without scaling. A step in which no tensor has a gradient returns false as well;
/// do not pass that result to update().
///
/// Copy it like any value, or save it with the optimizer: `furl::save_checkpoint(path, opt, {.also = {{"scale", scale}}})`.
///
/// Defaults:  those of PyTorch's GradScaler.
/// Errors:    std::invalid_argument, at construction, if a setting is out of its range.
/// Source:    Micikevicius et al. 2018, section 3.2; torch.amp.GradScaler, which has no bounds. The least value is that of
///            DeepSpeed and Megatron-LM.
class loss_scale {
  public:
    /// The factors and bounds of the scale.
    struct settings {
        double initial = 65536;    ///< the first value
        double growth = 2;         ///< the factor by which it rises, above 1; a power of 2 loses no bit
        double backoff = 0.5;      ///< the factor by which it falls, in (0, 1)
        std::int64_t interval = 2000;  ///< completed steps in a row before it rises, at least 1
        double least = 1;          ///< it does not fall below this
        double most = 0x1p126;     ///< it does not rise above this: the largest value whose reciprocal is no denormal float
    };

    loss_scale() : loss_scale(settings{}) {}

    /// Uses these settings.
    explicit loss_scale(const settings& chosen) : settings_(chosen), value_(chosen.initial) {
        require(chosen.growth > 1, "growth must be above 1");
        require(chosen.backoff > 0 && chosen.backoff < 1, "backoff must be between 0 and 1");
        require(chosen.interval >= 1, "interval must be at least 1");
        require(chosen.least > 0 && chosen.least <= chosen.initial && chosen.initial <= chosen.most,
                "initial must be between least and most, and all above 0");
    }

    /// The factor to multiply the loss by.
    double value() const { return value_; }
    std::int64_t steps_in_a_row() const { return steps_; }

    /// Continues from a saved value, clamped to the bounds of this object.
    ///
    /// Errors:  std::invalid_argument if the value is not above 0, or the steps are below 0.
    void restore(double value, std::int64_t steps_in_a_row) {
        const double numbers[]{value, static_cast<double>(steps_in_a_row)};
        if (auto wrong = restore_numbers(numbers); !wrong.empty()) detail::refuse("furl: loss_scale: " + wrong);
    }

    /// save_checkpoint and load_checkpoint call these; see checkpoint_object.
    std::vector<setting> saved_numbers() const { return {{"value", value_}, {"steps_in_a_row", static_cast<double>(steps_)}}; }
    std::string restore_numbers(std::span<const double> numbers) {
        if (!(numbers[0] > 0)) return "a value must be above 0";
        if (!(numbers[1] >= 0 && numbers[1] <= 0x1p53 && numbers[1] == std::floor(numbers[1])))
            return "steps in a row must be a number from 0";
        value_ = std::clamp(numbers[0], settings_.least, settings_.most);
        steps_ = static_cast<std::int64_t>(numbers[1]);
        return {};
    }

    /// Adjusts the scale. Pass whether the step was done, which is what `opt.step` returns. Returns whether the scale changed.
    bool update(bool done) {
        const double before = value_;
        if (!done) {
            value_ = std::max(value_ * settings_.backoff, settings_.least);
            steps_ = 0;
        } else if (++steps_ >= settings_.interval) {
            value_ = std::min(value_ * settings_.growth, settings_.most);
            steps_ = 0;
        }
        return value_ != before;
    }

  private:
    settings settings_;
    double value_;
    std::int64_t steps_ = 0;

    static void require(bool fine, const char* what) {
        if (!fine) detail::refuse(std::string("furl: loss_scale: ") + what);
    }
};

}  // namespace furl
