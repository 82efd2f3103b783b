#pragma once

#include <furl/adapt/torch/states.hpp>

#include <torch/optim/optimizer.h>
#include <torch/types.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE::detail {

using torch_groups = std::vector<torch::optim::OptimizerParamGroup>;

/// The facts of a rule that torch_optimizer needs and that are known at compile time.
struct torch_rule_facts {
    const rule_info* info;
    std::string_view rule;  ///< the name of the type that the user wrote; info describes it with counts of steps
    /// Makes a part for parameters of an element type; null if the rule does not run in it.
    std::unique_ptr<torch_part> (*make)(at::ScalarType type, std::span<const furl::shape> shapes);
};

/// A parameter, and where its states are. A repetition of a parameter in its group has no part.
struct torch_parameter {
    at::Tensor tensor;
    torch_place place;
    std::vector<std::int64_t> sizes, strides;
    at::ScalarType type;
    bool is_repetition = false;
    bool is_sparse = false;  ///< whether it had a sparse gradient
    std::shared_ptr<torch_part> part{};
    std::size_t index = 0;  ///< in the part

    bool is_unchanged(const at::Tensor& now) const {
        return tensor.is_same(now) && type == now.scalar_type() && now.strides() == at::IntArrayRef(strides) &&
               now.sizes() == at::IntArrayRef(sizes);
    }
};

/// The parameters of all groups in one list, and the parts that have their states. Groups can change between two steps; the states
/// follow their parameters.
class torch_parameters {
  public:
    explicit torch_parameters(const torch_rule_facts& facts) : facts_(&facts) {}

    const torch_rule_facts& facts() const { return *facts_; }
    std::size_t size() const { return list_.size(); }
    const torch_parameter& operator[](std::size_t i) const { return list_[i]; }
    auto begin() const { return list_.begin(); }
    auto end() const { return list_.end(); }
    std::span<const std::shared_ptr<torch_part>> parts() const { return parts_; }

    /// The parameter of a part that steps rows, or null.
    const torch_parameter* sparse_one(const torch_part& part) const {
        const auto& first = list_[part.numbers.front()];
        return first.is_sparse ? &first : nullptr;
    }

    /// Refuses groups whose parameters cannot be stepped. Returns the places of those that are repeated.
    std::vector<torch_place> check(const torch_groups& groups) const {
        std::vector<torch_place> repeated;
        for (const auto& p : list_of(groups))
            if (p.is_repetition) repeated.push_back(p.place);
        return repeated;
    }

    /// Makes the parts fit the groups. Refuses parameters that cannot be stepped, and leaves all as it was then.
    void prepare(const torch_groups& groups) {
        if (!are_as_built(groups)) build(list_of(groups));
    }

    /// Gives parameters that have sparse gradients parts of their own.
    void set_sparse(std::span<const unsigned char> are_sparse) {
        if (std::ranges::equal(list_, are_sparse, {}, &torch_parameter::is_sparse, [](auto flag) { return flag != 0; })) return;
        auto list = list_;
        for (std::size_t i = 0; i < list.size(); ++i) list[i].is_sparse = are_sparse[i] != 0;
        build(std::move(list));
    }

    /// Finds a parameter; refuses a tensor that is none.
    const torch_parameter& find(const at::Tensor& tensor) const {
        if (const auto* const found = known(tensor)) return *found;
        throw std::invalid_argument("furl: the tensor is no parameter of the optimizer");
    }

  private:
    const torch_rule_facts* facts_;
    std::vector<torch_parameter> list_;
    std::map<const at::TensorImpl*, std::size_t> index_of_;
    std::vector<std::shared_ptr<torch_part>> parts_;

    const torch_parameter* known(const at::Tensor& tensor) const {
        const auto found = index_of_.find(tensor.unsafeGetTensorImpl());
        return found == index_of_.end() ? nullptr : &list_[found->second];
    }

    bool are_as_built(const torch_groups& groups) const {
        std::size_t k = 0;
        for (std::size_t g = 0; g < groups.size(); ++g)
            for (const auto& tensor : groups[g].params()) {
                if (k >= list_.size() || list_[k].place.group != g || !list_[k].is_unchanged(tensor)) return false;
                ++k;
            }
        return k == list_.size();
    }

