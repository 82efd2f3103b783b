#pragma once

#include <furl/checkpoint/checkpoint.hpp>
#include <furl/distributed/sharding.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE {

namespace detail {

/// An optimizer whose states are spread over ranks: furl::sharded_optimizer, furl::sharded_groups.
template <class Optimizer>
concept SpreadOverRanks = requires(Optimizer& opt, std::size_t tensor) {
    { opt.saved_shares() } -> std::same_as<std::vector<saved_share>>;
    { opt.communicator() } -> std::convertible_to<const communicator_ref&>;
    { opt.part(tensor) } -> std::same_as<tensor_part>;
};

/// Brings the bytes of all ranks to rank 0, in pieces, so that messages stay small.
///
/// @param sizes  how many bytes each rank has.
/// @returns  on rank 0 all bytes in the order of the ranks; elsewhere nothing.
inline std::vector<std::byte> gather_to_first(const communicator_ref& ranks, std::span<const std::byte> own, std::span<const std::size_t> sizes) {
    const auto piece = std::size_t{256} << 20 >> std::min<std::size_t>(ranks.size(), 12);
    const bool is_first = ranks.rank() == 0;
    std::vector<std::size_t> first(ranks.size() + 1), send_first(ranks.size() + 1), receive_first(ranks.size() + 1);
    for (std::size_t r = 0; r < ranks.size(); ++r) first[r + 1] = first[r] + sizes[r];
    std::vector<std::byte> all(is_first ? first.back() : 0), arrived;
    const auto longest = *std::ranges::max_element(sizes);
    for (std::size_t at = 0; at < longest; at += piece) {
        const auto count = [&](std::size_t r) { return std::min(piece, sizes[r] - std::min(at, sizes[r])); };
        const auto sent = own.subspan(std::min(at, own.size()), count(ranks.rank()));
        std::fill(send_first.begin() + 1, send_first.end(), sent.size());
        for (std::size_t r = 0; r < ranks.size(); ++r) receive_first[r + 1] = receive_first[r] + (is_first ? count(r) : 0);
        arrived.resize(receive_first.back());
        ranks.all_to_all(sent, send_first, arrived, receive_first);
        for (std::size_t r = 0; is_first && r < ranks.size(); ++r)
            std::copy_n(arrived.begin() + static_cast<std::ptrdiff_t>(receive_first[r]), count(r), all.begin() + static_cast<std::ptrdiff_t>(first[r] + at));
    }
    return all;
}

/// Throws checkpoint_error on all ranks if something is wrong on one.
inline void agree_on_checkpoint(const communicator_ref& ranks, const local_outcome& own) {
    agree<checkpoint_error>(ranks, own, 0, [] { return std::vector<std::string>(); });
}

template <class Optimizer, class Parameters>
bool save_shares(const checkpoint_target& to, const Optimizer& given, const Parameters& parameters, const checkpoint_settings& settings) {
    auto& opt = const_cast<Optimizer&>(given);  // saving writes nothing
    const auto& ranks = opt.communicator();
    // By state, then by tensor: on rank 0 what all ranks have.
    using gathered = std::vector<std::vector<std::vector<std::byte>>>;
    std::deque<gathered> states;
    std::vector<saved_part> parts;
    for (auto& [part, bytes_of_state] : opt.saved_shares()) {
        const auto local = std::exchange(part.state_bytes, {});
        part.here.clear();
        auto& all = states.emplace_back(part.info->states.size(), std::vector<std::vector<std::byte>>(part.sizes.size()));
        std::vector<std::size_t> sizes(ranks.size());
        for (std::size_t s = 0; s < all.size(); ++s)
            for (std::size_t i = 0; i < part.sizes.size(); ++i) {
                if (!bytes_of_state(s, 0, i)) continue;
                for (std::size_t r = 0; r < sizes.size(); ++r) sizes[r] = *bytes_of_state(s, r, i);
                all[s][i] = gather_to_first(ranks, local(s, i), sizes);
                // The first master of a rank says whether masters are taken from the weights; in a file the first of all does.
                const auto& state = part.info->states[s];
                if (state.companion_of == state_info::no_companion || !state.name.ends_with(master<bfloat16>::companion_name) || all[s][i].empty()) continue;
                if (is_unset_master(all[s][i])) std::fill(all[s][i].begin() + sizeof(float), all[s][i].end(), std::byte{0});
            }
        part.state_bytes = [&all, local, bytes = bytes_of_state](std::size_t s, std::size_t i) -> std::span<std::byte> {
            return bytes(s, 0, i) ? std::span(all[s][i]) : local(s, i);
        };
        parts.push_back(std::move(part));
    }
    agree_on_checkpoint(ranks, local_outcome::of<checkpoint_error>([&] {
        if (ranks.rank() != 0) return;
        checkpoint_content content{std::move(parts), settings.names, {}, element_type_of<typename Optimizer::parameter_type>, settings.shapes, settings.also, settings.any_rule};
        if constexpr (!std::is_same_v<Parameters, std::nullopt_t>) content.parameters = memory_of(parameters);
        save_content(to, std::move(content), settings.metadata);
    }));
    return true;
}

template <class Optimizer, class Parameters>
loaded_checkpoint load_shares(const checkpoint_source& from, Optimizer& opt, Parameters& parameters, const checkpoint_settings& settings) {
    const auto& ranks = opt.communicator();
    loaded_checkpoint result;
    bool has_met = false;
    const auto own = local_outcome::of<checkpoint_error>([&] {
        std::vector<saved_part> parts;
        for (auto& share : opt.saved_shares()) parts.push_back(std::move(share.part));
        checkpoint_content content{std::move(parts), settings.names, {}, element_type_of<typename Optimizer::parameter_type>, settings.shapes, settings.also, settings.any_rule};
        if constexpr (!std::is_same_v<Parameters, const std::nullopt_t>) {
            content.parameters = memory_of(parameters);
            for (std::size_t i = 0; i < std::min(content.parameters->size(), opt.tensors()); ++i) {
                auto& memory = (*content.parameters)[i];
                const auto size = sizeof(typename Optimizer::parameter_type);
                if (memory.size() != opt.sizes()[i] * size) throw checkpoint_error("furl: checkpoint " + from.describe() + " is not loaded: the parameters of tensor " +
                                                                                  std::to_string(i) + " have " + std::to_string(memory.size() / size) +
                                                                                  " elements, the optimizer expects " + std::to_string(opt.sizes()[i]));
                memory = memory.subspan(opt.part(i).first * size, opt.part(i).count * size);
            }
        }
        // No rank changes anything before all have found the whole file good, and the same file.
        result = load_content(from, std::move(content), [&](const safetensors& file) -> problem {
            has_met = true;
            digest all;
            for (const auto& [key, value] : file.metadata) all.add(key), all.add(value);
            agree<checkpoint_error>(ranks, {}, all.value(), [&] { return std::vector{"the checksum of checkpoint " + from.describe() + " is " + file.says("checksum")}; });
            return {};
        });
    });
    if (has_met && (own.failure() || !own.refusal().empty())) {
        // The ranks have agreed already, on what is wrong.
        if (own.failure()) std::rethrow_exception(own.failure());
        throw checkpoint_error(own.refusal());
    }
    if (!has_met) agree_on_checkpoint(ranks, own);
    if constexpr (!std::is_same_v<Parameters, const std::nullopt_t>) opt.gather(parameters);
    return result;
}

}  // namespace detail

