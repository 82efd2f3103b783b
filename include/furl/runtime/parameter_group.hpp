#pragma once

#include <furl/base/finite.hpp>
#include <furl/runtime/registry.hpp>
#include <furl/storage/saved_part.hpp>

#include <optional>

namespace FURL_NAMESPACE {

/// What a group of tensors is given when it is added.
struct group_settings {
    std::vector<setting> settings{};      ///< hyperparameters of its own: `.settings = {{"weight_decay", 0}}`
    std::vector<double> lr_scale{};       ///< a multiplier of "lr" for each tensor; none: 1
    bool frozen = false;                  ///< whether a step leaves it as it is
};

namespace detail {

/// The tensors of a group that share one optimizer: all that have one multiplier.
template <class T>
class group_part {
  public:
    group_part(any_optimizer<T> opt, std::vector<std::size_t> tensors, double scale)
        : opt_(std::move(opt)), tensors_(std::move(tensors)), scale_(scale), parameters_(tensors_.size()), gradients_(tensors_.size()) {}

    any_optimizer<T>& opt() { return opt_; }
    const any_optimizer<T>& opt() const { return opt_; }
    const rule_info& info() const { return opt_.info(); }
    const std::vector<std::size_t>& tensors() const { return tensors_; }
    double scale() const { return scale_; }

    std::size_t elements() const {
        std::size_t n = 0;
        for (auto size : opt_.sizes()) n += size;
        return n;
    }

    /// Takes its own of the arguments of all; whether any of it lies elsewhere than in the last step.
    bool take(std::span<const std::span<T>> parameters, std::span<const std::span<const T>> gradients,
              std::span<const named_data<T>> inputs) {
        bool moved = false;
        for (std::size_t k = 0; k < tensors_.size(); ++k) {
            const auto& p = parameters[tensors_[k]];
            const auto& g = gradients[tensors_[k]];
            moved = moved || p.data() != parameters_[k].data() || g.data() != gradients_[k].data();
            parameters_[k] = p;
            gradients_[k] = g;
        }
        input_tensors_.clear();
        inputs_.clear();
        for (const auto& input : inputs)
            if (std::ranges::find(info().inputs, input.name) != info().inputs.end())
                for (auto i : tensors_) input_tensors_.push_back(input.tensors[i]);
        std::size_t k = 0;
        for (const auto& input : inputs)
            if (std::ranges::find(info().inputs, input.name) != info().inputs.end()) {
                inputs_.push_back({input.name, std::span(input_tensors_).subspan(k, tensors_.size())});
                k += tensors_.size();
            }
        return moved;
    }

    bool begin(std::size_t total) { return held().begin(parameters_, gradients_, inputs_, tensors_, total); }
    bool prepare(std::size_t pass) { return held().prepare(pass); }
    void execute(std::size_t pass, chunk_runner_ref runner) { held().execute(pass, runner); }
    void finish() { held().finish(); }

    /// The place of a reduction over all tensors in this rule, if it has it.
    std::optional<std::size_t> reduction(std::uint64_t key) const {
        for (std::size_t r = 0; r < info().reductions.size(); ++r)
            if (info().reductions[r].is_global && info().reductions[r].key == key) return r;
        return {};
    }
    std::span<double> global_reductions() { return held().global_reductions(); }
    double tensor_reduction(std::size_t k, std::size_t place) const {
        return const_cast<group_part*>(this)->held().tensor_reductions()[k * info().reductions.size() + place];
    }

  private:
    any_optimizer<T> opt_;
    std::vector<std::size_t> tensors_;  // in the list of all
    double scale_;
    std::vector<std::span<T>> parameters_;
    std::vector<std::span<const T>> gradients_, input_tensors_;
    std::vector<named_data<T>> inputs_;

    erased_optimizer<T>& held() { return opt_.erased(); }
};

}  // namespace detail

/// A group of tensors of a grouped_optimizer.
template <class T>
class parameter_group {
  public:
    /// For grouped_optimizer, which adds it.
    template <class Make>
    parameter_group(Make make, const std::vector<std::size_t>& sizes, std::size_t first, const group_settings& settings)
        : places_(sizes.size()), frozen_(settings.frozen) {
        std::vector<double> scales = settings.lr_scale;
        if (!scales.empty() && scales.size() != sizes.size())
            detail::refuse("furl: " + std::to_string(scales.size()) + " multipliers are given, for " +
                           std::to_string(sizes.size()) + " tensors");
        scales.resize(sizes.size(), 1.0);
        auto distinct = scales;
        if (distinct.empty()) distinct.push_back(1.0);
        std::ranges::sort(distinct, std::ranges::greater());
        distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
        for (double scale : distinct) {
            std::vector<std::size_t> numbers, own_sizes;
            for (std::size_t i = 0; i < sizes.size(); ++i)
                if (scales[i] == scale) {
                    places_[i] = {parts_.size(), numbers.size()};
                    numbers.push_back(first + i);
                    own_sizes.push_back(sizes[i]);
                }
            parts_.emplace_back(make(std::span<const std::size_t>(own_sizes)), std::move(numbers), scale);
        }
        const auto values = parts_.front().opt().hyperparameter_span();
        defaults_.assign(values.begin(), values.end());
        own_.assign(values.size(), unset);
        inherited_.assign(values.size(), unset);
        if (distinct.size() > 1 || distinct.front() != 1) place("lr");
        for (const auto& s : settings.settings) set(s.name, s.value);
    }

