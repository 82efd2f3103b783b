#pragma once

#include <furl/adapt/c_groups.hpp>
#include <furl/checkpoint/checkpoint.hpp>
#include <furl/runtime/any_optimizer.hpp>
#include <furl/threads/thread_pool.hpp>

#include <furl/adapt/c.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

// This implements furl_optimizer of furl/adapt/c.h: the optimizer that it holds, and the way from a call in C to one in C++.
static_assert(FURL_EXCEPTIONS, "the C interface turns exceptions into codes: compile this unit without -fno-exceptions");

namespace FURL_NAMESPACE::detail {

/// The text of a failure. It has a text even where there is no memory for one.
class c_error {
  public:
    const char* text() const { return text_; }
    void set(const char* text) noexcept {
        try {
            kept_ = text;
            text_ = kept_.c_str();
        } catch (...) {
            text_ = "furl: there is no memory left";
        }
    }

  private:
    std::string kept_;
    const char* text_ = "";
};

inline c_error& c_error_of_thread() {
    static thread_local c_error error;
    return error;
}

template <class E>
inline constexpr furl_dtype c_dtype = std::is_same_v<E, float>      ? FURL_FLOAT
                                      : std::is_same_v<E, double>   ? FURL_DOUBLE
                                      : std::is_same_v<E, bfloat16> ? FURL_BFLOAT16
                                                                    : FURL_FLOAT16;

inline std::string c_dtype_name(furl_dtype dtype) {
    static constexpr const char* names[] = {"float", "double", "bfloat16", "float16"};
    if (dtype >= FURL_FLOAT && dtype <= FURL_FLOAT16) return names[dtype];
    return refuse("furl: no dtype " + std::to_string(dtype) + "; there are FURL_FLOAT, FURL_DOUBLE, FURL_BFLOAT16 and FURL_FLOAT16", std::string());
}

template <class X>
X* c_not_null(X* pointer, const char* what) {
    return pointer ? pointer : refuse(std::string("furl: ") + what + " is NULL", pointer);
}

/// An any_optimizer or c_groups, with the working memory of its steps, which is kept so that a step allocates nothing.
template <class Optimizer>
struct c_optimizer {
    using T = typename Optimizer::value_type;
    using E = typename Optimizer::parameter_type;
    static constexpr bool has_groups = std::is_same_v<Optimizer, c_groups<T, E>>;

    Optimizer opt;
    std::vector<std::span<E>> parameters{}, gradients{};

    static void require_dtype(furl_dtype dtype) {
        if (const auto name = c_dtype_name(dtype); dtype != c_dtype<E>)
            refuse("furl: the data is " + name + ", and the optimizer was made for " + c_dtype_name(c_dtype<E>));
    }
    static void require_state_dtype(furl_dtype dtype) {
        if (const auto name = c_dtype_name(dtype); dtype != c_dtype<T>)
            refuse("furl: the data is " + name + ", and the states of an optimizer for " + c_dtype_name(c_dtype<E>) + " are " + c_dtype_name(c_dtype<T>));
    }
    void require_groups() const {
        if (!has_groups) refuse("furl: the optimizer has no groups; furl_create_groups makes one that has");
    }

    template <class X>
    static std::span<X> tensor(std::size_t i, X* data, std::size_t size, const char* what, bool may_be_null) {
        if (!data && size > 0 && !may_be_null) refuse("furl: tensor " + std::to_string(i) + ": the pointer to " + what + " is NULL");
        if (reinterpret_cast<std::uintptr_t>(data) % alignof(X) != 0)
            refuse("furl: tensor " + std::to_string(i) + ": the address of " + what + " is no multiple of " + std::to_string(alignof(X)));
        return {data, data ? size : 0};
    }
    static std::span<E> elements(std::size_t i, void* data, std::size_t size, const char* what, bool may_be_null) {
        return tensor(i, static_cast<E*>(data), size, what, may_be_null);
    }

    // The number of tensors is checked first: each array has so many elements.
    void list(std::vector<std::span<E>>& all, std::size_t tensors, void* const* data, const std::size_t* sizes, const char* what,
              bool may_be_null = false) const {
        if (tensors != opt.tensors())
            refuse("furl: " + std::to_string(tensors) + " tensors are given, expected " + std::to_string(opt.tensors()) + " as at construction");
        all.clear();
        if (tensors == 0) return;
        if (!data) refuse(std::string("furl: the array of ") + what + " is NULL");
        c_not_null(sizes, "the array of sizes");
        for (std::size_t i = 0; i < tensors; ++i) all.push_back(elements(i, data[i], sizes[i], what, may_be_null));
    }

    bool step(std::size_t tensors, void* const* p, void* const* g, const std::size_t* sizes, std::span<const furl_input> given,
              thread_pool* pool) {
        list(parameters, tensors, p, sizes, "parameters");
        list(gradients, tensors, g, sizes, "gradients", true);
        std::vector<std::vector<std::span<const T>>> data;
        std::vector<named_data<T>> inputs;
        data.reserve(given.size());
        for (const auto& input : given) {
            auto& one = data.emplace_back();
            c_not_null(input.name, "the name of an input");
            if (!input.tensors) refuse(std::string("furl: the array of input '") + input.name + "' is NULL");
            for (std::size_t i = 0; i < tensors; ++i)
                one.push_back(tensor(i, static_cast<const T*>(input.tensors[i]), sizes[i], input.name, true));
            inputs.push_back({input.name, one});
        }
        using spans = std::span<const std::span<E>>;
        return opt.step_named(spans(parameters), spans(gradients), inputs, pool ? chunk_runner_ref(*pool) : chunk_runner_ref());
    }

