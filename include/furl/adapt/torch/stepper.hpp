#pragma once

#include <furl/adapt/torch/options.hpp>
#include <furl/adapt/torch/states.hpp>
#include <furl/memory/tensors.hpp>

#include <torch/optim/optimizer.h>
#include <torch/types.h>

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <stdexcept>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// What a torch_optimizer knows of its rule at compile time.
struct torch_rule_facts {
    const rule_info* info;
    bool has_shape;      ///< whether it has values of rows or columns, or functions of matrices
    bool steps_by_rows;  ///< whether some rows can step alone
    /// Makes a part for parameters of an element type; null if the rule does not run in it.
    std::unique_ptr<torch_part> (*make)(at::ScalarType type, std::span<const furl::shape> shapes);
};

/// Runs the chunks of a step on the threads of libtorch.
struct torch_threads {
    static std::size_t concurrency() {
#ifdef INTRA_OP_PARALLEL
        return at::in_parallel_region() ? 1 : static_cast<std::size_t>(at::get_num_threads());
#else
        return 1;  // libtorch's loops use OpenMP where they are compiled with -fopenmp
#endif
    }
    template <class Body>
    void operator()(std::size_t chunks, Body&& body) const {
        at::parallel_for(0, static_cast<std::int64_t>(chunks), 1, [&](std::int64_t begin, std::int64_t end) {
            for (auto i = begin; i < end; ++i) body(static_cast<std::size_t>(i));
        });
    }
};

/// The parameters of all groups, and their steps. Groups can change between two steps; the states follow their parameters.
class torch_stepper {
  public:
    using groups = std::vector<torch::optim::OptimizerParamGroup>;

    explicit torch_stepper(torch_rule_facts facts) : facts_(facts) {}

    /// A parameter, and where its states are. A repetition of a parameter in its group has no part.
    struct parameter {
        at::Tensor tensor;
        torch_place place;
        std::vector<std::int64_t> sizes, strides;
        at::ScalarType type;
        bool is_repetition = false;
        bool is_sparse = false;  ///< whether it had a sparse gradient
        torch_part* part = nullptr;
        std::size_t index = 0;  ///< in the part

        bool is_unchanged(const at::Tensor& now) const {
            return tensor.is_same(now) && type == now.scalar_type() && now.strides() == at::IntArrayRef(strides) && now.sizes() == at::IntArrayRef(sizes);
        }
    };
    std::span<parameter> parameters() { return parameters_; }

    /// Does a step of the parameters that have a gradient. Returns whether any was done.
    bool step(groups& all) {
        prepare(all);
        const struct clearing {
            std::vector<at::Tensor>& list;
            ~clearing() { list.clear(); }
        } clear_at_end{gradients_};
        take_gradients();
        for (std::size_t i = 0; i < parameters_.size(); ++i)
            if (const auto& p = parameters_[i]; !p.is_repetition && !p.is_sparse) p.part->take(p.index, p.tensor.data_ptr(), gradients_[i].defined() ? gradients_[i].data_ptr() : nullptr);
        require_no_overlap();
        step_.clear();
        std::size_t total = 0;
        bool any = false;
        for (auto& part : parts_) {
            give_hyperparameters(*part, all);
            if (is_sparse(*part) || !part->has_part()) continue;
            step_.add(*part);
            any = true;
            if (part->info().counts_all) total += part->elements();
        }
        const torch_threads threads;
        const chunk_runner_ref runner(threads);
        bool done = any && step_.begin(parameters_.size(), total, false, runner) && step_.finish(runner);
        for (const auto& part : parts_)
            if (is_sparse(*part)) done |= step_sparse(*part, runner);
        if (done && facts_.info->writes_gradients) zero_copied_gradients();
        return done;
    }

    /// Makes the parts fit the groups. Refuses parameters that cannot be stepped, and leaves all as it was then.
    void prepare(const groups& all) {
        if (!are_as_built(all)) build(list_of(all));
    }

    /// Refuses groups whose parameters cannot be stepped. Warns of those that are repeated.
    void check(const groups& all) const {
        for (const auto& p : list_of(all))
            if (p.is_repetition) TORCH_WARN("furl: ", p.place.text(), " is in the group already, and is stepped once");
    }

    /// Gives parameters that have sparse gradients parts of their own.
    void set_sparse(std::span<const unsigned char> are_sparse) {
        if (std::ranges::equal(parameters_, are_sparse, {}, &parameter::is_sparse, [](auto flag) { return flag != 0; })) return;
        auto list = parameters_;
        for (std::size_t i = 0; i < list.size(); ++i) list[i].is_sparse = are_sparse[i] != 0;
        build(std::move(list));
    }
    /// Finds a parameter; refuses a tensor that is none.
    const parameter& find(const at::Tensor& tensor) const {
        if (const auto* const found = known_parameter(tensor)) return *found;
        throw std::invalid_argument("furl: the tensor is no parameter of the optimizer");
    }