    /// What its rule has, by name.
    const rule_info& info() const { return parts_.front().info(); }
    std::span<const std::string_view> hyperparameters() const { return info().hyperparameters; }

    /// A hyperparameter of this group: from now on its own, whatever all groups are given; also if the value is the same.
    ///
    /// Errors:  std::invalid_argument, with the nearest name, if its rule has none of this name.
    void set(std::string_view name, double value) { change(name, own_, value); }
    /// Takes it back: it has again what all groups are given, or the rule's default.
    void inherit(std::string_view name) { change(name, own_, unset); }
    bool is_set(std::string_view name) const {
        const auto i = place(name);
        return i < own_.size() && !detail::is_nan(own_[i]);
    }
    double get(std::string_view name) const {
        const auto i = place(name);
        return i < own_.size() ? value(i) : unset;
    }

    /// All hyperparameters with their values.
    std::vector<setting> settings() const {
        std::vector<setting> all;
        for (std::size_t i = 0; i < own_.size(); ++i) all.push_back({hyperparameters()[i], value(i)});
        return all;
    }

    /// A frozen group is no part of a step: neither read nor written, nor counted in what is global.
    void freeze(bool frozen = true) { frozen_ = frozen; }
    bool frozen() const { return frozen_; }

    /// The number of its tensors, and the number in the list of all tensors of one of them.
    std::size_t tensors() const { return places_.size(); }
    std::size_t number(std::size_t tensor) const { return part_of(tensor).tensors()[places_.at(tensor).second]; }
    double lr_scale(std::size_t tensor) const { return part_of(tensor).scale(); }

    /// A state of a tensor of the group; a value that the last step reports.
    std::span<T> state(std::string_view name, std::size_t tensor) { return part_of(tensor).opt().state(name, places_[tensor].second); }
    double& scalar_state(std::string_view name, std::size_t tensor) {
        return part_of(tensor).opt().scalar_state(name, places_[tensor].second);
    }
    double value(std::string_view name) const { return parts_.front().opt().value(name); }

    /// The number of steps done.
    std::int64_t step_count() const { return parts_.front().opt().step_count(); }

    /// States and step count as after construction.
    void reset() {
        for (auto& p : parts_) p.opt().reset();
    }

    /// For grouped_optimizer.
    bool inherit_value(std::string_view name, double value) {
        const auto names = hyperparameters();
        const auto found = std::ranges::find(names, name);
        if (found == names.end()) return false;
        inherited_[static_cast<std::size_t>(found - names.begin())] = value;
        apply();
        return true;
    }
    template <class Visit>
    void for_each_part(Visit visit) {
        for (auto& p : parts_)
            if (!p.tensors().empty()) visit(p);
    }
    void append_saved_parts(std::vector<detail::saved_part>& list, const std::string& name) {
        for (std::size_t k = 0; k < parts_.size(); ++k) {
            auto& opt = parts_[k].opt();
            auto part = detail::saved_part::of(opt, name + (k == 0 ? "." : "." + std::to_string(k) + "."), parts_[k].tensors());
            part.numbers.clear();
            if (k == 0) {
                for (std::size_t i = 0; i < own_.size(); ++i) {
                    part.numbers.push_back({"hyperparameter." + std::string(hyperparameters()[i]), &own_[i], true});
                    part.numbers.push_back({"inherited." + std::string(hyperparameters()[i]), &inherited_[i], true});
                }
                part.loaded = [this] { apply(); };
            }
            list.push_back(std::move(part));
        }
    }

  private:
    static constexpr double unset = detail::not_a_number<double>;

    std::vector<detail::group_part<T>> parts_;
    std::vector<std::pair<std::size_t, std::size_t>> places_;  // of each tensor: its part, and its number there
    std::vector<double> defaults_, inherited_, own_;           // by hyperparameter
    bool frozen_ = false;

    detail::group_part<T>& part_of(std::size_t tensor) { return parts_[places_.at(tensor).first]; }
    const detail::group_part<T>& part_of(std::size_t tensor) const { return parts_[places_.at(tensor).first]; }

    double value(std::size_t i) const {
        return !detail::is_nan(own_[i]) ? own_[i] : !detail::is_nan(inherited_[i]) ? inherited_[i] : defaults_[i];
    }

    // The place of a hyperparameter; past the end where it was refused.
    std::size_t place(std::string_view name) const {
        const auto names = hyperparameters();
        const auto found = std::ranges::find(names, name);
        if (found == names.end()) detail::refuse(detail::no_such("hyperparameter", name, "the group", names));
        return static_cast<std::size_t>(found - names.begin());
    }

    void change(std::string_view name, std::vector<double>& values, double value) {
        if (const auto i = place(name); i < values.size()) values[i] = value;
        apply();
    }

    void apply() {
        for (auto& p : parts_) {
            const auto values = p.opt().hyperparameter_span();
            for (std::size_t i = 0; i < values.size(); ++i)
                values[i] = value(i) * (hyperparameters()[i] == "lr" ? p.scale() : 1.0);
        }
    }
};

}  // namespace furl
