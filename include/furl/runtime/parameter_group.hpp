#pragma once

#include <furl/base/finite.hpp>
#include <furl/optimizer/saved_part.hpp>
#include <furl/runtime/registry.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>

namespace FURL_NAMESPACE {

/// The settings of a group when it is added.
struct group_settings {
    std::vector<setting> settings{};      ///< hyperparameters of its own: `.settings = {{"weight_decay", 0}}`
    std::vector<double> lr_scale{};       ///< a multiplier of "lr" for each tensor; 1 if the list is empty
    bool frozen = false;                  ///< whether steps leave the group as it is
    std::vector<std::size_t> tensors{};   ///< the indices of its tensors in the list of all; if empty, the lowest free ones
};

namespace detail {

/// The tensors of a group that have the same multiplier of "lr". They share one optimizer.
template <class T, class E>
class group_part {
  public:
    group_part(any_optimizer<T, E> opt, std::vector<std::size_t> tensors, double scale)
        : opt_(std::move(opt)), info_(&opt_.info()), tensors_(std::move(tensors)), scale_(scale), parameters_(tensors_.size()), gradients_(tensors_.size()),
          absent_(tensors_.size(), 0) {}

    any_optimizer<T, E>& opt() { return opt_; }
    const any_optimizer<T, E>& opt() const { return opt_; }
    erased_session& session() { return opt_.erased(); }
    const rule_info& info() const { return *info_; }
    const std::vector<std::size_t>& tensors() const { return tensors_; }
    double scale() const { return scale_; }

    bool has_input(std::string_view name) const {
        const auto has = [&](auto list) { return std::ranges::find(list, name) != list.end(); };
        return has(info().inputs) || has(info().step_inputs);
    }

    /// Whether a gradient says that its tensor has none in this step: it is empty. If a share has no elements of the tensor, a null
    /// pointer says so.
    bool lacks(std::size_t tensor, std::span<const E> gradient) const {
        return gradient.empty() && opt_.erased().whole_sizes()[tensor] > 0 && (opt_.sizes()[tensor] > 0 || !gradient.data());
    }

    /// Picks the arguments of its tensors out of those of all tensors. rows_of(i) returns the rows that the gradient of tensor i of the
    /// list has, or null if it has all.
    template <class RowsOf>
    void take(std::span<const std::span<E>> parameters, std::span<const std::span<const E>> gradients,
              std::span<const named_data<T>> inputs, RowsOf rows_of) {
        const auto whole = opt_.erased().whole_sizes();
        some_rows_.clear();
        elements_ = absent_count_ = 0;
        for (std::size_t k = 0; k < tensors_.size(); ++k) {
            parameters_[k] = parameters[tensors_[k]];
            gradients_[k] = gradients[tensors_[k]];
            absent_[k] = lacks(k, gradients_[k]);
            absent_count_ += absent_[k];
            elements_ += absent_[k] ? 0 : whole[k];
            if (const row_part<E>* some = rows_of(tensors_[k])) some_rows_.push_back(some->named(k));
        }
        input_tensors_.clear();
        inputs_.clear();
        for (const auto& input : inputs)
            if (has_input(input.name) && !input.number)
                for (auto i : tensors_) input_tensors_.push_back(input.tensors[i]);
        std::size_t k = 0;
        for (const auto& input : inputs)
            if (has_input(input.name)) {
                const auto own = input.number ? 0 : tensors_.size();
                inputs_.push_back({input.name, std::span(input_tensors_).subspan(k, own), input.number});
                k += own;
            }
    }

    /// These describe the arguments of the last take(): whether a tensor has no gradient, how many have none, how many
    /// elements the others have, and whether this part takes part in the step.
    bool is_absent(std::size_t tensor) const { return absent_[tensor]; }
    std::size_t absent_count() const { return absent_count_; }
    std::size_t elements() const { return elements_; }
    bool has_part() const { return absent_count_ == 0 || elements_ > 0; }

    /// Begins a step over the arguments of the last take(). Returns false if the step is refused. The caller has checked that
    /// gradients which the rule writes are not const.
    bool begin(std::size_t total) {
        if (!opt_.erased().begin(parameters_, gradients_, inputs_, tensors_, total, true, some_rows_)) return false;
        if (absent_count_ > 0) opt_.erased().leave_out(absent_);
        return true;
    }

    /// The number of the last step that it took part in.
    std::uint64_t last_step() const { return opt_.erased().number; }

