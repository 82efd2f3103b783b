/* Trains a small language model in C99, with an optimizer of the library furl_zoo: AdamW with clipping by the norm over all tensors,
   weight decay on the matrices only, warm-up and a cosine schedule, and a checkpoint.

   usage: train [STEPS [CHECKPOINT]]    An existing checkpoint is continued, to the bit as if the program had not stopped.

   The model predicts the next letter of an English number from the last six (Bengio et al. 2003): embeddings, a hidden layer of
   tanh, a softmax. All parameters lie in one piece of memory, one tensor behind the other, and so do the gradients. */
#include <furl/adapt/c.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LETTERS = 28, CONTEXT = 6, WIDTH = 8, HIDDEN = 48, BATCH = 64, ALL_STEPS = 600, WARMUP = 40 };
enum { EMBEDDING, W1, B1, W2, B2, TENSORS };

static const size_t sizes[TENSORS] = {LETTERS * WIDTH, HIDDEN * CONTEXT * WIDTH, HIDDEN, LETTERS * HIDDEN, LETTERS};
static const char* const names[TENSORS] = {"embedding", "hidden.weight", "hidden.bias", "out.weight", "out.bias"};

typedef struct {
    float* memory;
    void* tensor[TENSORS];
} arena;

static int make_arena(arena* a) {
    size_t total = 0, i;
    for (i = 0; i < TENSORS; ++i) total += sizes[i];
    a->memory = calloc(total, sizeof(float));
    if (!a->memory) return 0;
    for (i = 0, total = 0; i < TENSORS; total += sizes[i++]) a->tensor[i] = a->memory + total;
    return 1;
}

/* The same numbers everywhere: xorshift. */
static unsigned random_bits(unsigned* state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}
static float uniform(unsigned* state) { return (float)(random_bits(state) >> 8) / 8388608.0f - 1.0f; }

static void initialize(const arena* weights) {
    const float scale[TENSORS] = {1.0f, 0.2f, 0.0f, 0.2f, 0.0f};
    unsigned state = 2463534242u;
    for (int t = 0; t < TENSORS; ++t)
        for (size_t i = 0; i < sizes[t]; ++i) ((float*)weights->tensor[t])[i] = scale[t] * uniform(&state);
}

