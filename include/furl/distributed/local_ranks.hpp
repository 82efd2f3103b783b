#pragma once

#include <furl/distributed/communicator.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE {

class local_rank;

namespace detail {

/// The place at which the ranks of one process meet. A rank posts what it sends, waits until all have posted, copies what it receives out of the memory of
/// the others, and waits until they have copied too.
class meeting {
  public:
    meeting(std::size_t ranks, std::chrono::milliseconds deadline) : ranks_(ranks), deadline_(deadline), has_left_(ranks) {}

    std::size_t size() const { return ranks_; }

    /// What a rank sends and receives in a call. Rank i gets the piece sent_first[i] to sent_first[i + 1] if it is an all-to-all, else
    /// the piece of the sender.
    struct post {
        bool to_all = false;
        std::span<const std::byte> sent{};
        std::vector<std::size_t> sent_first{};
        std::span<std::byte> received{};
        std::vector<std::size_t> received_first{};

        std::span<const std::byte> piece_for(std::size_t sender, std::size_t receiver) const {
            const auto k = to_all ? receiver : sender;
            return sent.subspan(sent_first[k], sent_first[k + 1] - sent_first[k]);
        }
    };

    /// Notes that all ranks are there again.
    void enter() {
        const std::lock_guard lock(mutex_);
        has_left_.assign(ranks_, false);
    }

    void start(std::size_t rank, std::uint64_t number, post what) {
        const std::lock_guard lock(mutex_);
        auto& call = calls_[number];
        call.posts.resize(ranks_);
        call.has_posted.resize(ranks_);
        call.posts[rank] = std::move(what);
        call.has_posted[rank] = true;
        if (++call.posted == ranks_) changed_.notify_all();
    }

    void finish(std::size_t rank, std::uint64_t number) {
        const auto until = std::chrono::steady_clock::now() + deadline_;
        std::unique_lock lock(mutex_);
        auto& call = calls_.at(number);
        while (call.posted < ranks_ && failure_.empty()) {
            for (std::size_t i = 0; i < ranks_; ++i)
                if (has_left_[i] && !call.has_posted[i]) fail("rank " + std::to_string(i) + " has returned, and rank " + std::to_string(rank) + " waits for it");
            if (failure_.empty() && changed_.wait_until(lock, until) == std::cv_status::timeout && call.posted < ranks_) fail(late(rank, call.has_posted));
        }
        if (failure_.empty()) check(rank, call);
        if (!failure_.empty()) return leave(lock, call);
        ++call.copying;
        lock.unlock();
        const auto& own = call.posts[rank];
        for (std::size_t i = 0; i < ranks_; ++i) {
            const auto piece = call.posts[i].piece_for(i, rank);
            auto* const to = own.received.data() + own.received_first[i];
            if (!piece.empty() && piece.data() != to) std::memcpy(to, piece.data(), piece.size());
        }
        lock.lock();
        --call.copying;
        ++call.done;
        changed_.notify_all();
        while (call.done < ranks_ && failure_.empty())
            if (changed_.wait_until(lock, until) == std::cv_status::timeout && call.done < ranks_) fail(late(rank, {}));
        if (call.done < ranks_) return leave(lock, call);
        if (++call.left == ranks_) calls_.erase(number);
    }

    /// Notes that a rank has returned, or ended with an exception. Others that wait for it, now or later, throw.
    void leave(std::size_t rank, const std::string& why) {
        const std::lock_guard lock(mutex_);
        has_left_[rank] = true;
        if (!why.empty()) fail("rank " + std::to_string(rank) + " ended with an exception: " + why);
        changed_.notify_all();
    }

  private:
    struct call_of_all {
        std::vector<post> posts{};
        std::vector<bool> has_posted{};
        std::size_t posted = 0, copying = 0, done = 0, left = 0;
    };

    std::size_t ranks_;
    std::chrono::milliseconds deadline_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::uint64_t, call_of_all> calls_;
    std::vector<bool> has_left_;
    std::string failure_;

    void fail(std::string why) {
        if (failure_.empty()) failure_ = std::move(why);
        changed_.notify_all();
    }

    std::string late(std::size_t rank, const std::vector<bool>& has_posted) const {
        std::string others;
        for (std::size_t i = 0; i < has_posted.size(); ++i)
            if (!has_posted[i]) others += (others.empty() ? "rank " : ", ") + std::to_string(i);
        return "rank " + std::to_string(rank) + " has waited " + std::to_string(deadline_.count()) + " ms for " + (others.empty() ? "the others" : others);
    }

