#pragma once

#include <furl/distributed/group_shard.hpp>

#include <cstddef>
#include <vector>

namespace FURL_NAMESPACE::detail {

/// The exchange of a step of groups. In the last walk, parts step one after the other: while one steps, weights of what was stepped and
/// gradients of what follows are on their way.
///
/// Rules with more than one walk need all gradients first. All gradients of parts of one message come before the last walk too, and their
/// weights go after it: ranks with little to do would wait for each other often.
template <class E>
class group_exchange {
  public:
    /// Begins a step without parts. They are added in the order in which they step.
    void clear() {
        parts_.clear();
        next_ = 0;
        open_ = nullptr;
    }
    /// @param walks  how many walks the rule of the part has.
    void add(group_shard<E>& shard, std::size_t walks) { parts_.push_back({&shard, shard.buckets() <= 1, walks > 1 || shard.buckets() <= 1}); }

    /// Adds up the gradients that must be there before the last walk. While those of one bucket are added up, the next ones are on their way.
    void scatter(calls_in_order& calls, sharded_times& times) {
        const added_time watch(times.scatter);
        group_shard<E>* shard = nullptr;  // of the bucket that is on its way
        std::size_t bucket = 0;
        for (const auto& p : parts_)
            for (std::size_t b = 0; p.has_sums && b < p.shard->buckets(); ++b) {
                p.shard->send_gradients(calls, b);
                if (shard) shard->add_gradients(calls, bucket);
                shard = p.shard, bucket = b;
            }
        if (shard) shard->add_gradients(calls, bucket);
    }

    /// Runs the last walk of the next parts, which are equal_parts.
    ///
    /// @param in_pieces  whether parts step in pieces, where their rule can.
    template <class EqualParts, class Runner>
    void run_last(calls_in_order& calls, const EqualParts& some, Runner runner, bool in_pieces, sharded_times& times) {
        if (next_ == 0) send_from(0, calls);
        const auto walk = some.info().passes - 1, first = next_, n = some.parts().size();
        next_ += n;
        std::size_t small = 0;
        for (std::size_t i = first; i < next_; ++i) small += parts_[i].is_small;
        if (small == n) return some.execute(walk, runner);
        for (std::size_t i = first; i < next_; ++i) {
            const auto step_all = [&] { some.execute(walk, runner, i - first); };
            if (parts_[i].is_small) {
                step_all();
                continue;
            }
            auto& shard = *parts_[i].shard;
            shard.step(calls, some.parts()[i - first]->session(), parts_[i].has_sums, in_pieces, times, [&] { send_from(i + 1, calls); }, step_all);
            end_before(&shard, calls, times);
        }
    }

    /// Brings the weights that are left to all ranks. While those of one part are stored, the next ones are on their way.
    void gather(calls_in_order& calls, sharded_times& times) {
        end_before(nullptr, calls, times);
        for (const auto& p : parts_) {
            if (p.shard->buckets() != 1) continue;
            {
                const added_time watch(times.gather);
                p.shard->send_weights(calls, 0);
            }
            end_before(p.shard, calls, times);
        }
        end_before(nullptr, calls, times);
    }

  private:
    struct part {
        group_shard<E>* shard;
        bool is_small;  // one message at most
        bool has_sums;  // whether its gradients are added up before the last walk
    };
    std::vector<part> parts_;
    std::size_t next_ = 0;
    group_shard<E>* open_ = nullptr;  // whose last weights are on their way

    // Sends the first gradients of the next part that has not all of them, from part i on.
    void send_from(std::size_t i, calls_in_order& calls) {
        while (i < parts_.size() && parts_[i].has_sums) ++i;
        if (i < parts_.size()) parts_[i].shard->send_first(calls);
    }
    // Receives the last weights of the part before this one.
    void end_before(group_shard<E>* shard, calls_in_order& calls, sharded_times& times) {
        if (open_) open_->end(calls, times);
        open_ = shard;
    }
};

}  // namespace furl::detail
