#ifndef FURL_ADAPT_C_H
#define FURL_ADAPT_C_H

#include <stddef.h>
#include <stdint.h>

/** @file
 *  The C interface of furl: optimizers by the names of their rules, for C and every language that calls C. The library furl_zoo
 *  implements it, and so do libraries of your own rules (furl/adapt/export_rule.hpp).
 *
 *  A function that returns an int returns FURL_OK, FURL_SKIPPED or one of the negative codes. A call that returns a negative code has
 *  changed nothing, and furl_error says why. An optimizer may be used by one thread at a time; different optimizers may be used by
 *  different threads at once. */

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define FURL_C_API __attribute__((visibility("default")))
#else
#define FURL_C_API
#endif

/** What a call returns. */
enum furl_code {
    FURL_OK = 0,
    FURL_SKIPPED = 1,          /**< the rule skipped the step, or no tensor had a gradient: nothing has changed */
    FURL_REFUSED = -1,         /**< an argument is wrong */
    FURL_FILE_FAILED = -2,     /**< a checkpoint could not be written or loaded */
    FURL_OUT_OF_MEMORY = -3,   /**< there is no memory */
    FURL_FAILED = -4           /**< anything else, for example no more threads */
};

/** The type of parameters and gradients. That of states and inputs is the same, but for 16 bits, where it is FURL_FLOAT: the step computes
 *  in float. It is an int, so that a wrong one can be refused. */
typedef int furl_dtype;
/** The values of furl_dtype. FURL_FLOAT16 is IEEE binary16, _Float16 of newer compilers. */
enum furl_dtypes { FURL_FLOAT = 0, FURL_DOUBLE = 1, FURL_BFLOAT16 = 2, FURL_FLOAT16 = 3 };

/** How parameters are kept: FURL_PLAIN for float and double; one of these for 16 bits. */
typedef int furl_storage;
/** The values of furl_storage. */
enum furl_storages {
    FURL_PLAIN = 0, /**< as they are: what 16 bits cannot hold of a step is lost */
    FURL_SPLIT = 1, /**< bfloat16 alone: the optimizer keeps the lower 16 bits of each number, so steps have the bits of float */
    FURL_MASTER = 2 /**< the optimizer keeps a float of each number, and overwrites whatever is written to parameters between steps */
};

/** An optimizer: the states and hyperparameters of a list of tensors. */
typedef struct furl_optimizer furl_optimizer;

/** A hyperparameter and its value. */
typedef struct furl_setting {
    const char* name; /**< the name of the hyperparameter */
    double value;     /**< its value */
} furl_setting;

/** The shape of a tensor, which lies row by row. A vector of n elements is {1, n}. */
typedef struct furl_shape {
    size_t rows;    /**< the number of rows */
    size_t columns; /**< the number of columns */
} furl_shape;

/** A group of tensors that have a rule and hyperparameters of their own. */
typedef struct furl_group {
    const char* rule;             /**< the name of its rule */
    size_t tensors;               /**< the number of its tensors */
    const furl_shape* shapes;     /**< their shapes */
    size_t setting_count;         /**< the number of its settings */
    const furl_setting* settings; /**< its own hyperparameters, which furl_set of all groups does not change */
} furl_group;

/** An input that a rule takes besides the gradient. */
typedef struct furl_input {
    const char* name;           /**< its name in the rule */
    const void* const* tensors; /**< an array for each tensor */
} furl_input;

/** Returns the version of furl, for example "0.1.0". */
FURL_C_API const char* furl_version(void);
/** Returns the instruction sets that the library's loops use on this processor: "sse2", or a name that begins with "avx2". */
FURL_C_API const char* furl_instruction_set(void);
/** Returns the number of rules in the library. */
FURL_C_API size_t furl_rule_count(void);
/** Returns the name of a rule, in order of the alphabet; NULL if there is no such number. */
FURL_C_API const char* furl_rule_name(size_t number);

