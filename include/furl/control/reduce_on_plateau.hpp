#pragma once

#include <furl/base/error.hpp>
#include <furl/base/finite.hpp>
#include <furl/optimizer/named_values.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace FURL_NAMESPACE {

/// Lowers a hyperparameter when a metric no longer improves.
///
/// `furl::reduce_on_plateau plateau({.factor = 0.5, .patience = 3});`
/// `plateau.step(validation_loss, opt[my_rule::lr]);` once an epoch, or
/// `opt.set("lr", plateau.next(validation_loss, opt.get("lr")));`
///
/// A metric is better than the best so far if it is below best (1 - threshold) (relative) or best - threshold
/// (absolute); in max mode, above best (1 + threshold) or best + threshold. NaN is never better. After more than `patience`
/// metrics in a row that are not better, the value becomes max(value factor, floor), unless that lowers it by no more than
/// eps. The next `cooldown` metrics then do not count as bad. Copy it like any value, or save it with the optimizer:
/// `furl::save_checkpoint(path, opt, {.also = {{"plateau", plateau}}})`.
///
/// Defaults:  those of PyTorch.
/// Errors:    std::invalid_argument, at construction, if a setting is out of its range.
/// Source:    torch.optim.lr_scheduler.ReduceLROnPlateau, which calls the floor min_lr. There as here, a relative threshold
///            expects a metric above 0: below 0, even a slightly worse metric counts as better.
class reduce_on_plateau {
  public:
    /// Says whether smaller or larger metrics are better.
    enum class better {
        smaller,  ///< PyTorch's mode min
        larger,   ///< PyTorch's mode max
    };
    /// Says whether a threshold is a fraction of the best metric or a distance from it.
    enum class threshold_kind {
        relative,  ///< PyTorch's threshold_mode rel
        absolute,  ///< PyTorch's threshold_mode abs
    };

    /// The settings.
    struct settings {
        better mode = better::smaller;  ///< which metric is better
        double factor = 0.1;      ///< a reduction multiplies the value by it, in (0, 1)
        int patience = 10;        ///< how many metrics in a row may be no better, at least 0
        double threshold = 1e-4;  ///< how much better a metric must be, at least 0
        threshold_kind kind = threshold_kind::relative;  ///< whether the threshold is relative or absolute
        int cooldown = 0;   ///< metrics after a reduction that are not counted, at least 0
        double floor = 0;   ///< the value is not taken below this
        double eps = 1e-8;  ///< a reduction by no more than this is not made, at least 0
    };

    reduce_on_plateau() : reduce_on_plateau(settings{}) {}

    /// Uses these settings. Errors: std::invalid_argument if one is out of its range.
    explicit reduce_on_plateau(const settings& chosen) : settings_(chosen) {
        require(chosen.factor > 0 && chosen.factor < 1, "factor must be between 0 and 1");
        require(chosen.patience >= 0, "patience must be at least 0");
        require(chosen.threshold >= 0, "threshold must be at least 0");
        require(chosen.cooldown >= 0, "cooldown must be at least 0");
        require(chosen.eps >= 0, "eps must be at least 0");
        reset();
    }

    /// Returns the new value, from the metric of the epoch that has ended and the current value.
    double next(double metric, double value) {
        if (is_better(metric)) {
            best_ = metric;
            bad_ = 0;
        } else {
            ++bad_;
        }
        if (cooling_ > 0) {
            --cooling_;
            bad_ = 0;
        }
        if (bad_ <= settings_.patience) return value;
        cooling_ = settings_.cooldown;
        bad_ = 0;
        const double reduced = std::max(value * settings_.factor, settings_.floor);
        return value - reduced > settings_.eps ? reduced : value;
    }

    /// Updates a hyperparameter in place. Returns whether it was changed.
    bool step(double metric, double& value) {
        const double before = value;
        value = next(metric, value);
        return value != before;
    }

    double best() const { return best_; }      ///< the best metric so far; infinite before the first
    int bad_in_a_row() const { return bad_; }  ///< metrics since the best one, or since a reduction
    bool is_cooling_down() const { return cooling_ > 0; }  ///< whether metrics are not counted for now

    /// Resets it to what it is after construction.
    void reset() {
        best_ = settings_.mode == better::smaller ? detail::infinity<double> : -detail::infinity<double>;
        bad_ = cooling_ = 0;
    }

    /// save_checkpoint and load_checkpoint call these; see checkpoint_object. The settings belong to the program and are not
    /// saved.
    std::vector<setting> saved_numbers() const {
        return {{"best", best_}, {"bad_in_a_row", static_cast<double>(bad_)}, {"cooldown_left", static_cast<double>(cooling_)}};
    }
    std::string restore_numbers(std::span<const double> numbers) {
        const auto is_count = [](double n) { return n >= 0 && n <= std::numeric_limits<int>::max() && n == std::floor(n); };
        if (!(numbers[0] == numbers[0])) return "the best metric is no number";
        if (!is_count(numbers[1]) || !is_count(numbers[2])) return "metrics in a row must be a number from 0";
        best_ = numbers[0];
        bad_ = static_cast<int>(numbers[1]);
        cooling_ = static_cast<int>(numbers[2]);
        return {};
    }

  private:
    settings settings_;
    double best_ = 0;
    int bad_ = 0;
    int cooling_ = 0;

    static void require(bool fine, const char* what) {
        if (!fine) detail::refuse(std::string("furl: reduce_on_plateau: ") + what);
    }

    bool is_better(double metric) const {
        if (detail::is_nan(metric)) return false;
        const bool relative = settings_.kind == threshold_kind::relative;
        if (settings_.mode == better::smaller)
            return metric < (relative ? best_ * (1 - settings_.threshold) : best_ - settings_.threshold);
        return metric > (relative ? best_ * (1 + settings_.threshold) : best_ + settings_.threshold);
    }
};

}  // namespace furl