/* A number below 1000 in words, behind CONTEXT blanks; 0 is a blank, 27 is the end. Returns the number of letters with both. */
static int spell(unsigned number, int* letters) {
    static const char* const small[] = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
                                        "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
    static const char* const tens[] = {"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};
    char text[64] = "";
    int n = 0;
    if (number >= 100) strcat(strcat(text, small[number / 100]), " hundred");
    if (number >= 100 && number % 100) strcat(text, " ");
    if (number % 100 >= 20) {
        strcat(text, tens[number % 100 / 10 - 2]);
        if (number % 10) strcat(strcat(text, " "), small[number % 10]);
    } else if (number < 100 || number % 100) strcat(text, small[number % 100]);
    while (n < CONTEXT) letters[n++] = 0;
    for (const char* c = text; *c; ++c) letters[n++] = *c == ' ' ? 0 : *c - 'a' + 1;
    letters[n++] = 27;
    return n;
}

/* The cross-entropy of the letter behind a context; adds its gradient, times `scale`. */
static float predict(const arena* weights, const arena* gradients, const int* letters, float scale) {
    const float *e = weights->tensor[EMBEDDING], *w1 = weights->tensor[W1], *b1 = weights->tensor[B1], *w2 = weights->tensor[W2],
                *b2 = weights->tensor[B2];
    float *de = gradients->tensor[EMBEDDING], *dw1 = gradients->tensor[W1], *db1 = gradients->tensor[B1], *dw2 = gradients->tensor[W2],
          *db2 = gradients->tensor[B2];
    float x[CONTEXT * WIDTH], dx[CONTEXT * WIDTH] = {0}, h[HIDDEN], dh[HIDDEN] = {0}, p[LETTERS];
    const int target = letters[CONTEXT];
    float most = -1e30f, sum = 0, loss;
    int i, j;
    for (i = 0; i < CONTEXT * WIDTH; ++i) x[i] = e[letters[i / WIDTH] * WIDTH + i % WIDTH];
    for (j = 0; j < HIDDEN; ++j) {
        float z = b1[j];
        for (i = 0; i < CONTEXT * WIDTH; ++i) z += w1[j * CONTEXT * WIDTH + i] * x[i];
        h[j] = tanhf(z);
    }
    for (j = 0; j < LETTERS; ++j) {
        p[j] = b2[j];
        for (i = 0; i < HIDDEN; ++i) p[j] += w2[j * HIDDEN + i] * h[i];
        if (p[j] > most) most = p[j];
    }
    for (j = 0; j < LETTERS; ++j) sum += p[j] = expf(p[j] - most);
    loss = -logf(p[target] / sum);
    for (j = 0; j < LETTERS; ++j) {
        const float d = scale * (p[j] / sum - (j == target ? 1.0f : 0.0f));
        db2[j] += d;
        for (i = 0; i < HIDDEN; ++i) {
            dw2[j * HIDDEN + i] += d * h[i];
            dh[i] += d * w2[j * HIDDEN + i];
        }
    }
    for (j = 0; j < HIDDEN; ++j) {
        const float d = dh[j] * (1 - h[j] * h[j]);
        db1[j] += d;
        for (i = 0; i < CONTEXT * WIDTH; ++i) {
            dw1[j * CONTEXT * WIDTH + i] += d * x[i];
            dx[i] += d * w1[j * CONTEXT * WIDTH + i];
        }
    }
    for (i = 0; i < CONTEXT * WIDTH; ++i) de[letters[i / WIDTH] * WIDTH + i % WIDTH] += dx[i];
    return loss;
}

/* The mean loss of a batch that depends on the step alone, so a continued training sees the same data. */
static float forward_backward(const arena* weights, const arena* gradients, long step) {
    unsigned state = 747796405u + 2891336453u * (unsigned)(step + 1);
    float loss = 0;
    for (int t = 0; t < TENSORS; ++t) memset(gradients->tensor[t], 0, sizes[t] * sizeof(float));
    for (int k = 0; k < BATCH; ++k) {
        int letters[64 + CONTEXT];
        const int n = spell(random_bits(&state) % 1000u, letters);
        const int first = (int)(random_bits(&state) % (unsigned)(n - CONTEXT));
        loss += predict(weights, gradients, letters + first, 1.0f / BATCH) / BATCH;
    }
    return loss;
}

static double learning_rate(long step) {
    const double done = (double)(step - WARMUP) / (ALL_STEPS - WARMUP);
    if (step < WARMUP) return 1e-2 * (double)(step + 1) / WARMUP;
    return 1e-3 + 0.5 * (1e-2 - 1e-3) * (1 + cos(3.14159265358979 * (done < 1 ? done : 1)));
}

static int fail(const furl_optimizer* opt) {
    fprintf(stderr, "train: %s\n", furl_error(opt));
    return 1;
}

int main(int argc, char** argv) {
    const long steps = argc > 1 ? strtol(argv[1], NULL, 10) : ALL_STEPS;
    const char* const checkpoint = argc > 2 ? argv[2] : NULL;
    FILE* const old = checkpoint ? fopen(checkpoint, "rb") : NULL;
    arena weights, gradients;
    if (steps < 1 || argc > 3) return fprintf(stderr, "usage: train [STEPS [CHECKPOINT]]\n"), 1;
    if (!make_arena(&weights) || !make_arena(&gradients)) return fprintf(stderr, "train: no memory\n"), 1;
    initialize(&weights);

    // [create]
    const furl_setting settings[] = {{"lr", 1e-2}, {"weight_decay", 0.1}, {"max_norm", 1.0}};
    furl_optimizer* opt = furl_create("adamw_clipped", FURL_FLOAT, TENSORS, sizes, 3, settings);
    if (!opt) return fail(NULL);
    for (size_t i = 0; i < TENSORS; ++i)
        if (i != W1 && i != W2) furl_set_of_tensor(opt, "weight_decay", i, 0.0);  /* no decay of biases and embeddings */
    // [create]
    printf("%s on %s\n", "adamw_clipped", furl_instruction_set());

    if (furl_name_tensors(opt, TENSORS, names) != FURL_OK) return fail(opt);
    if (old) {
        fclose(old);
        if (furl_load(opt, checkpoint, FURL_FLOAT, TENSORS, weights.tensor, sizes) != FURL_OK) return fail(opt);
        printf("continued at step %ld\n", (long)furl_step_count(opt));
    }
    // [loop]
    for (long step = (long)furl_step_count(opt); step < steps; ++step) {
        const float loss = forward_backward(&weights, &gradients, step);
        furl_set(opt, "lr", learning_rate(step));
        if (furl_step(opt, FURL_FLOAT, TENSORS, weights.tensor, gradients.tensor, sizes) < 0) return fail(opt);
        if (step % 100 == 0 || step + 1 == steps) {
            double norm = 0;
            furl_value(opt, "grad_norm", &norm);
            printf("step %3ld  loss %.4f  norm %.3f\n", step, (double)loss, norm);
        }
    }
    if (checkpoint && furl_save(opt, checkpoint, FURL_FLOAT, TENSORS, weights.tensor, sizes) != FURL_OK) return fail(opt);
    // [loop]

    furl_destroy(opt);
    free(weights.memory);
    free(gradients.memory);
    return 0;
}
