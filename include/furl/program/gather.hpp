#pragma once

#include <furl/program/uses.hpp>

namespace furl {

namespace detail {

// A product of a factor that is the same for all elements and one that is not; factor is -1 for other values.
struct scaled {
    std::int16_t factor = -1, rest = -1;
};

template <std::size_t Capacity>
constexpr scaled as_scaled(const program<Capacity>& p, std::int16_t i) {
    if (p[i].code != op::multiply) return {};
    const auto [a, b, c] = p[i].operands;
    if (!p.is_element(a) && p.is_element(b)) return {a, b};
    if (p.is_element(a) && !p.is_element(b)) return {b, a};
    return {};
}

}  // namespace detail

/// Factors that are the same for all elements meet: s (r x) becomes (s r) x and s ((r x) / y) becomes ((s r) x) / y,
/// where s r is computed once a step.
template <std::size_t Capacity>
constexpr program<Capacity> gather(const program<Capacity>& in) {
    const auto uses = count_uses(in);
    return rewrite(in, [&](program<Capacity>& out, const instruction& x, std::int16_t i) {
        const auto plain = out.emit(x);
        const auto outer = detail::as_scaled(out, plain);
        if (outer.factor < 0) return plain;
        const auto merged = [&](detail::scaled inner) {
            return out.emit(op::multiply, out.emit(op::multiply, outer.factor, inner.factor), inner.rest);
        };
        if (const auto inner = detail::as_scaled(out, outer.rest); inner.factor >= 0) return merged(inner);
        if (out[outer.rest].code == op::divide) {
            const auto [numerator, denominator, none] = out[outer.rest].operands;
            const auto old = in[i].operands[in.is_element(in[i].operands[0]) ? 0 : 1];
            const auto inner = detail::as_scaled(out, numerator);
            if (inner.factor >= 0 && uses.once(old)) return out.emit(op::divide, merged(inner), denominator);
        }
        return plain;
    });
}

}  // namespace furl