    void check(std::size_t rank, const call_of_all& call) {
        const auto& own = call.posts[rank];
        for (std::size_t i = 0; i < ranks_ && failure_.empty(); ++i) {
            const auto expected = own.received_first[i + 1] - own.received_first[i];
            const auto pair = "rank " + std::to_string(rank) + " and rank " + std::to_string(i);
            if (call.posts[i].to_all != own.to_all) fail(pair + " have started different calls");
            else if (const auto sent = call.posts[i].piece_for(i, rank).size(); sent != expected)
                fail(pair + " do not agree: one expects " + std::to_string(expected) + " bytes, the other sends " + std::to_string(sent));
        }
    }

    // Throws, once nobody copies out of this rank's memory any more.
    void leave(std::unique_lock<std::mutex>& lock, call_of_all& call) {
        changed_.wait(lock, [&] { return call.copying == 0; });
        throw communication_error("furl: " + failure_);
    }
};

}  // namespace detail

/// A rank that is a thread: a Communicator. furl::local_ranks makes it.
class local_rank {
  public:
    /// Makes one of the ranks that meet there.
    local_rank(detail::meeting& all, std::size_t rank) : all_(&all), rank_(rank) {}
    local_rank(const local_rank&) = delete;
    local_rank& operator=(const local_rank&) = delete;

    /// The number of this rank, and the number of ranks.
    std::size_t rank() const { return rank_; }
    std::size_t size() const { return all_->size(); }

    /// See Communicator.
    std::size_t start_all_to_all(std::span<const std::byte> send, std::span<const std::size_t> send_first, std::span<std::byte> receive,
                                 std::span<const std::size_t> receive_first) {
        all_->start(rank_, calls_, {true, send, {send_first.begin(), send_first.end()}, receive, {receive_first.begin(), receive_first.end()}});
        return calls_++;
    }
    std::size_t start_all_gather(std::span<std::byte> all, std::span<const std::size_t> first) {
        all_->start(rank_, calls_, {false, all, {first.begin(), first.end()}, all, {first.begin(), first.end()}});
        return calls_++;
    }
    void finish(std::size_t ticket) { all_->finish(rank_, ticket); }

  private:
    detail::meeting* all_;
    std::size_t rank_;
    std::size_t calls_ = 0;
};

/// Ranks that are threads of this process, for tests and for machines with one process:
///
///     furl::local_ranks ranks(4);
///     ranks.run([&](furl::local_rank& me) {
///         furl::sharded_optimizer<my_rule> opt(me, sizes);
///         ...
///     });
///
/// If a rank throws, or returns while others wait for it, the others throw communication_error in place of waiting.
class local_ranks {
  public:
    /// @param ranks     the number of ranks, at least 1.
    /// @param deadline  how long a rank waits for the others at most, before it throws communication_error.
    explicit local_ranks(std::size_t ranks, std::chrono::milliseconds deadline = std::chrono::minutes(10)) : all_(std::max<std::size_t>(ranks, 1), deadline) {
        for (std::size_t i = 0; i < all_.size(); ++i) ranks_.emplace_back(all_, i);
    }

    /// The number of ranks.
    std::size_t size() const { return ranks_.size(); }

    /// One of the ranks, for a program that starts its own threads. Only one thread may use it.
    local_rank& operator[](std::size_t rank) { return ranks_[rank]; }

    /// Calls body(rank) for each rank, each on a thread of its own, and returns when all have returned. After a call in which a rank threw,
    /// make new ranks.
    ///
    /// Errors:  throws what a rank threw; if several did, what the first threw that did not merely miss another one.
    template <class Body>
    void run(Body body) {
        std::vector<std::exception_ptr> thrown(size());
        std::vector<unsigned char> is_consequence(size());
        std::vector<std::thread> threads;
        all_.enter();
        for (std::size_t i = 0; i < size(); ++i)
            threads.emplace_back([&, i] {
                std::string why;
                try {
                    body(ranks_[i]);
                } catch (const communication_error& e) {
                    thrown[i] = std::current_exception(), is_consequence[i] = true, why = e.what();
                } catch (const std::exception& e) {
                    thrown[i] = std::current_exception(), why = e.what();
                } catch (...) {
                    thrown[i] = std::current_exception(), why = "of a type that is no std::exception";
                }
                all_.leave(i, why);
            });
        for (auto& thread : threads) thread.join();
        for (bool consequence : {false, true})
            for (std::size_t i = 0; i < size(); ++i)
                if (thrown[i] && (is_consequence[i] != 0) == consequence) std::rethrow_exception(thrown[i]);
    }

  private:
    detail::meeting all_;
    std::deque<local_rank> ranks_;
};

}  // namespace furl
