#pragma once

#include <furl/distributed/agreement.hpp>
#include <furl/distributed/communicator.hpp>
#include <furl/distributed/rank_share.hpp>
#include <furl/distributed/buckets.hpp>
#include <furl/memory/tensors.hpp>
#include <furl/optimizer/plan_info.hpp>
#include <furl/optimizer/saved_part.hpp>
#include <furl/print/rule_info.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE {

/// How the ranks of a sharded_optimizer work together.
struct sharding_settings {
    bool mean = false;       ///< whether gradients are averaged over the ranks; else they are added up
    std::size_t bucket = 0;  ///< how many bytes of a share are sent at once; 0 means 1 MiB / ranks, and 64 KiB at least

    /// How many elements of a share are sent at once.
    std::size_t elements(std::size_t ranks, std::size_t bytes_of_element) const {
        const auto bytes = bucket > 0 ? bucket : std::max((std::size_t{1} << 20) / ranks, std::size_t{1} << 16);
        return std::max<std::size_t>(bytes / bytes_of_element / 1024, 1) * 1024;
    }
};

/// The part of a tensor that a rank has: elements [first, first + count).
using tensor_part = detail::tensor_part;

/// The seconds that the last step took on this rank, with the time in which it waited for others.
struct sharded_times {
    double scatter = 0;  ///< to bring the gradients of its share together
    double step = 0;     ///< to step its share, and to exchange partial results
    double gather = 0;   ///< to bring the weights to all ranks
};

namespace detail {

/// Returns on all ranks if they make the same optimizer, or throws on all.
///
/// @param own      whether this rank could make its own.
/// @param formats  tells the formats of streams apart.
inline void agree_on_optimizer(const communicator_ref& ranks, const local_outcome& own, const rule_info& info, std::uint64_t formats,
                               std::span<const furl::shape> shapes, const sharding_settings& settings) {
    digest all;
    all.add(std::uint64_t{info.fingerprint}), all.add(formats);
    for (const auto& s : info.states) all.add(static_cast<std::uint64_t>(s.type));
    all.add(std::uint64_t{settings.mean}), all.add(std::uint64_t{settings.bucket}), all.add(std::uint64_t{shapes.size()});
    for (const auto& s : shapes) all.add(std::uint64_t{s.rows}), all.add(std::uint64_t{s.columns});
    agree(ranks, own, all.value(), [&] {
        std::vector<std::string> lines{"the rule is " + std::string(info.rule), "mean is " + std::to_string(settings.mean),
                                       "bucket is " + std::to_string(settings.bucket), "the number of tensors is " + std::to_string(shapes.size())};
        for (std::size_t i = 0; i < shapes.size(); ++i)
            lines.push_back("tensor " + std::to_string(i) + " is " + std::to_string(shapes[i].rows) + " x " + std::to_string(shapes[i].columns));
        return lines;
    });
}

/// A part of an optimizer whose states are spread over ranks, as a checkpoint keeps it. The part has whole sizes; its memory is that of
/// this rank.
struct saved_share {
    saved_part part;
    /// The bytes that a rank has of a tensor's state, if ranks have parts of it; nothing if each rank has all of it.
    std::function<std::optional<std::size_t>(std::size_t state, std::size_t rank, std::size_t tensor)> bytes_of_state;