/// Writes one checkpoint of the shares of all ranks, and the parameters if they are given. It is what save_checkpoint writes of a
/// furl::optimizer, or furl::grouped_optimizer, of the same states: any number of ranks loads it, and so does one process.
///
/// All ranks call it. Rank 0 receives the states and writes, so it needs memory for all of them.
///
/// @param to          as for furl::optimizer; only rank 0 uses it.
/// @param opt         the optimizer. To save the parameters too, give whole tensors before the settings; those of rank 0 are written.
/// @param settings    as for furl::optimizer; those of rank 0 are used.
/// @returns  true.
/// Errors:  checkpoint_error on all ranks; the old file is whole then. communication_error if a rank dies; if that is rank 0, the path has the
///          old file or the new one.
template <detail::SpreadOverRanks Sharded>
bool save_checkpoint(const checkpoint_target& to, const Sharded& opt, const checkpoint_settings& settings = {}) {
    return detail::save_shares(to, opt, std::nullopt, settings);
}
template <detail::SpreadOverRanks Sharded, detail::Parameters Parameters>
bool save_checkpoint(const checkpoint_target& to, const Sharded& opt, const Parameters& parameters,
                     const checkpoint_settings& settings = {}) {
    return detail::save_shares(to, opt, parameters, settings);
}

/// Loads a checkpoint of any number of ranks, or of one process, into the shares of these ranks, which then go on to the bit.
///
/// All ranks call it, and each reads the file: its own part, after the checksum of the whole.
///
/// @param from        as for furl::optimizer: the same content on all ranks.
/// @param opt         the optimizer. To load the parameters too, give whole tensors before the settings; all ranks get all of them.
/// @param settings    as for furl::optimizer.
/// @returns  as for furl::optimizer.
/// Errors:  checkpoint_error on all ranks, before anything is changed on one: also if the ranks have found different files.
template <detail::SpreadOverRanks Sharded>
loaded_checkpoint load_checkpoint(const checkpoint_source& from, Sharded& opt, const checkpoint_settings& settings = {}) {
    return detail::load_shares(from, opt, std::nullopt, settings);
}
template <detail::SpreadOverRanks Sharded, detail::Parameters Parameters>
loaded_checkpoint load_checkpoint(const checkpoint_source& from, Sharded& opt, Parameters&& parameters,
                                  const checkpoint_settings& settings = {}) {
    static_assert(!std::is_const_v<typename detail::element_of<std::remove_reference_t<Parameters>>::type>,
                  "furl[E19]: the parameters are const, and a load writes them. See docs/errors.md#E19");
    return detail::load_shares(from, opt, parameters, settings);
}

}  // namespace furl
