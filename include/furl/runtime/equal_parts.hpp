#pragma once

#include <furl/runtime/erased_optimizer.hpp>
#include <furl/runtime/shared_reductions.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// A part of a step: an optimizer that holds the arguments of its tensors.
template <class P>
concept StepPart = requires(P& part, const P& same, std::size_t total) {
    { part.session() } -> std::convertible_to<erased_session&>;
    { part.begin(total) } -> std::same_as<bool>;  // over those arguments; `total` is the number of elements of all tensors
    { same.has_part() } -> std::same_as<bool>;    // whether any of its tensors has a gradient
};

/// Parts of a step whose optimizers have the same type. They take each walk together, so that what they share is done once. They are
/// so few that they stay in cache from the beginning of a walk to its end. `pass` is the number of a walk, as in rule_info.
template <StepPart Part>
class equal_parts {
  public:
    /// All parts of a step, with their sessions beside them: a step that repeats the last one does not touch the parts. A copy is
    /// empty, because the copy of an optimizer has parts of its own.
    class list {
      public:
        list() = default;
        list(const list&) {}
        list(list&&) noexcept = default;
        list& operator=(const list& other) { return *this = list(other); }
        list& operator=(list&&) noexcept = default;
        ~list() = default;

        void clear() {
            parts_.clear();
            sessions_.clear();
        }
        void add(Part& p) {
            parts_.push_back(&p);
            sessions_.push_back(&p.session());
        }
        void keep_those_with_a_gradient() {
            std::erase_if(parts_, [](const Part* p) { return !p->has_part(); });
            sessions_.clear();
            for (auto* p : parts_) sessions_.push_back(&p->session());
        }
        std::span<Part* const> parts() const { return parts_; }

        /// Calls visit(equal_parts) for all parts in their order, as long as it returns true. Returns whether it always did.
        template <class Visit>
        bool for_each(Visit visit) const {
            for (std::size_t first = 0, end = 0; first < sessions_.size(); first = end) {
                while (end < sessions_.size() && end - first < erased_session::most && sessions_[end]->kind() == sessions_[first]->kind()) ++end;
                if (!visit(equal_parts{std::span(parts_).subspan(first, end - first), std::span(sessions_).subspan(first, end - first)}))
                    return false;
            }
            return true;
        }

      private:
        std::vector<Part*> parts_;
        std::vector<erased_session*> sessions_;
    };

    const rule_info& info() const { return first().info(); }
    std::span<Part* const> parts() const { return parts_; }

    /// Begins the step with this number, over the arguments of the last step if `again`, else over those that the parts have taken.
    /// Returns false if the step is refused.
    bool begin(std::size_t total_of_all, std::uint64_t number, bool again) const {
        const auto total = info().counts_all ? total_of_all : 0;
        for (std::size_t i = 0; i < sessions_.size(); ++i) {
            sessions_[i]->number = number;
            if (!(again && sessions_[i]->begin_again(total)) && !parts_[i]->begin(total)) return false;
        }
        return true;
    }

    /// Runs a walk and records the results of its global reductions. Does nothing in the last walk, which writes.
    void reduce(std::size_t pass, chunk_runner_ref runner, shared_reductions& reductions) const {
        if (pass + 1 >= info().passes || !prepare(pass, reductions)) return;
        execute(pass, runner);
        const auto stride = info().reductions.size();
        for_each_global(pass, reductions, [&](shared_reductions::reduction& all, std::size_t place) {
            for (auto* s : sessions_) {
                const auto results = s->results();
                for (std::size_t k = 0; k < results.numbers.size(); ++k)
                    if (results.absent.empty() || !results.absent[k]) all.note(results.numbers[k], results.values[k * stride + place]);
            }
        });
    }

    /// Computes the values of a walk, from the global reductions that were combined after the walk before. Returns false if a rule
    /// skips the step.
    bool prepare(std::size_t pass, shared_reductions& reductions) const {
        if (pass > 0)
            for_each_global(pass - 1, reductions, [&](const shared_reductions::reduction& all, std::size_t place) {
                for (auto* s : sessions_) s->global_reductions()[place] = all.of_all;
            });
        return first().prepare(sessions_, pass);
    }

    void execute(std::size_t pass, chunk_runner_ref runner) const { first().execute(sessions_, pass, runner); }

    /// The same for part i alone.
    void execute(std::size_t pass, chunk_runner_ref runner, std::size_t i) const { first().execute(sessions_.subspan(i, 1), pass, runner); }

    void finish() const { first().finish(sessions_); }

  private:
    std::span<Part* const> parts_;
    erased_session::list sessions_;

    equal_parts(std::span<Part* const> parts, erased_session::list sessions) : parts_(parts), sessions_(sessions) {}

    erased_session& first() const { return *sessions_.front(); }

    // Calls visit(reduction, index) for each global reduction whose result is known after a walk.
    template <class Visit>
    void for_each_global(std::size_t pass, shared_reductions& reductions, Visit visit) const {
        const auto all = info().reductions;
        for (std::size_t r = 0; r < all.size(); ++r)
            if (all[r].is_global && all[r].pass == pass) visit(reductions.at(all[r]), r);
    }
};

}  // namespace furl::detail
