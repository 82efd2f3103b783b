#pragma once

#include <furl/adapt/c_create.hpp>

#include <cstdlib>
#include <cstring>

// The functions of furl/adapt/c.h. A library with this interface includes this header in one of its units.

#if !defined(FURL_VERSION)
#define FURL_VERSION "unknown"  // Meson and CMake define it
#endif

namespace FURL_NAMESPACE::detail {

inline const std::vector<std::string>& c_rule_names() {
    static const std::vector<std::string> names = [] {
        const auto all = best_rule_level().floats().names();
        return std::vector<std::string>(all.begin(), all.end());
    }();
    return names;
}

inline const char* c_name(const std::vector<std::string>& names, std::size_t i) { return i < names.size() ? names[i].c_str() : nullptr; }

/// Calls save_or_load(opt, parameters..., settings), without parameters where there are no tensors.
template <class Call>
int c_checkpoint(furl_optimizer* optimizer, furl_dtype dtype, std::size_t tensors, void* const* parameters, const std::size_t* sizes,
                 Call save_or_load) noexcept {
    return c_call_with(optimizer, dtype, [&](auto& held) {
        checkpoint_settings settings;
        settings.names = optimizer->tensor_names;
        if (tensors == 0) return save_or_load(held.opt, settings);
        held.list(held.parameters, tensors, parameters, sizes, "parameters");
        save_or_load(held.opt, held.parameters, settings);
    });
}

}  // namespace furl::detail