    /// Returns a per-step value that the rule names by let, as the last step computed it.
    double value(std::string_view name) const {
        const auto names = facts_.info->values;
        const auto i = static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
        if (i == names.size()) return refuse(no_such("value of one per step", name, "the rule", names), not_a_number<double>);
        const auto last = std::ranges::max_element(parts_, {}, [](const auto& p) { return p->number; });
        return last == parts_.end() ? not_a_number<double> : (*last)->values()[i];
    }

    const rule_info& info() const { return *facts_.info; }
    bool has_shape() const { return facts_.has_shape; }

  private:
    torch_rule_facts facts_;
    std::vector<parameter> parameters_;
    std::map<const at::TensorImpl*, std::size_t> index_of_;
    std::vector<std::unique_ptr<torch_part>> parts_;
    std::vector<at::Tensor> gradients_;  // of the current step, in the order of memory of the parameters
    joint_step<torch_part> step_;
    std::vector<const void*> checked_;  // the addresses of parameters that were found free of overlaps

    const parameter* known_parameter(const at::Tensor& tensor) const {
        const auto found = index_of_.find(tensor.unsafeGetTensorImpl());
        return found == index_of_.end() ? nullptr : &parameters_[found->second];
    }

    bool is_sparse(const torch_part& part) const { return parameters_[part.numbers.front()].is_sparse; }

    std::vector<parameter> list_of(const groups& all) const {
        std::vector<parameter> list;
        std::map<const at::TensorImpl*, std::size_t> known;
        for (std::size_t g = 0; g < all.size(); ++g)
            for (std::size_t i = 0; i < all[g].params().size(); ++i) {
                const auto& tensor = all[g].params()[i];
                const torch_place place{g, i};
                require_parameter(tensor, place, facts_.has_shape);
                if ((list.empty() || list.back().type != tensor.scalar_type()) && !facts_.make(tensor.scalar_type(), {}))
                    refuse("furl: " + place.text() + " has elements of type " + c10::toString(tensor.scalar_type()) + ", which the rule or furl::torch_types excludes");
                parameter p{tensor, place, tensor.sizes().vec(), tensor.strides().vec(), tensor.scalar_type()};
                const auto [first, added] = known.emplace(tensor.unsafeGetTensorImpl(), list.size());
                if (!added) {
                    if (list[first->second].place.group != g)
                        refuse("furl: " + place.text() + " is " + list[first->second].place.text() + " too; a parameter belongs to one group");
                    p.is_repetition = true;
                }
                if (const auto* const before = known_parameter(tensor)) {
                    if (before->type != p.type || before->sizes != p.sizes)
                        refuse("furl: " + place.text() + " was " + c10::toString(before->type) + streamed(at::IntArrayRef(before->sizes)) + " in earlier steps, and is " +
                               c10::toString(p.type) + streamed(at::IntArrayRef(p.sizes)) + "; make a new optimizer");
                    p.is_sparse = before->is_sparse;
                }
                list.push_back(std::move(p));
            }
        return list;
    }

    bool are_as_built(const groups& all) const {
        std::size_t k = 0;
        for (std::size_t g = 0; g < all.size(); ++g)
            for (std::size_t i = 0; i < all[g].params().size(); ++i, ++k)
                if (k >= parameters_.size() || parameters_[k].place.group != g || !parameters_[k].is_unchanged(all[g].params()[i])) return false;
        return k == parameters_.size();
    }

    // Makes the parts of a list of parameters, and moves the states of those that had a part.
    void build(std::vector<parameter> list) {
        using key = std::tuple<at::ScalarType, std::size_t, std::size_t>;  // parts of one type stand together
        std::map<key, std::vector<std::size_t>> members;
        for (std::size_t i = 0; i < list.size(); ++i)
            if (!list[i].is_repetition) members[{list[i].type, list[i].place.group, list[i].is_sparse ? i + 1 : 0}].push_back(i);
        std::vector<std::unique_ptr<torch_part>> parts;
        for (auto& [k, numbers] : members) {
            std::vector<furl::shape> shapes;
            for (auto i : numbers) shapes.push_back(shape_of_torch(list[i].tensor));
            auto part = facts_.make(std::get<0>(k), shapes);
            for (std::size_t index = 0; index < numbers.size(); ++index) {
                auto& p = list[numbers[index]];
                p.part = part.get();
                p.index = index;
            }
            part->group = std::get<1>(k);
            part->numbers = std::move(numbers);
            parts.push_back(std::move(part));
        }
        std::map<const at::TensorImpl*, std::size_t> index_of;
        for (std::size_t i = 0; i < list.size(); ++i) {
            const auto& now = list[i];
            if (now.is_repetition) continue;
            index_of.emplace(now.tensor.unsafeGetTensorImpl(), i);
            if (const auto* const before = known_parameter(now.tensor)) move_states(*before, now);
        }
        parameters_ = std::move(list);
        index_of_ = std::move(index_of);
        parts_ = std::move(parts);
        checked_.clear();
    }