    /// The memory of its per-parameter states, from the first to the last byte.
    std::span<const std::byte> state_memory() {
        const std::byte *begin = nullptr, *end = nullptr;
        for (std::size_t s = 0; s < info().states.size(); ++s)
            if (info().states[s].where == domain::element)
                for (std::size_t k = 0; k < tensors_.size(); ++k) {
                    const std::span<const std::byte> bytes = opt_.state_bytes(s, k);
                    if (bytes.empty()) continue;
                    if (!begin || std::less<>()(bytes.data(), begin)) begin = bytes.data();
                    if (!end || std::less<>()(end, bytes.data() + bytes.size())) end = bytes.data() + bytes.size();
                }
        return {begin, end};
    }

  private:
    any_optimizer<T, E> opt_;
    const rule_info* info_;
    std::vector<std::size_t> tensors_;  // their indices in the list of all tensors
    double scale_;
    std::vector<std::span<E>> parameters_;
    std::vector<std::span<const E>> gradients_;
    std::vector<std::span<const T>> input_tensors_;
    std::vector<unsigned char> absent_;  // whether a tensor has no gradient in this step
    std::size_t absent_count_ = 0, elements_ = 0;
    std::vector<named_data<T>> inputs_;
    std::vector<named_rows> some_rows_;  // of the tensors whose gradients have only some rows
};

}  // namespace detail

/// A group of tensors of a grouped_optimizer.
template <class T, class E = T>
class parameter_group {
  public:
    /// Makes a group without a rule and tensors, which a refused call returns in a program without exceptions.
    parameter_group() = default;

    /// Describes its rule: the names of states, hyperparameters and inputs.
    const rule_info& info() const {
        static constexpr rule_info none{};
        return parts_.empty() ? none : parts_.front().info();
    }
    std::span<const std::string_view> hyperparameters() const { return info().hyperparameters; }

    /// Sets a hyperparameter of this group. From now on the group keeps its own value, whatever set() of the whole optimizer
    /// gives to all groups, even if the two values are equal. A per-tensor hyperparameter (furl::per_tensor) is set for all
    /// tensors of the group.
    ///
    /// Errors:  std::invalid_argument if the value is NaN, or if its rule has no hyperparameter of this name; the message
    ///          suggests the nearest name.
    bool set(std::string_view name, double value) {
        const auto i = place(name);
        if (i == own_.size() || !detail::require_number(name, value)) return false;
        own_[i] = value;
        apply(i);
        return true;
    }
    /// Sets a per-tensor hyperparameter for one tensor of the group. The values of the other tensors stay as they are, and
    /// they too are the group's own from now on.
    bool set(std::string_view name, std::size_t tensor, double value) {
        if (!has(tensor) || !part_of(tensor).opt().set(name, places_[tensor].second, value)) return false;
        const auto i = place(name);
        own_[i] = this->value(i);
        return true;
    }
    /// Gives up the group's own value: the group, and each of its tensors, has again the value that all groups were given,
    /// or the rule's default.
    bool inherit(std::string_view name) {
        const auto i = place(name);
        if (i == own_.size()) return false;
        own_[i].reset();
        apply(i);
        return true;
    }
    bool is_set(std::string_view name) const {
        const auto i = place(name);
        return i < own_.size() && own_[i].has_value();
    }
    double get(std::string_view name) const {
        const auto i = place(name);
        if (i < hyperparameters().size()) return value(i);
        if (i == own_.size()) return detail::not_a_number<double>;
        return detail::refuse(detail::no_single_value(name, "the group", hyperparameters(), info().tensor_hyperparameters),
                              detail::not_a_number<double>);
    }
    double get(std::string_view name, std::size_t tensor) const {
        return has(tensor) ? part_of(tensor).opt().get(name, places_[tensor].second) : detail::not_a_number<double>;
    }

    /// Returns all hyperparameters that have one value for all tensors.
    std::vector<setting> settings() const {
        std::vector<setting> all;
        for (std::size_t i = 0; i < hyperparameters().size(); ++i) all.push_back({hyperparameters()[i], value(i)});
        return all;
    }

    /// A frozen group takes no part in a step: its tensors are neither read nor written, nor counted in global reductions.
    void freeze(bool frozen = true) { frozen_ = frozen; }
    bool frozen() const { return frozen_; }

    /// The number of its tensors; the index of one of them in the list of all tensors; its multiplier of "lr".
    std::size_t tensors() const { return places_.size(); }
    std::size_t number(std::size_t tensor) const { return has(tensor) ? part_of(tensor).tensors()[places_[tensor].second] : 0; }
    double lr_scale(std::size_t tensor) const { return has(tensor) ? part_of(tensor).scale() : detail::not_a_number<double>; }