    std::vector<torch_parameter> list_of(const torch_groups& groups) const {
        std::vector<torch_parameter> list;
        std::map<const at::TensorImpl*, std::size_t> first_of;
        for (std::size_t g = 0; g < groups.size(); ++g)
            for (std::size_t i = 0; i < groups[g].params().size(); ++i) {
                const auto& tensor = groups[g].params()[i];
                const torch_place place{g, i};
                require_parameter(tensor, place, facts_->info->has_shape);
                torch_parameter p{tensor, place, tensor.sizes().vec(), tensor.strides().vec(), tensor.scalar_type()};
                if ((list.empty() || list.back().type != p.type) && !facts_->make(p.type, {}))
                    refuse("furl: " + place.text() + " has elements of type " + c10::toString(p.type) +
                           ", which the rule or furl::torch_types excludes");
                if (const auto [first, added] = first_of.emplace(tensor.unsafeGetTensorImpl(), list.size()); !added) {
                    if (const auto& other = list[first->second].place; other.group != g)
                        refuse("furl: " + place.text() + " is " + other.text() + " too; a parameter belongs to one group");
                    p.is_repetition = true;
                }
                if (const auto* const before = known(tensor)) {
                    const auto text = [](const torch_parameter& x) { return c10::toString(x.type) + streamed(at::IntArrayRef(x.sizes)); };
                    if (before->type != p.type || before->sizes != p.sizes)
                        refuse("furl: " + place.text() + " was " + text(*before) + " in earlier steps, and is " + text(p) +
                               "; make a new optimizer");
                    p.is_sparse = before->is_sparse;
                }
                list.push_back(std::move(p));
            }
        return list;
    }

    // Makes the parts of a list of parameters, and moves the states of those that had a part.
    void build(std::vector<torch_parameter> list) {
        using key = std::tuple<at::ScalarType, std::size_t, std::size_t>;  // parts of one type stand together
        std::map<key, std::vector<std::size_t>> members;
        for (std::size_t i = 0; i < list.size(); ++i)
            if (!list[i].is_repetition) members[{list[i].type, list[i].place.group, list[i].is_sparse ? i + 1 : 0}].push_back(i);
        std::vector<std::shared_ptr<torch_part>> parts;
        for (auto& [k, numbers] : members) {
            std::vector<furl::shape> shapes;
            for (auto i : numbers) shapes.push_back(shape_of_torch(list[i].tensor));
            std::shared_ptr<torch_part> part = facts_->make(std::get<0>(k), shapes);
            for (std::size_t index = 0; index < numbers.size(); ++index) {
                list[numbers[index]].part = part;
                list[numbers[index]].index = index;
            }
            part->group = std::get<1>(k);
            part->numbers = std::move(numbers);
            parts.push_back(std::move(part));
        }
        std::map<const at::TensorImpl*, std::size_t> index_of;
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (list[i].is_repetition) continue;
            index_of.emplace(list[i].tensor.unsafeGetTensorImpl(), i);
            if (const auto* const before = known(list[i].tensor)) move_states(*before, list[i]);
        }
        list_ = std::move(list);
        index_of_ = std::move(index_of);
        parts_ = std::move(parts);
    }

    static void move_states(const torch_parameter& before, const torch_parameter& now) {
        const auto as_before = now.tensor.as_strided(before.sizes, before.strides);
        const auto states = now.part->info().states;
        for (std::size_t s = 0; s < states.size(); ++s) {
            if (before.strides != now.strides && is_in_blocks(*now.part, s, now.index))
                refuse("furl: " + now.place.text() + " has another order in memory than in earlier steps, and the state '" +
                       std::string(states[s].name) + "' is stored in blocks; make a new optimizer");
            state_tensor(*now.part, s, now.index, now.tensor).copy_(state_tensor(*before.part, s, before.index, as_before));
        }
        now.part->set_step_count(std::max(now.part->step_count(), before.part->step_count()));
    }
};

}  // namespace furl::detail
