#pragma once

#include <furl/execute/partition.hpp>

#include <array>
#include <cstddef>
#include <new>
#include <span>
#include <type_traits>

namespace FURL_NAMESPACE {

/// Runs the walks of several step_runners of one type, which take a step together. Each may have only one tensor of a few elements,
/// so what does not depend on the tensors is done once. Steps with equal hyperparameters, states and counts share their values of
/// step and tensor, which are evaluated and rounded once. The treatment of denormals is set once.
///
/// @tparam Engine  a step_runner.
template <class Engine>
class steps_together {
    using step = typename Engine::running_step;
    using walks = typename Engine::walks;

  public:
    /// The most steps that one call takes: so few that they stay in cache from one loop below to the next.
    static constexpr std::size_t most = 16;
    using list = std::span<step* const>;  ///< steps that are taken together

    /// Evaluates the values of a walk. Returns whether all steps go on. It stops at the first step that does not.
    static bool prepare(list all, std::size_t walk) {
        return Engine::at_walk(walk, [&]<std::size_t Walk>(std::integral_constant<std::size_t, Walk>) {
            const step* before = nullptr;
            for (auto* now : all) {
                if (!now->self.template prepare_walk_of_all<Walk>(*now, before)) return false;
                before = now;
            }
            return true;
        });
    }

    /// Runs a walk over the tensors of all steps.
    template <class Runner>
    static void execute(list all, std::size_t walk, Runner& runner) {
        Engine::at_walk(walk, [&]<std::size_t Walk>(std::integral_constant<std::size_t, Walk>) {
            if constexpr (requires { typename walks::template uniforms<Walk>; }) execute_flat<Walk>(all, runner);
            else
                for (auto* now : all) now->self.walks_.template execute<Walk>(*now, runner);
            for (auto* now : all) now->self.template combine<Walk>(*now);
            return true;
        });
    }

    /// Runs the last walk of one step over the elements between two places in the list of tensors, which are at multiples of Engine::piece. For an
    /// engine that takes pieces.
    static void execute_between(const step& now, partition::position from, partition::position to) {
        now.self.walks_.template execute_between<Engine::last_walk>(now, from, to);
    }

  private:
    // The treatment of denormals is set around the passes only: values are rounded before it, and results are combined after it.
    template <std::size_t Pass, class Runner>
    static void execute_flat(list all, Runner& runner) {
        using uniforms = typename walks::template uniforms<Pass>;
        union place {
            uniforms given;
            place() {}  // not 0, because most places are not used
        };
        std::array<place, most> places;
        std::array<const uniforms*, most> given;
        std::size_t distinct = 0;
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (i > 0 && all[i]->values == all[i - 1]->values) given[i] = given[i - 1];
            else given[i] = ::new (static_cast<void*>(&places[distinct++])) uniforms(walks::template rounded<Pass>(*all[i]));
        }
        std::array<unsigned char, most> is_done{};
        std::size_t left = all.size();
        for (std::size_t i = 0; i < all.size(); ++i)
            if (const auto chunks = all[i]->self.walks_.chunks(runner); chunks > 1) {
                all[i]->self.walks_.template run_chunks<Pass>(*all[i], *given[i], chunks, runner);
                is_done[i] = 1;
                --left;
            }
        if (left > 0) {
            [[maybe_unused]] const typename walks::environment environment;
            for (std::size_t i = 0; i < all.size(); ++i)
                if (!is_done[i]) all[i]->self.walks_.template run_chunk<Pass>(*all[i], *given[i], all[i]->self.walks_.all());
        }
    }
};

}  // namespace furl
