// Each function of numbers by furl's vectors, and by <cmath>, one by one: in cache, ns per number. "root" is by the divider and by fma, where both are
// there; "quotient by root" is what Adam does with its moments.
#include <furl/bench/data.hpp>
#include <furl/bench/job.hpp>
#include <furl/furl.hpp>
#include <furl/simd/root.hpp>

#include <cmath>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace {

constexpr std::size_t numbers = 4096;

template <class T>
struct operands {
    std::vector<T> x, y, result;

    operands() : x(numbers), y(numbers), result(numbers) {
        furl::bench::fill(std::span(x), 1);
        furl::bench::fill(std::span(y), 2);
        for (std::size_t i = 0; i < numbers; ++i) x[i] = std::abs(x[i]) + T(0.125), y[i] = std::abs(y[i]) + T(0.5);
    }
};

// Times a function of two vectors.
template <class T, class F>
furl::bench::loop on_vectors(const std::string& name, const std::shared_ptr<operands<T>>& data, F f) {
    return {name, [data, f](std::size_t calls) {
        using A = furl::arithmetic<furl::vector_of<T>>;
        for (; calls > 0; --calls) {
            for (std::size_t i = 0; i < numbers; i += A::width) A::store(&data->result[i], f(A::load(&data->x[i]), A::load(&data->y[i])));
            furl::bench::keep(data->result[calls % numbers]);
        }
    }};
}

// Times a function of two numbers.
template <class T, class F>
furl::bench::loop one_by_one(const std::string& name, const std::shared_ptr<operands<T>>& data, F f) {
    return {name, [data, f](std::size_t calls) {
        for (; calls > 0; --calls) {
            for (std::size_t i = 0; i < numbers; ++i) data->result[i] = f(data->x[i], data->y[i]);
            furl::bench::keep(data->result[calls % numbers]);
        }
    }};
}

template <class T, class Vector, class One>
void add(std::vector<furl::bench::job>& jobs, const std::string& name, Vector vector, One one) {
    jobs.push_back({"numbers " + name + (std::is_same_v<T, float> ? "" : ", double"), numbers, 3 * sizeof(T), [=] {
        const auto data = std::make_shared<operands<T>>();
        return std::vector{on_vectors<T>("furl", data, vector), one_by_one<T>("one by one", data, one)};
    }});
}

// The two ways to take a root, alone and before a quotient.
template <class T>
void add_roots(std::vector<furl::bench::job>& jobs) {
#if defined(__AVX512F__) && !defined(FURL_NO_SIMD)
    using V = furl::vector_of<T>;
    if constexpr (sizeof(V) == 64) {
        const auto divider = [](V x, V) {
            if constexpr (sizeof(T) == 4) return V(_mm512_sqrt_ps(x));
            else return V(_mm512_sqrt_pd(x));
        };
        const auto fma = [](V x, V) { return V(furl::detail::root_by_fma(typename V::register_type(x))); };
        const auto quotient = [](auto root) { return [root](V x, V y) { return y / (root(x, y) + V(T(1e-8))); }; };
        const auto both = [&jobs](const std::string& name, auto by_divider, auto by_fma) {
            jobs.push_back({"numbers " + name + (sizeof(T) == 4 ? "" : ", double"), numbers, 3 * sizeof(T), [=] {
                const auto data = std::make_shared<operands<T>>();
                return std::vector{on_vectors<T>("by the divider", data, by_divider), on_vectors<T>("by fma", data, by_fma)};
            }});
        };
        both("root", divider, fma);
        both("quotient by root", quotient(divider), quotient(fma));
    }
#else
    static_cast<void>(jobs);
#endif
}

template <class T>
void add_functions(std::vector<furl::bench::job>& jobs) {
    using V = furl::vector_of<T>;
    using A = furl::arithmetic<V>;
    add<T>(jobs, "sqrt", [](V x, V) { return A::sqrt(x); }, [](T x, T) { return std::sqrt(x); });
    add<T>(jobs, "divide", [](V x, V y) { return A::divide(x, y); }, [](T x, T y) { return x / y; });
    add<T>(jobs, "cbrt", [](V x, V) { return A::cbrt(x); }, [](T x, T) { return std::cbrt(x); });
    add<T>(jobs, "exp", [](V x, V) { return A::exp(x); }, [](T x, T) { return std::exp(x); });
    add<T>(jobs, "expm1", [](V x, V) { return A::expm1(x); }, [](T x, T) { return std::expm1(x); });
    add<T>(jobs, "log", [](V x, V) { return A::log(x); }, [](T x, T) { return std::log(x); });
    add<T>(jobs, "log1p", [](V x, V) { return A::log1p(x); }, [](T x, T) { return std::log1p(x); });
    add<T>(jobs, "tanh", [](V x, V) { return A::tanh(x); }, [](T x, T) { return std::tanh(x); });
    add<T>(jobs, "sin", [](V x, V) { return A::sin(x); }, [](T x, T) { return std::sin(x); });
    add<T>(jobs, "cos", [](V x, V) { return A::cos(x); }, [](T x, T) { return std::cos(x); });
    add<T>(jobs, "pow", [](V x, V y) { return A::pow(x, y); }, [](T x, T y) { return std::pow(x, y); });
    add<T>(jobs, "atan2", [](V x, V y) { return A::atan2(x, y); }, [](T x, T y) { return std::atan2(x, y); });
}

const bool registered = furl::bench::add_to_registered([](const furl::bench::settings&, std::vector<furl::bench::job>& jobs) {
    add_roots<float>(jobs);
    add_roots<double>(jobs);
    add_functions<float>(jobs);
    add_functions<double>(jobs);
});

}  // namespace
