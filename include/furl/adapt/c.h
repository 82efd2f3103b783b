#ifndef FURL_ADAPT_C_H
#define FURL_ADAPT_C_H

/* The C interface of furl: optimizers by the names of their rules, for C and every language that calls C. It is implemented by the
   library furl_zoo, and by libraries of your own rules (furl/adapt/export_rule.hpp).

   A function that returns an int returns FURL_OK, FURL_SKIPPED or one of the negative codes below. A call that returns a negative
   code has changed nothing, and furl_error says why. An optimizer may be used by one thread at a time; different optimizers may be
   used by different threads at once. */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define FURL_C_API __attribute__((visibility("default")))
#else
#define FURL_C_API
#endif

enum {
    FURL_OK = 0,
    FURL_SKIPPED = 1,         /* the rule skipped the step, or no tensor had a gradient: nothing has changed */
    FURL_REFUSED = -1,        /* an argument is wrong */
    FURL_FILE_FAILED = -2,    /* a checkpoint could not be written or loaded */
    FURL_OUT_OF_MEMORY = -3,
    FURL_FAILED = -4          /* anything else, for example no more threads */
};

/* The type of parameters, gradients and states. */
typedef int furl_dtype;
enum { FURL_FLOAT = 0, FURL_DOUBLE = 1 };

/* An optimizer: the states and hyperparameters of a list of tensors. */
typedef struct furl_optimizer furl_optimizer;

/* A hyperparameter and its value. */
typedef struct {
    const char* name;
    double value;
} furl_setting;

/* The shape of a tensor, which lies row by row. A vector of n elements is {1, n}. */
typedef struct {
    size_t rows, columns;
} furl_shape;

/* An input that a rule takes besides the gradient, with an array for each tensor. */
typedef struct {
    const char* name;
    const void* const* tensors;
} furl_input;

/* What is in the library. */

/* The version of furl, for example "0.1.0". */
FURL_C_API const char* furl_version(void);
/* The instruction sets that the library's loops are compiled for on this processor, for example "sse2" or "avx2_fma_...". */
FURL_C_API const char* furl_instruction_set(void);
/* The number of rules, and the name of each, in order of the alphabet. NULL if there is no such rule. */
FURL_C_API size_t furl_rule_count(void);
FURL_C_API const char* furl_rule_name(size_t rule);

/* The reason for which a call about this optimizer last failed, in one line; empty if none has failed. With NULL, it is the reason
   for which any call of this thread last failed, furl_create among them. The text stays valid until the next failure. */
FURL_C_API const char* furl_error(const furl_optimizer* optimizer);

/* Making and ending. */

/* Makes an optimizer for a list of tensors from the rule with this name. Hyperparameters that no setting names have the rule's
   defaults. `sizes` are numbers of elements; rules with values for each row or column need furl_create_shaped, which takes shapes.
   Returns NULL if an argument is wrong; the error for an unknown name suggests the nearest one. */
FURL_C_API furl_optimizer* furl_create(const char* rule, furl_dtype dtype, size_t tensors, const size_t* sizes,
                                       size_t setting_count, const furl_setting* settings);
FURL_C_API furl_optimizer* furl_create_shaped(const char* rule, furl_dtype dtype, size_t tensors, const furl_shape* shapes,
                                              size_t setting_count, const furl_setting* settings);
/* Makes a copy with states of its own. Returns NULL if there is no memory. */
FURL_C_API furl_optimizer* furl_copy(const furl_optimizer* optimizer);
/* Frees an optimizer. NULL is allowed. */
FURL_C_API void furl_destroy(furl_optimizer* optimizer);

/* Steps. */

/* Does one step over all tensors, in place. `sizes` are numbers of elements, and must be those of the optimizer. A gradient that is
   NULL says that its tensor has none in this step: the tensor and its states stay as they are. Gradients are written only by a rule
   that zeroes them. */
FURL_C_API int furl_step(furl_optimizer* optimizer, furl_dtype dtype, size_t tensors, void* const* parameters,
                         void* const* gradients, const size_t* sizes);
