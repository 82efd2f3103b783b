#pragma once

#include <furl/program/program.hpp>

namespace FURL_NAMESPACE {

/// Turns x / s, where all elements share s, into x * (1 / s): the division leaves the loop.
template <std::size_t Capacity>
constexpr program<Capacity> reciprocals(const program<Capacity>& in) {
    return rewrite(in, [](program<Capacity>& out, const instruction& x, std::int16_t) {
        const auto a = x.operands[0], b = x.operands[1];
        if (x.code != op::divide || !out.is_element(a) || out.is_element(b)) return out.emit(x);
        return out.emit(op::multiply, a, out.emit(op::divide, out.emit(1.0), b));
    });
}

}  // namespace furl
