#pragma once

#include <furl/program/uses.hpp>

namespace FURL_NAMESPACE {

/// Turns a product that is only added, or subtracted, into one fused multiply-add, which is rounded once.
///
/// Only this function decides about contraction: executors keep the compiler from contracting anything else.
template <std::size_t Capacity>
constexpr program<Capacity> contract(const program<Capacity>& in) {
    const auto uses = count_uses(in);
    return rewrite(in, [&](program<Capacity>& out, const instruction& x, std::int16_t i) {
        if ((x.code != op::add && x.code != op::subtract) || !in.is_element(i)) return out.emit(x);
        const auto a = x.operands[0], b = x.operands[1];
        const auto product = [&](int k) {
            const auto old = in[i].operands[static_cast<std::size_t>(k)];
            return in[old].code == op::multiply && in.is_element(old) && uses.once(old);
        };
        if (product(1)) {
            const auto [p, q, none] = out[b].operands;
            return out.emit(x.code == op::add ? op::fma : op::fnma, p, q, a);
        }
        if (product(0)) {
            const auto [p, q, none] = out[a].operands;
            return out.emit(x.code == op::add ? op::fma : op::fms, p, q, b);
        }
        return out.emit(x);
    });
}

}  // namespace furl