    /// @param part  has the sizes of what this rank has.
    template <class Plan>
    static saved_share of(saved_part part, const rank_share& share) {
        part.sizes = share.sizes(), part.shapes = share.shapes();
        for (const auto& here : share.here()) part.here.push_back({here.first, here.count});
        return {std::move(part), [&share](std::size_t state, std::size_t rank, std::size_t tensor) -> std::optional<std::size_t> {
                    const auto own = share.part_of(rank, tensor).count;
                    const auto where = plan_info<Plan>::info.states[state].where;
                    if (where == domain::element) return Plan::buffers[plan_info<Plan>::buffer_of_state(state)].size(own);
                    const auto columns = share.shapes()[tensor].columns;
                    if (where == domain::row) return columns > 0 ? own / columns * sizeof(typename Plan::value_type) : 0;
                    return {};
                }};
    }
};

/// Adds the time of its life to a number of seconds.
class added_time {
  public:
    explicit added_time(double& seconds) : seconds_(seconds) {}
    added_time(const added_time&) = delete;
    added_time& operator=(const added_time&) = delete;
    ~added_time() { seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

  private:
    double& seconds_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Refuses whole tensors that overlap each other or the gradients: each rank would get the other's elements.
///
/// @param checked  the addresses that were checked last.
/// @param writes   whether a step writes the gradients of a tensor.
template <class E, class G, class Writes>
void require_apart(const std::vector<std::span<E>>& parameters, const std::vector<std::span<G>>& gradients, Writes writes, std::vector<const void*>& checked) {
    std::vector<const void*> now;
    for (const auto& p : parameters) now.push_back(p.data());
    for (const auto& g : gradients) now.push_back(g.data());
    if (now == checked) return;
    std::vector<interval> touched;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        touched.push_back(interval::of(parameters[i].data(), parameters[i].size(), i, 0, true));
        touched.push_back(interval::of(gradients[i].data(), gradients[i].size(), i, 1, writes(i)));
    }
    const auto found = find_overlap(touched);
    const auto name = [](const interval& x) { return std::string(x.stream == 0 ? "parameters" : "gradients") + " of tensor " + std::to_string(x.tensor); };
    if (found.first)
        throw std::invalid_argument("furl: " + name(*found.first) + " overlap " + name(*found.second) + "; a step writes parameters, so they need memory of their own");
    checked = std::move(now);
}

/// Which rank has what, and how partial results of reductions get together: what a sharded_optimizer knows before its states exist.
class sharding : protected gatherer {
  protected:
    /// @param unit_of  see cut_tensors.
    template <class UnitOf>
    sharding(communicator_ref ranks, const std::vector<furl::shape>& shapes, UnitOf unit_of, sharding_settings settings)
        : ranks_(ranks), share_(shapes, cut_tensors(shapes, ranks.size(), unit_of), ranks.rank(), *this), list_(share_), settings_(settings) {}
    sharding(const sharding&) = delete;
    sharding& operator=(const sharding&) = delete;

    communicator_ref ranks_;
    rank_share share_;
    flat_list list_;
    sharding_settings settings_;

    // The place, among this rank's parts of the tensors, of an element of its share, or of the last multiple of a piece before it; the end if it has
    // no such element.
    template <class PieceOf>
    tensor_place place_here(std::size_t element, PieceOf piece_of) const {
        if (element >= list_.count_of(ranks_.rank())) return {share_.sizes().size(), 0};
        if (element == 0) return {0, 0};
        const auto at = list_.place_of(list_.first_of(ranks_.rank()) + element);
        const auto here = at.element - share_.first(at.tensor);
        return {at.tensor, here - here % piece_of(share_.shapes()[at.tensor])};
    }
    // The most elements that a step cannot part.
    template <class PieceOf>
    std::size_t largest_piece(PieceOf piece_of) const {
        std::size_t most = 1;
        for (const auto& s : share_.shapes()) most = std::max(most, std::min(piece_of(s), std::max<std::size_t>(s.size(), 1)));
        return most;
    }

    void complete(std::span<double> partials, std::span<const std::size_t> first) final {
        if (ranks_.size() == 1) return;
        std::vector<std::size_t> bytes(first.begin(), first.end());
        for (auto& b : bytes) b *= sizeof(double);
        ranks_.all_gather(std::as_writable_bytes(partials), bytes);
    }

    /// Whether the tensors of a stream are whole, or this rank's parts.
    enum class extent { whole, part };

    // Lists the tensors of a stream. Refuses them if their number or a size is wrong.
    template <class X, class E>
    void list(X& x, std::vector<std::span<E>>& tensors, const std::string& what, extent given, bool may_be_absent) const {
        list_tensors(x, tensors);
        const auto sizes = share_.sizes();
        if (tensors.size() != sizes.size())
            throw std::invalid_argument("furl: " + std::to_string(tensors.size()) + " tensors of " + what + ", expected " + std::to_string(sizes.size()) + " as at construction");
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            const auto expected = given == extent::part ? share_.here()[i].count : sizes[i];
            if (tensors[i].size() != expected && !(may_be_absent && tensors[i].empty()))
                throw std::invalid_argument("furl: tensor " + std::to_string(i) + ": " + what + " have " + std::to_string(tensors[i].size()) + " elements, expected " +
                                            std::to_string(expected) + (given == extent::part ? " as this rank's part has" : " as at construction"));
        }
    }

    // Leaves this rank's part of each tensor.
    template <class E>
    void keep_parts(std::vector<std::span<E>>& tensors) const {
        for (std::size_t i = 0; i < tensors.size(); ++i)
            if (!tensors[i].empty()) tensors[i] = tensors[i].subspan(share_.here()[i].first, share_.here()[i].count);
    }
};

}  // namespace detail

}  // namespace furl