    const rule_info& info_of([[maybe_unused]] std::size_t tensor) const {
        if constexpr (has_groups) return opt.info_of(tensor);
        else return static_cast<void>(opt.size(tensor)), opt.info();  // refuses a tensor that does not exist
    }
    /// Calls visit(info) for the rule, or for that of each group.
    template <class Visit>
    void for_each_info(Visit visit) const {
        if constexpr (has_groups)
            for (const auto& group : opt) visit(group.info());
        else visit(opt.info());
    }

    const state_info& state(std::string_view name, std::size_t tensor) const {
        std::vector<std::string_view> names;
        for (const auto& s : info_of(tensor).states) {
            if (!is_named(s)) continue;
            if (s.name == name) return s;
            names.push_back(s.name);
        }
        static constexpr state_info none{};
        return refuse<std::invalid_argument, std::reference_wrapper<const state_info>>(no_such("state", name, "the rule", names), none);
    }
    /// True for a state that the rule names; false for hyperparameters of tensors and for companions, which are kept like states.
    static bool is_named(const state_info& s) { return s.role != state_role::hyperparameter && s.companion_of == state_info::no_companion; }

    std::size_t state_size(std::string_view name, std::size_t tensor) const {
        switch (state(name, tensor).where) {
            case domain::element: return opt.sizes()[tensor];
            case domain::row: return opt.shapes()[tensor].rows;
            case domain::column: return opt.shapes()[tensor].columns;
            default: return 1;
        }
    }

    void read_state(std::string_view name, std::size_t tensor, T* values, std::size_t size) {
        const auto expected = state_size(name, tensor);
        if (size != expected)
            refuse("furl: there is room for " + std::to_string(size) + " values, and state '" + std::string(name) + "' of tensor " +
                   std::to_string(tensor) + " has " + std::to_string(expected));
        if (size > 0) c_not_null(values, "the array of values");
        if (is_list(state(name, tensor).where)) std::ranges::copy(opt.read_state(name, tensor), values);
        else *values = static_cast<T>(opt.scalar_state(name, tensor));
    }
};

/// An optimizer of one rule, and one of groups.
template <class T, class E = T>
using c_single = c_optimizer<any_optimizer<T, E>>;
template <class T, class E = T>
using c_grouped = c_optimizer<c_groups<T, E>>;

}  // namespace furl::detail

/// The object behind the furl_optimizer* of C.
struct furl_optimizer {
    std::variant<furl::detail::c_single<float>, furl::detail::c_single<double>, furl::detail::c_single<float, furl::bfloat16>,
                 furl::detail::c_single<float, furl::float16>, furl::detail::c_grouped<float>, furl::detail::c_grouped<double>,
                 furl::detail::c_grouped<float, furl::bfloat16>, furl::detail::c_grouped<float, furl::float16>>
        held{};
    std::vector<std::string> hyperparameter_names{}, state_names{}, tensor_names{};
    std::unique_ptr<furl::thread_pool> pool{};
    furl::detail::c_error error{};
};

namespace FURL_NAMESPACE::detail {

/// Runs a call of C. No exception leaves it: it becomes a code, and its text is kept. `optimizer` may be null only where the call
/// makes one.
template <class Call>
int c_call(furl_optimizer* optimizer, Call call) noexcept {
    const auto fail = [&](int code, const char* text) {
        c_error_of_thread().set(text);
        if (optimizer) optimizer->error.set(text);
        return code;
    };
    try {
        return call();
    } catch (const checkpoint_error& e) {
        return fail(FURL_FILE_FAILED, e.what());
    } catch (const std::logic_error& e) {  // std::length_error among them: more elements than any memory has
        return fail(FURL_REFUSED, e.what());
    } catch (const std::bad_alloc&) {
        return fail(FURL_OUT_OF_MEMORY, "furl: there is no memory left");
    } catch (const std::exception& e) {
        return fail(FURL_FAILED, e.what());
    } catch (...) {
        return fail(FURL_FAILED, "furl: an exception that is no std::exception");
    }
}

/// Runs a call about an optimizer: call(c_optimizer<...>&) returns nothing, or whether a step was done.
template <class Call>
int c_call_on(furl_optimizer* optimizer, Call call) noexcept {
    return c_call(optimizer, [&] {
        c_not_null(optimizer, "the optimizer");
        return std::visit([&](auto& held) {
            if constexpr (std::is_void_v<decltype(call(held))>) return call(held), FURL_OK;
            else return call(held) ? FURL_OK : FURL_SKIPPED;
        }, optimizer->held);
    });
}
/// The same with data of this type.
template <class Call>
int c_call_with(furl_optimizer* optimizer, furl_dtype dtype, Call call) noexcept {
    return c_call_on(optimizer, [&](auto& held) {
        held.require_dtype(dtype);
        return call(held);
    });
}

/// Runs a call about a group: call(parameter_group<...>&).
template <class Call>
int c_call_on_group(furl_optimizer* optimizer, std::size_t group, Call call) noexcept {
    return c_call_on(optimizer, [&]<class Optimizer>(c_optimizer<Optimizer>& held) {
        held.require_groups();
        if constexpr (c_optimizer<Optimizer>::has_groups) call(held.opt[group]);
    });
}

}  // namespace furl::detail