/** Returns the reason for which a call about this optimizer last failed, in one line; empty if none has failed. For NULL, it is the
 *  reason for which any call of this thread last failed, furl_create among them. The text stays valid until the next failure. */
FURL_C_API const char* furl_error(const furl_optimizer* optimizer);

/** Makes an optimizer for a list of tensors from the rule with this name. `sizes` are numbers of elements. Hyperparameters that no
 *  setting names have the rule's defaults. Returns NULL if an argument is wrong; the error for an unknown name suggests the nearest. */
FURL_C_API furl_optimizer* furl_create(const char* rule, furl_dtype dtype, size_t tensors, const size_t* sizes,
                                       size_t setting_count, const furl_setting* settings);
/** Does the same for tensors of these shapes, which rules with values for each row or column need. */
FURL_C_API furl_optimizer* furl_create_shaped(const char* rule, furl_dtype dtype, size_t tensors, const furl_shape* shapes,
                                              size_t setting_count, const furl_setting* settings);
/** Does the same with a storage of parameters. Rules of 16 bits are those that the library exports for 16 bits. */
FURL_C_API furl_optimizer* furl_create_stored(const char* rule, furl_dtype dtype, furl_storage storage, size_t tensors,
                                              const furl_shape* shapes, size_t setting_count, const furl_setting* settings);
/** Makes an optimizer of groups. A step takes the tensors of all groups in one list: those of the first group, then those of the second.
 *  A norm over all tensors covers the tensors of all groups whose rules have it, and if the rule of one group skips a step, all do. */
FURL_C_API furl_optimizer* furl_create_groups(furl_dtype dtype, furl_storage storage, size_t group_count, const furl_group* groups);
/** Makes a copy with states of its own. Returns NULL if that fails. */
FURL_C_API furl_optimizer* furl_copy(const furl_optimizer* optimizer);
/** Frees an optimizer. NULL is allowed. */
FURL_C_API void furl_destroy(furl_optimizer* optimizer);

/** Does one step over all tensors, in place. `sizes` are numbers of elements, and must be those of the optimizer. A gradient that is
 *  NULL says that its tensor has none in this step: the tensor and its states stay as they are. Gradients are written only by a rule
 *  that zeroes them. */
FURL_C_API int furl_step(furl_optimizer* optimizer, furl_dtype dtype, size_t tensors, void* const* parameters,
                         void* const* gradients, const size_t* sizes);
/** Does the same with further inputs. */
FURL_C_API int furl_step_inputs(furl_optimizer* optimizer, furl_dtype dtype, size_t tensors, void* const* parameters,
                                void* const* gradients, const size_t* sizes, size_t input_count, const furl_input* inputs);
/** Does the part of one tensor in a step, as soon as its gradient is known. All tensors, each once and in any order, make one step.
 *  If the rule has a norm over all tensors, the last call writes all of them, so parameters and gradients must stay where they are
 *  until then; it returns FURL_SKIPPED if the rule skips the step. */
FURL_C_API int furl_step_tensor(furl_optimizer* optimizer, furl_dtype dtype, size_t tensor, void* parameters, void* gradients,
                                size_t size);
/** Ends a step of furl_step_tensor without the remaining tensors. Returns FURL_SKIPPED if no tensor was stepped. */
FURL_C_API int furl_finish_step(furl_optimizer* optimizer);
/** Sets the number of threads that a step uses, 1 at first. The bits of the results are the same for any number. */
FURL_C_API int furl_set_threads(furl_optimizer* optimizer, size_t threads);

/** Sets a hyperparameter; one that has a value for each tensor is set for all of them. Each step reads it at its start. With groups it is
 *  set for all groups that have it and have not set it themselves. */
