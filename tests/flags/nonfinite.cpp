// Infinities and NaN mean the same whatever a compiler was told of them: this is compiled with -ffinite-math-only, and with
// -Ofast. It looks at bits alone, as with such flags std::isnan(x) is false. Exit code: the number of failures.
#include <furl/blocks/blocks.hpp>
#include <furl/optimizer.hpp>
#include <furl/zoo/adamw.hpp>

#include <bit>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

namespace {

using namespace furl;

struct guarded {
    static constexpr auto update = skip_nonfinite(
        replace(zoo::adamw::update, grad, clip_by_global_norm<"norm", "factor">(grad, 1.0)));
};

struct corners {
    static constexpr auto least = state<"min">(0.0, [](auto old) { return min(param, grad) + 0 * old; });
    static constexpr auto most = state<"max">(0.0, [](auto old) { return max(param, grad) + 0 * old; });
    static constexpr auto held = state<"clamp">(0.0, [](auto old) { return clamp(param, -2.0, 2.0) + 0 * old; });
    static constexpr auto signs = state<"sign">(0.0, [](auto old) { return sign(param) + 0 * old; });
    static constexpr auto not_less = state<"not less">(0.0, [](auto old) { return select(!(param < grad), 1.0, 0.0) + 0 * old; });
    static constexpr auto unequal = state<"unequal">(0.0, [](auto old) { return select(param != grad, 1.0, 0.0) + 0 * old; });
    static constexpr auto power = state<"power">(0.0, [](auto old) { return pow(param, 0.75) + 0 * old; });
    static constexpr auto update = param + 0 * (least + most + held + signs + not_less + unequal + power);
};

int failures = 0;

void check(bool fine, const std::string& what) {
    if (fine) return;
    ++failures;
    std::printf("failed: %s\n", what.c_str());
}

template <class T>
auto bits(T x) {
    if constexpr (sizeof(T) == 4) return std::bit_cast<std::uint32_t>(x);
    else return std::bit_cast<std::uint64_t>(x);
}
template <class T>
T of_bits(std::uint32_t of_float, std::uint64_t of_double) {
    if constexpr (sizeof(T) == 4) return std::bit_cast<T>(of_float);
    else return std::bit_cast<T>(of_double);
}
template <class T>
const T nan_value = of_bits<T>(0x7fc00000, 0x7ff8000000000000);
template <class T>
const T infinite = of_bits<T>(0x7f800000, 0x7ff0000000000000);
template <class T>
bool is_number_or_nan(T x, T expected) {
    const auto magnitude = [](T y) { return bits(y) & bits(of_bits<T>(0x7fffffff, 0x7fffffffffffffff)); };
    if (magnitude(expected) > bits(infinite<T>)) return magnitude(x) > bits(infinite<T>);
    return bits(x) == bits(expected);
}
template <class T>
auto all_bits(std::span<const T> xs) {
    std::vector<decltype(bits(T{}))> all;
    for (auto x : xs) all.push_back(bits(x));
    return all;
}

// A good step, then one number that is not finite, anywhere: nothing changes. Then a good one again.
template <class T, class... Policies>
void check_guard(const char* how) {
    const std::size_t n = 45;
    for (T bad : {nan_value<T>, -nan_value<T>, infinite<T>, -infinite<T>})
        for (std::size_t at : {std::size_t{0}, std::size_t{7}, std::size_t{31}, std::size_t{32}, n - 1}) {
            std::vector<T> w(n, T(0.5)), g(n, T(0.25));
            optimizer<guarded, T, Policies...> opt(n);
            const auto what = std::string(how) + ": gradient " + std::to_string(at) + " is not finite: ";
            check(opt.step(w, g), what + "the first step is done");
            check(all_bits<T>(w) != all_bits<T>(std::vector<T>(n, T(0.5))), what + "the first step moves");
            const auto w0 = all_bits<T>(w), m0 = all_bits<T>(opt.state("m")), v0 = all_bits<T>(opt.state("v"));
            g[at] = bad;
            check(!opt.step(w, g), what + "it is refused");
            check(all_bits<T>(w) == w0 && all_bits<T>(opt.state("m")) == m0 && all_bits<T>(opt.state("v")) == v0, what + "nothing changes");
            check(opt.step_count() == 1, what + "it does not count");
            g[at] = T(0.25);
            check(opt.step(w, g), what + "the next step is done");
            for (T x : w) check(bits(x) == bits(w[0]) && x > T(0.4) && x < T(0.5), what + "all weights move alike");
        }
}

template <class T, class... Policies>
void check_corners(const char* how) {
    const T nan = nan_value<T>, inf = infinite<T>;
    struct row {
        T a, b, least, most, held, sign, not_less, unequal, power;
    };
    const row rows[]{
        {nan, 1, nan, nan, nan, nan, 1, 1, nan}, {1, nan, nan, nan, 1, 1, 1, 1, 1},   {nan, nan, nan, nan, nan, nan, 1, 1, nan},
        {inf, 1, 1, inf, 2, 1, 1, 1, inf},       {-inf, 1, -inf, 1, -2, -1, 0, 1, -inf}, {inf, inf, inf, inf, 2, 1, 1, 0, inf},
        {3, -3, -3, 3, 2, 1, 1, 1, 3},           {-1, 0, -1, 0, -1, -1, 0, 1, nan},     {0, 0, 0, 0, 0, 0, 1, 0, 0},
        {-4, -5, -5, -4, -2, -1, 1, 1, nan},
    };
    for (const auto& r : rows) {
        for (std::size_t n : {std::size_t{1}, std::size_t{19}}) {
            std::vector<T> a(n, r.a), b(n, r.b);
            optimizer<corners, T, Policies...> opt(n);
            opt.step(a, b);
            const auto expect = [&](const char* name, T expected) {
                for (T x : opt.state(name))
                    check(is_number_or_nan(x, expected), std::string(how) + ": " + name + " of " + std::to_string(&r - rows));
            };
            expect("min", r.least), expect("max", r.most), expect("clamp", r.held), expect("sign", r.sign);
            expect("not less", r.not_less), expect("unequal", r.unequal);
            if (&r - rows < 4) expect("power", &r - rows == 3 ? inf : r.power);
        }
    }
}

}  // namespace

int main() {
    check_guard<float>("float");
    check_guard<double>("double");
    check_guard<float, one_element_at_a_time>("float, one by one");
    check_corners<float>("float");
    check_corners<double>("double");
    check_corners<double, one_element_at_a_time>("double, one by one");
    std::printf("%d failures\n", failures);
    return failures != 0;
}
