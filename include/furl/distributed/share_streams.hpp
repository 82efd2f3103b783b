#pragma once

#include <furl/distributed/buckets.hpp>
#include <furl/distributed/sharding.hpp>

#include <algorithm>
#include <cstddef>
#include <span>

namespace FURL_NAMESPACE::detail {

/// The gradients and the weights of a share, and a step between their exchanges. The last walk of the step goes over a bucket when its gradients
/// are there, and while the next bucket is stepped its weights are on their way. Several of these may step one after the other: then messages of
/// one are on their way while another steps.
///
/// If a step cannot stop at each element, it goes up to the last place at which it can. The weights are sent some buckets later then, as many on
/// all ranks, which must start the same calls.
template <class W, class G>
class share_streams {
  public:
    /// @param length  the elements of a share in a bucket.
    /// @param piece   the most elements that a step cannot part, on any rank.
    share_streams(const flat_list& list, std::size_t own, std::size_t length, std::size_t piece)
        : weights_(list, own, length), gradients_(list, own, length), length_(length), all_(list.count_of(own)), later_((piece + length - 2) / length) {}

    std::size_t count() const { return weights_.count(); }
    stream_buckets<W>& weights() { return weights_; }
    stream_buckets<G>& gradients() { return gradients_; }

    /// The data of a step: a pointer to each whole tensor. It is null if the tensor has no gradient, or no weights.
    struct arguments {
        std::span<W* const> weights;
        std::span<const G* const> gradients;
        G* sums;  ///< of this rank's share
        bool mean;
    };

    /// Sends the first bucket of the gradients.
    void send_first(calls_in_order& calls, const arguments& a) {
        if (count() > 0) gradients_.send_gradients(calls, 0, a.gradients);
    }

    /// Runs the last walk, and exchanges what it reads and writes. end() must follow.
    ///
    /// @param has_sums   whether the sums of gradients are there. If not, send_first was called.
    /// @param in_pieces  whether the walk may stop between two buckets; if not, it runs at once.
    /// @param send_next  sends more, once all gradients of this share are sent.
    /// @param step_up_to runs the walk from where it stopped up to an element of the share, or a little less; at last to the end.
    template <class SendNext, class StepUpTo>
    void step(calls_in_order& calls, const arguments& a, bool has_sums, bool in_pieces, sharded_times& times, SendNext send_next, StepUpTo step_up_to) {
        const auto n = count();
        if (n == 0) {
            const added_time watch(times.step);
            return step_up_to(all_);
        }
        const auto later = in_pieces ? std::min(later_, n - 1) : n - 1;
        for (std::size_t b = 0; b < n + later; ++b) {
            if (b < n) {
                if (!has_sums) {
                    const added_time watch(times.scatter);
                    if (b + 1 < n) gradients_.send_gradients(calls, b + 1, a.gradients);
                    else send_next();
                    gradients_.add_gradients(calls, b, a.gradients, a.sums, a.mean);
                }
                const added_time watch(times.step);
                if (b + 1 == n) step_up_to(all_);
                else if (in_pieces) step_up_to(std::min((b + 1) * length_, all_));
            }
            if (b < later) continue;
            const added_time watch(times.gather);
            weights_.send_weights(calls, b - later, a.weights);
            if (b > later) weights_.take_weights(calls, b - later - 1, a.weights);
        }
    }

    /// Receives the last weights.
    void end(calls_in_order& calls, const arguments& a, sharded_times& times) {
        const added_time watch(times.gather);
        if (count() > 0) weights_.take_weights(calls, count() - 1, a.weights);
    }

  private:
    stream_buckets<W> weights_;
    stream_buckets<G> gradients_;
    std::size_t length_, all_, later_;
};

}  // namespace furl::detail
