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
