#pragma once

#include <furl/base/element_type.hpp>
#include <furl/optimizer.hpp>
#include <furl/runtime/erased_optimizer.hpp>
#include <furl/runtime/joint_step.hpp>

#include <torch/types.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// The element type of libtorch for values that are stored so.
constexpr at::ScalarType torch_type_of(element_type type) {
    switch (type) {
        case element_type::float64: return at::kDouble;
        case element_type::bfloat16: return at::kBFloat16;
        case element_type::float16: return at::kHalf;
        case element_type::uint16: return at::kShort;
        case element_type::uint8: return at::kByte;
        default: return at::kFloat;
    }
}

/// Parameters of a group that have one element type, and the optimizer that steps them, whose type is hidden. Parameters with
/// sparse gradients have a part each.
class torch_part : public erased_session {
  public:
    explicit torch_part(const void* kind) : erased_session(kind) {}
    torch_part(const torch_part&) = delete;
    torch_part& operator=(const torch_part&) = delete;
    virtual ~torch_part() = default;

    /// The numbers of its parameters in the list of all.
    std::vector<std::size_t> numbers{};
    std::size_t group = 0;

    /// Takes the memory of a parameter for a step, and that of its gradient, which is null if it has none.
    virtual void take(std::size_t tensor, void* parameter, void* gradient) = 0;
    virtual std::size_t elements() const = 0;  ///< of those that have a gradient

    // These make it a StepPart.
    erased_session& session() { return *this; }
    virtual bool begin(std::size_t total) = 0;
    virtual bool has_part() const = 0;

    /// Refuses steps of rows if a state is stored in blocks that reach over the end of a row.
    virtual void require_row_blocks() const = 0;
    /// Steps some rows of its only parameter. The gradients have only these rows.
    virtual bool step_rows(std::span<const std::int64_t> rows, void* parameter, void* gradients, std::size_t elements,
                           chunk_runner_ref runner) = 0;

    virtual void set(std::string_view name, double value) = 0;
    /// The values of a state of one value per parameter, row or column, in the order of memory, in the type that a step computes in.
    virtual at::Tensor read_state(std::string_view name, std::size_t tensor) const = 0;
};

static_assert(StepPart<torch_part>);

/// A part whose optimizer has this type, with parameters and gradients of type E.
template <class Optimizer, class E>
class torch_part_of final : public hidden_session<Optimizer, torch_part> {
    using base = hidden_session<Optimizer, torch_part>;
    using base::opt;

  public:
    explicit torch_part_of(std::span<const furl::shape> shapes)
        : base(Optimizer(shapes)), parameters_(shapes.size()), gradients_(shapes.size()) {}

    void take(std::size_t tensor, void* parameter, void* gradient) override {
        const auto n = opt.sizes()[tensor];
        parameters_[tensor] = {static_cast<E*>(parameter), n};
        gradients_[tensor] = {static_cast<E*>(gradient), gradient ? n : 0};
    }
    std::size_t elements() const override {
        std::size_t sum = 0;
        for (auto g : gradients_) sum += g.size();
        return sum;
    }
    bool begin(std::size_t total) override { return opt.begin(base::current, parameters_, gradients_, this->numbers, total); }
    bool has_part() const override { return std::ranges::any_of(gradients_, [](auto g) { return !g.empty(); }); }

    void require_row_blocks() const override { static_cast<void>(require_block_rows<typename Optimizer::stored>(opt.shapes()[0].columns)); }
    bool step_rows([[maybe_unused]] std::span<const std::int64_t> rows, [[maybe_unused]] void* parameter, [[maybe_unused]] void* gradients,
                   [[maybe_unused]] std::size_t elements, [[maybe_unused]] chunk_runner_ref runner) override {
        if constexpr (Optimizer::stored::steps_by_rows)
            return opt.step_rows(runner, rows, std::span(static_cast<E*>(parameter), opt.sizes()[0]),
                                 std::span(static_cast<E*>(gradients), elements));
        else return false;  // the caller has refused sparse gradients
    }

    void set(std::string_view name, double value) override { opt.set(name, value); }
    at::Tensor read_state(std::string_view name, std::size_t tensor) const override {
        auto values = opt.read_state(name, tensor);
        const auto n = static_cast<std::int64_t>(values.size());
        return at::from_blob(values.data(), {n}, torch_type_of(element_type_of<typename Optimizer::value_type>)).clone();
    }

  private:
    std::vector<std::span<E>> parameters_, gradients_;
};

}  // namespace furl::detail
