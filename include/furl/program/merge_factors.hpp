#pragma once

#include <furl/program/uses.hpp>

namespace FURL_NAMESPACE {

namespace detail {

// A product of a factor that all elements share and one that they do not; factor is -1 if a value is no such product.
struct scaled {
    std::int16_t factor = -1, other = -1;
};

template <std::size_t Capacity>
constexpr scaled as_scaled(const program<Capacity>& p, std::int16_t i) {
    if (p[i].code != op::multiply) return {};
    const auto [a, b, c] = p[i].operands;
    if (!p.is_element(a) && p.is_element(b)) return {a, b};
    if (p.is_element(a) && !p.is_element(b)) return {b, a};
    return {};
}

// Whether a value is 1 / (1 - beta^t), where beta is the decay of an ema and t the step. Such a value is at least 1.
template <std::size_t Capacity>
constexpr bool corrects_bias(const program<Capacity>& p, std::int16_t i) {
    const auto is_one = [&](std::int16_t k) { return p[k].code == op::constant && p[k].value == 1; };
    const auto operand = [&](std::int16_t k, std::size_t which) { return p[k].operands[which]; };
    if (p[i].code != op::divide || !is_one(operand(i, 0))) return false;
    const auto other = operand(i, 1);
    if (p[other].code != op::subtract || !is_one(operand(other, 0))) return false;
    const auto power = operand(other, 1);
    if (p[power].code != op::pow || p[operand(power, 1)].code != op::step) return false;
    for (const auto& s : p.states)
        if (s.decay == operand(power, 0)) return true;
    return false;
}

}  // namespace detail

/// Multiplies factors that all elements share with each other: s (r x) becomes (s r) x and s ((r x) / y) becomes ((s r) x) / y,
/// where s r is computed once per step. To allow that, the factor of a bias correction is taken out of a root: sqrt(s x) becomes
/// sqrt(s) sqrt(x). Other factors stay inside, because they may be negative.
template <std::size_t Capacity>
constexpr program<Capacity> merge_factors(const program<Capacity>& in) {
    const auto uses = count_uses(in);
    return rewrite(in, [&](program<Capacity>& out, const instruction& x, std::int16_t i) {
        if (x.code == op::sqrt) {
            const auto old = detail::as_scaled(in, in[i].operands[0]);
            if (old.factor >= 0 && uses.once(in[i].operands[0]) && detail::corrects_bias(in, old.factor)) {
                const auto [factor, other] = detail::as_scaled(out, x.operands[0]);
                if (out[factor].code == op::divide) {  // the correction alone, without a factor that was merged
                    const auto root = out.emit(op::sqrt, factor);
                    return out.emit(op::multiply, root, out.emit(op::sqrt, other));
                }
            }
        }
        const auto plain = out.emit(x);
        const auto outer = detail::as_scaled(out, plain);
        if (outer.factor < 0) return plain;
        // A factor of rows times a factor of columns would be a value of each element, computed in the loop.
        const auto meets = [&](detail::scaled inner) {
            return inner.factor >= 0 && join(out[outer.factor].where, out[inner.factor].where) != domain::element;
        };
        const auto merged = [&](detail::scaled inner) {
            return out.emit(op::multiply, out.emit(op::multiply, outer.factor, inner.factor), inner.other);
        };
        if (const auto inner = detail::as_scaled(out, outer.other); meets(inner)) return merged(inner);
        if (out[outer.other].code == op::divide) {
            const auto [numerator, denominator, none] = out[outer.other].operands;
            const auto old = in[i].operands[in.is_element(in[i].operands[0]) ? 0 : 1];
            const auto inner = detail::as_scaled(out, numerator);
            if (meets(inner) && uses.once(old)) return out.emit(op::divide, merged(inner), denominator);
        }
        return plain;
    });
}

}  // namespace furl