/* Does the same with further inputs. */
FURL_C_API int furl_step_inputs(furl_optimizer* optimizer, furl_dtype dtype, size_t tensors, void* const* parameters,
                                void* const* gradients, const size_t* sizes, size_t input_count, const furl_input* inputs);
/* Does the part of one tensor in a step, as soon as its gradient is known. All tensors, each once and in any order, make one step.
   furl_finish_step ends a step without the remaining tensors. A rule with a norm over all tensors refuses this. */
FURL_C_API int furl_step_tensor(furl_optimizer* optimizer, furl_dtype dtype, size_t tensor, void* parameters, void* gradients,
                                size_t size);
FURL_C_API int furl_finish_step(furl_optimizer* optimizer);
/* The number of threads that a step uses, 1 at first. The bits of the results are the same for any number. */
FURL_C_API int furl_set_threads(furl_optimizer* optimizer, size_t threads);

/* Hyperparameters, by name. One that has a value for each tensor is set for all tensors by furl_set, and for one by
   furl_set_of_tensor. Each step reads them at its start. */
FURL_C_API int furl_set(furl_optimizer* optimizer, const char* name, double value);
FURL_C_API int furl_get(furl_optimizer* optimizer, const char* name, double* value);
FURL_C_API int furl_set_of_tensor(furl_optimizer* optimizer, const char* name, size_t tensor, double value);
FURL_C_API int furl_get_of_tensor(furl_optimizer* optimizer, const char* name, size_t tensor, double* value);
/* The names of all hyperparameters, first those that have one value. NULL if there is no such number. */
FURL_C_API const char* furl_hyperparameter_name(const furl_optimizer* optimizer, size_t number);

/* A value that the rule reports, as the last step computed it: a norm, for example. NaN before the first step. */
FURL_C_API int furl_value(furl_optimizer* optimizer, const char* name, double* value);

/* States. */

/* The number of steps done; -1 if the optimizer is NULL. */
FURL_C_API int64_t furl_step_count(const furl_optimizer* optimizer);
/* The names of the states. NULL if there is no such number. */
FURL_C_API const char* furl_state_name(const furl_optimizer* optimizer, size_t number);
/* The number of values that a state has for a tensor. */
FURL_C_API int furl_state_size(furl_optimizer* optimizer, const char* name, size_t tensor, size_t* size);
/* Copies the values of a state to an array of `size` elements of `dtype`. */
FURL_C_API int furl_read_state(furl_optimizer* optimizer, const char* name, size_t tensor, furl_dtype dtype, void* values,
                               size_t size);
/* Sets states and step count as after furl_create. Hyperparameters stay. */
FURL_C_API int furl_reset(furl_optimizer* optimizer);

/* Checkpoints, in the safetensors format. */

/* Names the tensors, for checkpoints. Without this call they are tensor0, tensor1, ... */
FURL_C_API int furl_name_tensors(furl_optimizer* optimizer, size_t tensors, const char* const* names);
/* Writes states, hyperparameters and step count to a file, and the parameters with them. Without parameters in the file, `tensors`
   is 0. Whatever crashes, the path holds either the whole old file or the whole new one. */
FURL_C_API int furl_save(furl_optimizer* optimizer, const char* path, furl_dtype dtype, size_t tensors, void* const* parameters,
                         const size_t* sizes);
/* Loads what furl_save wrote, into an optimizer of the same rule and sizes. It goes on as if it had not stopped, to the bit. */
FURL_C_API int furl_load(furl_optimizer* optimizer, const char* path, furl_dtype dtype, size_t tensors, void* const* parameters,
                         const size_t* sizes);
/* The same in memory. furl_save_memory allocates the memory, and furl_free frees it. */
FURL_C_API int furl_save_memory(furl_optimizer* optimizer, void** memory, size_t* bytes, furl_dtype dtype, size_t tensors,
                                void* const* parameters, const size_t* sizes);
FURL_C_API int furl_load_memory(furl_optimizer* optimizer, const void* memory, size_t bytes, furl_dtype dtype, size_t tensors,
                                void* const* parameters, const size_t* sizes);
FURL_C_API void furl_free(void* memory);

#ifdef __cplusplus
}
#endif

#endif
