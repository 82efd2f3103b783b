/* Steps with the rule of this library, and says which level of the processor runs. */
#include <furl/adapt/c.h>

#include <stdio.h>

int main(void) {
    float weights[3] = {1, 2, 3}, gradients[3] = {1, 1, -1};
    void *const w[] = {weights}, *const g[] = {gradients};
    const size_t size = 3;
    furl_optimizer* opt = furl_create("my_rule", FURL_FLOAT, 1, &size, 0, NULL);
    if (!opt || furl_step(opt, FURL_FLOAT, 1, w, g, &size) != FURL_OK) return fprintf(stderr, "%s\n", furl_error(opt)), 1;
    printf("%.4f %.4f %.4f on %s\n", weights[0], weights[1], weights[2], furl_instruction_set());
    furl_destroy(opt);
    return 0;
}