extern "C" {

const char* furl_version(void) { return FURL_VERSION; }

const char* furl_instruction_set(void) { return furl::detail::best_rule_level().instruction_set; }

size_t furl_rule_count(void) {
    size_t count = 0;
    furl::detail::c_call(nullptr, [&] { return count = furl::detail::c_rule_names().size(), FURL_OK; });
    return count;
}

const char* furl_rule_name(size_t number) {
    const char* name = nullptr;
    furl::detail::c_call(nullptr, [&] { return name = furl::detail::c_name(furl::detail::c_rule_names(), number), FURL_OK; });
    return name;
}

const char* furl_error(const furl_optimizer* optimizer) {
    return optimizer ? optimizer->error.text() : furl::detail::c_error_of_thread().text();
}

furl_optimizer* furl_create(const char* rule, furl_dtype dtype, size_t tensors, const size_t* sizes, size_t setting_count,
                            const furl_setting* settings) {
    furl_optimizer* made = nullptr;
    furl::detail::c_call(nullptr, [&] {
        std::vector<furl::shape> shapes;
        if (tensors > 0) furl::detail::c_not_null(sizes, "the array of sizes");
        for (size_t i = 0; i < tensors; ++i) shapes.push_back({1, sizes[i]});
        return made = furl::detail::c_create(rule, dtype, FURL_PLAIN, shapes, setting_count, settings), FURL_OK;
    });
    return made;
}

furl_optimizer* furl_create_shaped(const char* rule, furl_dtype dtype, size_t tensors, const furl_shape* shapes, size_t setting_count,
                                   const furl_setting* settings) {
    return furl_create_stored(rule, dtype, FURL_PLAIN, tensors, shapes, setting_count, settings);
}

furl_optimizer* furl_create_stored(const char* rule, furl_dtype dtype, furl_storage storage, size_t tensors, const furl_shape* shapes,
                                   size_t setting_count, const furl_setting* settings) {
    furl_optimizer* made = nullptr;
    furl::detail::c_call(nullptr, [&] {
        return made = furl::detail::c_create(rule, dtype, storage, furl::detail::c_shapes(tensors, shapes), setting_count, settings), FURL_OK;
    });
    return made;
}

furl_optimizer* furl_create_groups(furl_dtype dtype, furl_storage storage, size_t group_count, const furl_group* groups) {
    furl_optimizer* made = nullptr;
    furl::detail::c_call(nullptr, [&] {
        if (group_count > 0) furl::detail::c_not_null(groups, "the array of groups");
        return made = furl::detail::c_create_groups(dtype, storage, {groups, group_count}), FURL_OK;
    });
    return made;
}

furl_optimizer* furl_copy(const furl_optimizer* optimizer) {
    furl_optimizer* made = nullptr;
    furl::detail::c_call(const_cast<furl_optimizer*>(optimizer), [&] {
        furl::detail::c_not_null(optimizer, "the optimizer");
        auto copy = std::make_unique<furl_optimizer>(furl_optimizer{optimizer->held, optimizer->hyperparameter_names,
                                                                    optimizer->state_names, optimizer->tensor_names});
        if (optimizer->pool) copy->pool = std::make_unique<furl::thread_pool>(optimizer->pool->concurrency());
        return made = copy.release(), FURL_OK;
    });
    return made;
}

void furl_destroy(furl_optimizer* optimizer) { delete optimizer; }

int furl_step(furl_optimizer* optimizer, furl_dtype dtype, size_t tensors, void* const* parameters, void* const* gradients,
              const size_t* sizes) {
    return furl_step_inputs(optimizer, dtype, tensors, parameters, gradients, sizes, 0, nullptr);
}

int furl_step_inputs(furl_optimizer* optimizer, furl_dtype dtype, size_t tensors, void* const* parameters, void* const* gradients,
                     const size_t* sizes, size_t input_count, const furl_input* inputs) {
    return furl::detail::c_call_with(optimizer, dtype, [&](auto& held) {
        if (input_count > 0) furl::detail::c_not_null(inputs, "the array of inputs");
        return held.step(tensors, parameters, gradients, sizes, {inputs, input_count}, optimizer->pool.get());
    });
}

int furl_step_tensor(furl_optimizer* optimizer, furl_dtype dtype, size_t tensor, void* parameters, void* gradients, size_t size) {
    return furl::detail::c_call_with(optimizer, dtype, [&](auto& held) {
        const auto step = [&](auto&... runner) {
            return held.opt.step_tensor(runner..., tensor, held.elements(tensor, parameters, size, "parameters", false),
                                        held.elements(tensor, gradients, size, "gradients", true));
        };
        return optimizer->pool ? step(*optimizer->pool) : step();
    });
}

int furl_finish_step(furl_optimizer* optimizer) {
    return furl::detail::c_call_on(optimizer, [&](auto& held) { return optimizer->pool ? held.opt.finish_step(*optimizer->pool) : held.opt.finish_step(); });
}

int furl_set_threads(furl_optimizer* optimizer, size_t threads) {
    return furl::detail::c_call_on(optimizer, [&](auto&) {
        if (threads == 0) furl::detail::refuse("furl: a step needs at least one thread");
        optimizer->pool = threads == 1 ? nullptr : std::make_unique<furl::thread_pool>(threads);
    });
}

int furl_set(furl_optimizer* optimizer, const char* name, double value) {
    return furl::detail::c_call_on(optimizer, [&](auto& held) {
        held.opt.set(furl::detail::c_not_null(name, "the name of the hyperparameter"), value);
    });
}

int furl_get(furl_optimizer* optimizer, const char* name, double* value) {
    return furl::detail::c_call_on(optimizer, [&](auto& held) {
        *furl::detail::c_not_null(value, "the place of the value") =
            held.opt.get(furl::detail::c_not_null(name, "the name of the hyperparameter"));
    });
}

int furl_set_of_tensor(furl_optimizer* optimizer, const char* name, size_t tensor, double value) {
    return furl::detail::c_call_on(optimizer, [&](auto& held) {
        held.opt.set(furl::detail::c_not_null(name, "the name of the hyperparameter"), tensor, value);
    });
}

int furl_get_of_tensor(furl_optimizer* optimizer, const char* name, size_t tensor, double* value) {
    return furl::detail::c_call_on(optimizer, [&](auto& held) {
        *furl::detail::c_not_null(value, "the place of the value") =
            held.opt.get(furl::detail::c_not_null(name, "the name of the hyperparameter"), tensor);
    });
}

size_t furl_group_count(const furl_optimizer* optimizer) {
    const auto counted = []<class Optimizer>(const furl::detail::c_optimizer<Optimizer>& held) {
        if constexpr (furl::detail::c_optimizer<Optimizer>::has_groups) return held.opt.size();
        else return size_t{0};
    };
    return optimizer ? std::visit(counted, optimizer->held) : 0;
}

int furl_set_of_group(furl_optimizer* optimizer, size_t group, const char* name, double value) {
    return furl::detail::c_call_on_group(optimizer, group, [&](auto& g) { g.set(furl::detail::c_not_null(name, "the name of the hyperparameter"), value); });
}

int furl_get_of_group(furl_optimizer* optimizer, size_t group, const char* name, double* value) {
    return furl::detail::c_call_on_group(optimizer, group, [&](auto& g) {
        *furl::detail::c_not_null(value, "the place of the value") = g.get(furl::detail::c_not_null(name, "the name of the hyperparameter"));
    });
}

int furl_freeze_group(furl_optimizer* optimizer, size_t group, int frozen) {
    return furl::detail::c_call_on_group(optimizer, group, [&](auto& g) { g.freeze(frozen != 0); });
}

const char* furl_hyperparameter_name(const furl_optimizer* optimizer, size_t number) {
    return optimizer ? furl::detail::c_name(optimizer->hyperparameter_names, number) : nullptr;
}

int furl_value(furl_optimizer* optimizer, const char* name, double* value) {
    return furl::detail::c_call_on(optimizer, [&](auto& held) {
        *furl::detail::c_not_null(value, "the place of the value") = held.opt.value(furl::detail::c_not_null(name, "the name of the value"));
    });
}

int64_t furl_step_count(const furl_optimizer* optimizer) {
    return optimizer ? std::visit([](const auto& held) { return held.opt.step_count(); }, optimizer->held) : -1;
}

const char* furl_state_name(const furl_optimizer* optimizer, size_t number) {
    return optimizer ? furl::detail::c_name(optimizer->state_names, number) : nullptr;
}

int furl_state_size(furl_optimizer* optimizer, const char* name, size_t tensor, size_t* size) {
    return furl::detail::c_call_on(optimizer, [&](auto& held) {
        *furl::detail::c_not_null(size, "the place of the size") =
            held.state_size(furl::detail::c_not_null(name, "the name of the state"), tensor);
    });
}

int furl_read_state(furl_optimizer* optimizer, const char* name, size_t tensor, furl_dtype dtype, void* values, size_t size) {
    return furl::detail::c_call_on(optimizer, [&]<class Optimizer>(furl::detail::c_optimizer<Optimizer>& held) {
        held.require_state_dtype(dtype);
        held.read_state(furl::detail::c_not_null(name, "the name of the state"), tensor, static_cast<typename Optimizer::value_type*>(values), size);
    });
}

int furl_reset(furl_optimizer* optimizer) {
    return furl::detail::c_call_on(optimizer, [](auto& held) { held.opt.reset(); });
}

int furl_name_tensors(furl_optimizer* optimizer, size_t tensors, const char* const* names) {
    return furl::detail::c_call_on(optimizer, [&](auto& held) {
        if (tensors != held.opt.tensors())
            furl::detail::refuse("furl: " + std::to_string(tensors) + " names are given, for " + std::to_string(held.opt.tensors()) + " tensors");
        if (tensors > 0) furl::detail::c_not_null(names, "the array of names");
        std::vector<std::string> all;
        for (size_t i = 0; i < tensors; ++i) all.emplace_back(furl::detail::c_not_null(names[i], "the name of a tensor"));
        optimizer->tensor_names = std::move(all);
    });
}

int furl_save(furl_optimizer* optimizer, const char* path, furl_dtype dtype, size_t tensors, void* const* parameters,
              const size_t* sizes) {
    return furl::detail::c_checkpoint(optimizer, dtype, tensors, parameters, sizes, [&](const auto&... what) {
        furl::save_checkpoint(furl::detail::c_not_null(path, "the path"), what...);
    });
}

int furl_load(furl_optimizer* optimizer, const char* path, furl_dtype dtype, size_t tensors, void* const* parameters,
              const size_t* sizes) {
    return furl::detail::c_checkpoint(optimizer, dtype, tensors, parameters, sizes, [&](auto&... what) {
        furl::load_checkpoint(furl::detail::c_not_null(path, "the path"), what...);
    });
}

int furl_save_memory(furl_optimizer* optimizer, void** memory, size_t* bytes, furl_dtype dtype, size_t tensors,
                     void* const* parameters, const size_t* sizes) {
    return furl::detail::c_checkpoint(optimizer, dtype, tensors, parameters, sizes, [&](const auto&... what) {
        furl::detail::c_not_null(memory, "the place of the memory");
        furl::detail::c_not_null(bytes, "the place of the number of bytes");
        std::vector<std::byte> saved;
        furl::save_checkpoint(saved, what...);
        void* const copy = std::malloc(saved.size());
        if (!copy) furl::detail::out_of_memory();
        std::memcpy(copy, saved.data(), saved.size());
        *memory = copy;
        *bytes = saved.size();
    });
}

int furl_load_memory(furl_optimizer* optimizer, const void* memory, size_t bytes, furl_dtype dtype, size_t tensors,
                     void* const* parameters, const size_t* sizes) {
    return furl::detail::c_checkpoint(optimizer, dtype, tensors, parameters, sizes, [&](auto&... what) {
        furl::load_checkpoint(std::span(static_cast<const std::byte*>(furl::detail::c_not_null(memory, "the memory")), bytes), what...);
    });
}

void furl_free(void* memory) { std::free(memory); }

}  // extern "C"
