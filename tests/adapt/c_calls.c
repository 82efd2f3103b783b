/* Compiled as C99, without a warning: that furl/adapt/c.h is C, and that C can call it. */
#include <furl/adapt/c.h>

/* Three steps of AdamW on two tensors, which lie one behind the other, and returns how many steps were done; -1 if a call failed. */
int64_t three_steps_in_c(float* weights, float* gradients, size_t first, size_t second);

int64_t three_steps_in_c(float* weights, float* gradients, size_t first, size_t second) {
    const furl_setting settings[] = {{"lr", 0.01}, {"weight_decay", 0.1}};
    const size_t sizes[] = {first, second};
    void* const parameters[] = {weights, weights + first};
    void* const slopes[] = {gradients, gradients + first};
    furl_optimizer* optimizer = furl_create("adamw", FURL_FLOAT, 2, sizes, 2, settings);
    int64_t done = -1;
    int step = 0;
    if (!optimizer) return done;
    while (step < 3 && furl_step(optimizer, FURL_FLOAT, 2, parameters, slopes, sizes) == FURL_OK) ++step;
    if (step == 3) done = furl_step_count(optimizer);
    furl_destroy(optimizer);
    return done;
}

/* Three steps of two groups in bfloat16, of which the second does not decay; tells the norm over both. Returns how many steps were done; -1
 * if a call failed. */
int64_t steps_of_groups_in_c(uint16_t* weights, uint16_t* gradients, size_t first, size_t second, double* norm);

int64_t steps_of_groups_in_c(uint16_t* weights, uint16_t* gradients, size_t first, size_t second, double* norm) {
    // [groups]
    const furl_shape shapes[] = {{1, first}, {1, second}};
    const furl_setting no_decay[] = {{"decay", 0.0}};
    const furl_group groups[] = {{"guarded", 1, &shapes[0], 0, NULL}, {"guarded", 1, &shapes[1], 1, no_decay}};
    furl_optimizer* optimizer = furl_create_groups(FURL_BFLOAT16, FURL_SPLIT, 2, groups);
    // [groups]
    const size_t sizes[] = {first, second};
    void* const parameters[] = {weights, weights + first};
    void* const slopes[] = {gradients, gradients + first};
    int64_t done = -1;
    int step = 0;
    if (!optimizer) return done;
    while (step < 3 && furl_step(optimizer, FURL_BFLOAT16, 2, parameters, slopes, sizes) == FURL_OK) ++step;
    if (step == 3 && furl_value(optimizer, "grad_norm", norm) == FURL_OK) done = furl_step_count(optimizer);
    furl_destroy(optimizer);
    return done;
}
