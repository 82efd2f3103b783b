#pragma once

#include <furl/distributed/communicator.hpp>
#include <furl/distributed/sharded_optimizer.hpp>

// Only the C interface: the C++ bindings of old would need a library of their own.
#ifndef OMPI_SKIP_MPICXX
#define OMPI_SKIP_MPICXX 1
#endif
#ifndef MPICH_SKIP_MPICXX
#define MPICH_SKIP_MPICXX 1
#endif
#include <mpi.h>

#include <chrono>
#include <climits>
#include <exception>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace FURL_NAMESPACE {

/// The ranks of an MPI communicator: `furl::mpi ranks(MPI_COMM_WORLD);`. It is a Communicator, on a duplicate of the given one, so its
/// messages do not meet the program's own. It uses MPI's C interface alone, of version 3: Open MPI, MPICH and others.
///
/// The program initializes MPI before and finalizes it after. The thread that steps is the one that calls MPI: MPI_THREAD_FUNNELED is
/// enough, if that is the main thread.
///
/// A rank that dies ends the job, as is usual with mpirun. A rank that lives and does not come, because it threw and left the loop for
/// example, is missed at the deadline: then the others throw communication_error. MPI cannot take back what it has begun, so a program
/// should end then, by MPI_Abort if it has to.
class mpi {
  public:
    /// @param of        the communicator whose ranks take part. All of them make this object together.
    /// @param deadline  how long a rank waits for the others at most, before it throws communication_error.
    /// Errors:  std::invalid_argument if MPI is not initialized or already finalized. communication_error if MPI fails.
    explicit mpi(MPI_Comm of, std::chrono::milliseconds deadline = std::chrono::minutes(10)) : deadline_(deadline) {
        int is_initialized = 0, is_finalized = 0, rank = 0, size = 0;
        MPI_Initialized(&is_initialized);
        MPI_Finalized(&is_finalized);
        if (!is_initialized || is_finalized) throw std::invalid_argument("furl: MPI is not initialized; call MPI_Init before, and MPI_Finalize after the last step");
        require(MPI_Comm_dup(of, &ranks_), "MPI_Comm_dup");
        require(MPI_Comm_set_errhandler(ranks_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
        require(MPI_Comm_rank(ranks_, &rank), "MPI_Comm_rank");
        require(MPI_Comm_size(ranks_, &size), "MPI_Comm_size");
        rank_ = static_cast<std::size_t>(rank);
        size_ = static_cast<std::size_t>(size);
    }
    mpi(const mpi&) = delete;
    mpi& operator=(const mpi&) = delete;
    ~mpi() {
        int is_finalized = 0;
        MPI_Finalized(&is_finalized);
        // All ranks must come to this call. After a failure they may not.
        if (!is_finalized && failure_.empty() && calls_.empty() && std::uncaught_exceptions() == exceptions_) MPI_Comm_free(&ranks_);
    }

    /// The number of this rank, and the number of ranks.
    std::size_t rank() const { return rank_; }
    std::size_t size() const { return size_; }

    /// See Communicator.
    /// Errors:  communication_error also if all pieces of a call together have 2^31 bytes or more.
    std::size_t start_all_to_all(std::span<const std::byte> send, std::span<const std::size_t> send_first, std::span<std::byte> receive,
                                 std::span<const std::size_t> receive_first) {
        auto& call = begin(send_first, receive_first);
        require(MPI_Ialltoallv(send.data(), call.sent.counts.data(), call.sent.first.data(), MPI_BYTE, receive.data(), call.received.counts.data(),
                               call.received.first.data(), MPI_BYTE, ranks_, &call.request),
                "MPI_Ialltoallv");
        return next_++;
    }
    std::size_t start_all_gather(std::span<std::byte> all, std::span<const std::size_t> first) {
        auto& call = begin({}, first);
        require(MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_BYTE, all.data(), call.received.counts.data(), call.received.first.data(), MPI_BYTE, ranks_,
                                &call.request),
                "MPI_Iallgatherv");
        return next_++;
    }
    void finish(std::size_t ticket) {
        require_alive();
        const auto at = calls_.find(ticket);
        const auto until = std::chrono::steady_clock::now() + deadline_;
        int is_done = 0;
        for (std::size_t tries = 0;; ++tries) {
            require(MPI_Test(&at->second.request, &is_done, MPI_STATUS_IGNORE), "MPI_Test");
            if (is_done) break;
            if (tries < 1000) continue;
            std::this_thread::yield();  // there may be more ranks than processors
            if (std::chrono::steady_clock::now() > until)
                fail("rank " + std::to_string(rank_) + " has waited " + std::to_string(deadline_.count()) + " ms for the others");
        }
        calls_.erase(at);
    }

  private:
    // MPI reads these until a call is complete.
    struct pieces {
        std::vector<int> counts, first;

        explicit pieces(std::span<const std::size_t> given) {
            for (std::size_t i = 0; i + 1 < given.size(); ++i) {
                first.push_back(static_cast<int>(given[i]));
                counts.push_back(static_cast<int>(given[i + 1] - given[i]));
            }
        }
    };
    struct call_of_all {
        pieces sent, received;
        MPI_Request request = MPI_REQUEST_NULL;
    };

    MPI_Comm ranks_ = MPI_COMM_NULL;
    std::chrono::milliseconds deadline_;
    std::size_t rank_ = 0, size_ = 0, next_ = 0;
    int exceptions_ = std::uncaught_exceptions();
    std::map<std::size_t, call_of_all> calls_;
    std::string failure_;

    call_of_all& begin(std::span<const std::size_t> send_first, std::span<const std::size_t> receive_first) {
        require_alive();
        for (const auto& first : {send_first, receive_first})
            if (!first.empty() && first.back() > INT_MAX) fail("a message has " + std::to_string(first.back()) + " bytes; MPI counts to " + std::to_string(INT_MAX));
        return calls_.emplace(next_, call_of_all{pieces(send_first), pieces(receive_first)}).first->second;
    }

    void require_alive() const {
        if (!failure_.empty()) throw communication_error("furl: " + failure_);
    }
    [[noreturn]] void fail(std::string why) {
        failure_ = std::move(why);
        throw communication_error("furl: " + failure_);
    }
    void require(int result, const char* call) {
        if (result == MPI_SUCCESS) return;
        char text[MPI_MAX_ERROR_STRING + 1] = "";
        int length = 0;
        MPI_Error_string(result, text, &length);
        fail(std::string(call) + " failed: " + text);
    }
};

static_assert(Communicator<mpi>);

}  // namespace furl