    /// state() returns a state of a tensor of the group, read_state() a copy of its values, in whatever format it is stored; value()
    /// returns a value that the last step reports.
    ///
    /// Errors:  std::invalid_argument if there is no such tensor, state or value.
    std::span<T> state(std::string_view name, std::size_t tensor) {
        return has(tensor) ? part_of(tensor).opt().state(name, places_[tensor].second) : std::span<T>{};
    }
    std::vector<T> read_state(std::string_view name, std::size_t tensor) const {
        return has(tensor) ? part_of(tensor).opt().read_state(name, places_[tensor].second) : std::vector<T>{};
    }
    double& scalar_state(std::string_view name, std::size_t tensor) {
        if (has(tensor)) return part_of(tensor).opt().scalar_state(name, places_[tensor].second);
        return nowhere_ = detail::not_a_number<double>;
    }
    double value(std::string_view name) const {
        if (!parts_.empty()) return last_part()->opt().value(name);
        return detail::refuse(detail::no_such("value of one per step", name, "the group", info().values), detail::not_a_number<double>);
    }

    /// The number of steps done. Tensors with the same multiplier share one count, which counts each step in which any of
    /// them had a gradient. Without an argument this is the largest count of the group; with a tensor, the count of that
    /// tensor.
    std::int64_t step_count() const {
        std::int64_t most = 0;
        for (const auto& p : parts_) most = std::max(most, p.opt().step_count());
        return most;
    }
    std::int64_t step_count(std::size_t tensor) const { return has(tensor) ? part_of(tensor).opt().step_count() : 0; }

    /// Resets states and step count to what they are after construction.
    void reset() {
        for (auto& p : parts_) p.opt().reset();
    }

    /// The number of the last step of the grouped_optimizer in which it took part; 0 before the first.
    std::uint64_t last_step() const { return parts_.empty() ? 0 : last_part()->last_step(); }

    /// grouped_optimizer calls it when it adds the group. It makes an optimizer for each multiplier, and returns whether the
    /// settings fit.
    template <class Make>
    bool begin(Make make, const std::vector<furl::shape>& shapes, const std::vector<std::size_t>& numbers, const group_settings& settings) {
        auto scales = settings.lr_scale;
        if (!scales.empty() && scales.size() != shapes.size())
            return detail::refuse("furl: " + std::to_string(scales.size()) + " multipliers are given, for " +
                                  std::to_string(shapes.size()) + " tensors");
        scales.resize(shapes.size(), 1.0);
        std::map<double, std::size_t, std::greater<>> part_of_scale;
        for (std::size_t i = 0; i < shapes.size(); ++i) {
            if (!detail::is_finite(scales[i]))
                return detail::refuse("furl: the multiplier of tensor " + std::to_string(numbers[i]) + " is " +
                                      (detail::is_nan(scales[i]) ? "NaN" : "infinite") + "; lr_scale takes finite numbers");
            part_of_scale.emplace(scales[i], 0);
        }
        if (part_of_scale.empty()) part_of_scale.emplace(1.0, 0);
        const auto parts = part_of_scale.size();
        std::size_t next = 0;
        for (auto& [scale, part] : part_of_scale) part = next++;
        std::vector<std::vector<std::size_t>> own_numbers(parts);
        std::vector<std::vector<furl::shape>> own_shapes(parts);
        for (std::size_t i = 0; i < shapes.size(); ++i) {
            const auto part = part_of_scale.find(scales[i])->second;
            places_.emplace_back(part, own_numbers[part].size());
            own_numbers[part].push_back(numbers[i]);
            own_shapes[part].push_back(shapes[i]);
        }
        for (const auto& [scale, part] : part_of_scale) {
            auto opt = make(std::span<const furl::shape>(own_shapes[part]));
            if (!opt) return false;
            parts_.emplace_back(std::move(opt), std::move(own_numbers[part]), scale);
        }
        const auto values = parts_.front().opt().hyperparameter_span();
        defaults_.assign(values.begin(), values.end());
        for (auto name : info().tensor_hyperparameters) defaults_.push_back(tensors() > 0 ? get(name, 0) : 0);
        own_.resize(defaults_.size());
        inherited_.resize(defaults_.size());
        frozen_ = settings.frozen;
        const bool scaled = parts > 1 || part_of_scale.begin()->first != 1;
        if (scaled && place("lr") == own_.size()) return false;
        if (scaled && place("lr") >= hyperparameters().size())
            return detail::refuse("furl: lr_scale multiplies one 'lr', and each tensor of this rule has its own; set those");
        for (const auto& s : settings.settings)
            if (!set(s.name, s.value)) return false;
        apply();
        return true;
    }

