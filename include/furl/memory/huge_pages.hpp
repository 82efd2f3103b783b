#pragma once

#include <furl/base/build.hpp>

#include <cstddef>
#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace FURL_NAMESPACE {

/// Bytes of a huge page of x86-64, and of AArch64 with pages of 4 KiB.
inline constexpr std::size_t huge_page = std::size_t{2} << 20;

namespace detail {

/// Requests huge pages for the whole huge pages in [begin, begin + bytes). Without them a step is slower, not wrong.
///
/// @param now  whether memory that is in use already is moved to huge pages at once; else the system may do so later.
/// @returns  the bytes of those pages; 0 if the system refuses the request.
inline std::size_t request_huge_pages([[maybe_unused]] std::byte* begin, [[maybe_unused]] std::size_t bytes, [[maybe_unused]] bool now) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    const auto address = reinterpret_cast<std::uintptr_t>(begin);
    const auto skipped = (huge_page - address % huge_page) % huge_page;
    if (bytes < skipped + huge_page) return 0;
    const auto whole = (bytes - skipped) / huge_page * huge_page;
    if (madvise(begin + skipped, whole, MADV_HUGEPAGE) != 0) return 0;
#if !defined(MADV_COLLAPSE)
    constexpr int MADV_COLLAPSE = 25;  // since Linux 6.1; an older system refuses it, which changes nothing
#endif
    if (now) static_cast<void>(madvise(begin + skipped, whole, MADV_COLLAPSE));
    return whole;
#else
    return 0;
#endif
}

}  // namespace detail

}  // namespace furl