    static void move_states(const parameter& before, const parameter& now) {
        const auto as_before = now.tensor.as_strided(before.sizes, before.strides);
        for (std::size_t s = 0; s < now.part->info().states.size(); ++s) {
            if (before.strides != now.strides && is_in_blocks(*now.part, s, now.index))
                refuse("furl: " + now.place.text() + " has another order in memory than in earlier steps, and the state '" + std::string(now.part->info().states[s].name) +
                       "' is stored in blocks; make a new optimizer");
            state_tensor(*now.part, s, now.index, now.tensor).copy_(state_tensor(*before.part, s, before.index, as_before));
        }
        now.part->set_step_count(std::max(now.part->step_count(), before.part->step_count()));
    }

    // Gathers the gradients in the order of memory of the parameters.
    void take_gradients() {
        gradients_.assign(parameters_.size(), {});
        std::vector<unsigned char> are_sparse(parameters_.size());
        for (std::size_t i = 0; i < parameters_.size(); ++i) {
            const auto& p = parameters_[i];
            const auto& gradient = p.tensor.grad();
            are_sparse[i] = p.is_sparse;
            if (p.is_repetition || !gradient.defined()) continue;
            require_gradient(gradient, p.tensor, p.place);
            if (!gradient.is_sparse()) {
                gradients_[i] = in_order_of(p.tensor, gradient);
                continue;
            }
            if (!facts_.steps_by_rows)
                refuse("furl: the gradient of " + p.place.text() +
                       " is sparse, and the rule has a reduction over more than a row, or a state that starts in the first step of the tensor; take to_dense() of it");
            gradients_[i] = united_rows(p.tensor, gradient, p.place);
            are_sparse[i] = true;
        }
        set_sparse(are_sparse);
    }

    // Each part refuses overlaps of its own memory.
    void require_no_overlap() {
        std::vector<const void*> now;
        for (const auto& p : parameters_) now.push_back(p.tensor.data_ptr());
        if (now == checked_) return;
        std::vector<interval> list;
        for (std::size_t i = 0; i < parameters_.size(); ++i)
            if (const auto& p = parameters_[i]; !p.is_repetition) list.push_back(interval::of(static_cast<const std::byte*>(now[i]), p.tensor.nbytes(), i, 0, true));
        if (const auto found = find_overlap(list); found.first)
            refuse("furl: " + parameters_[found.first->tensor].place.text() + " and " + parameters_[found.second->tensor].place.text() +
                   " are different tensors that share memory; a step would update it twice");
        checked_ = std::move(now);
    }

    void give_hyperparameters(torch_part& part, const groups& all) const {
        const auto& values = static_cast<const torch_options&>(all[part.group].options()).values();
        const auto single = part.hyperparameters();
        for (std::size_t i = 0; i < single.size(); ++i) single[i] = values[i].second;
        for (std::size_t i = single.size(); i < values.size(); ++i) part.set(values[i].first, values[i].second);
    }

    bool step_sparse(torch_part& part, chunk_runner_ref runner) {
        const auto& p = parameters_[part.numbers.front()];
        const auto& gradient = gradients_[part.numbers.front()];
        if (!gradient.defined()) return false;
        if (gradient.is_sparse()) {
            const auto rows = gradient._indices()[0].contiguous();
            auto values = gradient._values().contiguous();
            return part.step_rows({rows.data_ptr<std::int64_t>(), static_cast<std::size_t>(rows.numel())}, p.tensor.data_ptr(), values.data_ptr(),
                                  static_cast<std::size_t>(values.numel()), runner);
        }
        part.take(0, p.tensor.data_ptr(), gradient.data_ptr());
        step_.clear();
        step_.add(part);
        return step_.begin(parameters_.size(), part.elements(), false, runner) && step_.finish(runner);
    }

    // A rule with zero_grad has set copies of gradients to 0.
    void zero_copied_gradients() {
        for (std::size_t i = 0; i < parameters_.size(); ++i)
            if (auto& gradient = parameters_[i].tensor.mutable_grad(); gradients_[i].defined() && !gradients_[i].is_same(gradient)) gradient.zero_();
    }
};

}  // namespace furl::detail