FURL_C_API int furl_set(furl_optimizer* optimizer, const char* name, double value);
/** Reads a hyperparameter that has one value. With groups use furl_get_of_group. */
FURL_C_API int furl_get(furl_optimizer* optimizer, const char* name, double* value);
/** Sets a hyperparameter that has a value for each tensor, for one tensor. */
FURL_C_API int furl_set_of_tensor(furl_optimizer* optimizer, const char* name, size_t tensor, double value);
/** Reads such a hyperparameter. */
FURL_C_API int furl_get_of_tensor(furl_optimizer* optimizer, const char* name, size_t tensor, double* value);
/** Returns the number of groups; 0 if the optimizer was made without. */
FURL_C_API size_t furl_group_count(const furl_optimizer* optimizer);
/** Sets a hyperparameter of a group. From now on the group keeps its own value, whatever furl_set gives to all. */
FURL_C_API int furl_set_of_group(furl_optimizer* optimizer, size_t group, const char* name, double value);
/** Reads a hyperparameter of a group that has one value. */
FURL_C_API int furl_get_of_group(furl_optimizer* optimizer, size_t group, const char* name, double* value);
/** Freezes a group if `frozen` is not 0, else has it take part in steps again. The tensors of a frozen group are neither read nor
 *  written, nor counted in a norm; their gradients may be NULL. */
FURL_C_API int furl_freeze_group(furl_optimizer* optimizer, size_t group, int frozen);
/** Returns the name of a hyperparameter, first of those that have one value; NULL if there is no such number. */
FURL_C_API const char* furl_hyperparameter_name(const furl_optimizer* optimizer, size_t number);
/** Reads a value that the rule reports, as the last step computed it, for example a norm. It is NaN before the first step. */
FURL_C_API int furl_value(furl_optimizer* optimizer, const char* name, double* value);

/** Returns the number of steps done; of groups, the largest; -1 if the optimizer is NULL. */
FURL_C_API int64_t furl_step_count(const furl_optimizer* optimizer);
/** Returns the name of a state; NULL if there is no such number. */
FURL_C_API const char* furl_state_name(const furl_optimizer* optimizer, size_t number);
/** Tells how many values a state has for a tensor. */
FURL_C_API int furl_state_size(furl_optimizer* optimizer, const char* name, size_t tensor, size_t* size);
/** Copies the values of a state to an array of `size` elements. Those of an optimizer of 16 bits are FURL_FLOAT. */
FURL_C_API int furl_read_state(furl_optimizer* optimizer, const char* name, size_t tensor, furl_dtype dtype, void* values,
                               size_t size);
/** Sets states and step count as after furl_create. Hyperparameters stay. */
FURL_C_API int furl_reset(furl_optimizer* optimizer);

/** Names the tensors, for checkpoints. Without this call they are tensor0, tensor1, ... */
FURL_C_API int furl_name_tensors(furl_optimizer* optimizer, size_t tensors, const char* const* names);
/** Writes states, hyperparameters and step count to a file in the safetensors format, and the parameters with them; with `tensors` 0,
 *  without parameters. Whatever crashes, the path holds either the whole old file or the whole new one. */
FURL_C_API int furl_save(furl_optimizer* optimizer, const char* path, furl_dtype dtype, size_t tensors, void* const* parameters,
                         const size_t* sizes);
/** Loads what furl_save wrote, into an optimizer of the same rule and sizes. It goes on as if it had not stopped, to the bit. */
FURL_C_API int furl_load(furl_optimizer* optimizer, const char* path, furl_dtype dtype, size_t tensors, void* const* parameters,
                         const size_t* sizes);
/** Saves to memory, which this call allocates and furl_free frees. */
FURL_C_API int furl_save_memory(furl_optimizer* optimizer, void** memory, size_t* bytes, furl_dtype dtype, size_t tensors,
                                void* const* parameters, const size_t* sizes);
/** Loads from memory. */
FURL_C_API int furl_load_memory(furl_optimizer* optimizer, const void* memory, size_t bytes, furl_dtype dtype, size_t tensors,
                                void* const* parameters, const size_t* sizes);
/** Frees what furl_save_memory allocated. NULL is allowed. */
FURL_C_API void furl_free(void* memory);

#ifdef __cplusplus
}
#endif

#endif