    /// grouped_optimizer calls it to give the group a value that all groups share.
    bool inherit_value(std::string_view name, double value) {
        const auto i = find(name);
        if (i == own_.size()) return false;
        inherited_[i] = value;
        if (!own_[i]) apply(i);
        return true;
    }
    template <class Visit>
    void for_each_inherited(Visit visit) const {
        for (std::size_t i = 0; i < inherited_.size(); ++i)
            if (inherited_[i]) visit(name_of(i), *inherited_[i]);
    }
    template <class Visit>
    void for_each_part(Visit visit) {
        if (places_.empty()) return;
        for (auto& p : parts_) visit(p);
    }
    template <class Visit>
    void for_each_part(Visit visit) const {
        if (places_.empty()) return;
        for (const auto& p : parts_) visit(p);
    }
    void append_saved_parts(std::vector<detail::saved_part>& list, std::size_t group) {
        for (std::size_t k = 0; k < parts_.size(); ++k) {
            auto& opt = parts_[k].opt();
            auto part = detail::saved_part::of(opt, detail::group_place{group, k}.prefix(), parts_[k].tensors());
            part.place = detail::group_place{group, k};
            part.numbers.clear();
            part.numbers.push_back(detail::saved_number::fixed("lr_scale", parts_[k].scale()));
            if (k == 0) {
                for (std::size_t i = 0; i < own_.size(); ++i) {
                    part.numbers.push_back(detail::saved_number::optional("hyperparameter." + std::string(name_of(i)), own_[i]));
                    part.numbers.push_back(detail::saved_number::optional("inherited." + std::string(name_of(i)), inherited_[i]));
                }
                part.numbers.push_back({"frozen", [this] { return std::optional(frozen_ ? 1.0 : 0.0); },
                                        [this](std::optional<double> x) { frozen_ = x ? *x != 0 : frozen_; }});
                part.loaded = [this] { apply(); };
            }
            list.push_back(std::move(part));
        }
    }

  private:
    std::vector<detail::group_part<T, E>> parts_;
    std::vector<std::pair<std::size_t, std::size_t>> places_;  // for each tensor, its part and its index there
    bool frozen_ = false;  // near the two above, because each step reads these three of all groups
    std::vector<double> defaults_;                             // by hyperparameter; per-tensor ones come last
    std::vector<std::optional<double>> inherited_, own_;       // in the same order
    double nowhere_ = 0;  // without exceptions, a refused call returns a reference to it

    auto last_part() const { return std::ranges::max_element(parts_, {}, &detail::group_part<T, E>::last_step); }

    detail::group_part<T, E>& part_of(std::size_t tensor) { return parts_[places_[tensor].first]; }
    const detail::group_part<T, E>& part_of(std::size_t tensor) const { return parts_[places_[tensor].first]; }

    bool has(std::size_t tensor) const {
        return tensor < tensors() || detail::refuse(detail::no_tensor(tensor, tensors(), "the group"));
    }

    double value(std::size_t i) const { return own_[i].value_or(inherited_[i].value_or(defaults_[i])); }

    std::string_view name_of(std::size_t i) const {
        const auto one = hyperparameters().size();
        return i < one ? hyperparameters()[i] : info().tensor_hyperparameters[i - one];
    }

    // Finds the index of a hyperparameter; past the end if there is none. place() refuses that.
    std::size_t find(std::string_view name) const {
        std::size_t i = 0;
        while (i < own_.size() && name_of(i) != name) ++i;
        return i;
    }
    std::size_t place(std::string_view name) const {
        const auto i = find(name);
        if (i == own_.size())
            detail::refuse(detail::no_hyperparameter(name, "the group", hyperparameters(), info().tensor_hyperparameters));
        return i;
    }

    // Passes the value of one hyperparameter on to the optimizers; a per-tensor one is set for all tensors.
    void apply(std::size_t i) {
        for (auto& p : parts_) {
            if (i >= hyperparameters().size()) p.opt().set(name_of(i), value(i));
            else p.opt().hyperparameter_span()[i] = value(i) * (name_of(i) == "lr" ? p.scale() : 1.0);
        }
    }

    // Passes on all hyperparameters that have one value.
    void apply() {
        for (std::size_t i = 0; i < hyperparameters().size(); ++i) apply(i);
    }
};

}  // namespace furl
