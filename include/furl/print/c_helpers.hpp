#pragma once

#include <furl/print/lines.hpp>
#include <furl/print/statements.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>

// C as a language of statements, and the functions that a text in C begins with.
namespace FURL_NAMESPACE::detail {

/// The names that a field of a tensor cannot have: keywords of C and C++, and other fields.
inline constexpr auto c_field_names = std::to_array<std::string_view>(
    {"alignas",   "and",      "auto",     "bool",     "break",   "catch",   "class",  "delete",   "explicit", "false",   "friend",
     "namespace", "new",      "not",      "operator", "or",      "private", "public", "template", "this",     "throw",   "true",
     "try",       "typename", "using",    "virtual",  "xor",     "case",    "char",   "const",    "continue", "default", "do",
     "double",    "else",     "enum",     "extern",   "float",   "for",     "goto",   "if",       "inline",   "int",     "long",
     "register",  "restrict", "return",   "short",    "signed",  "sizeof",  "static", "struct",   "switch",   "typedef", "union",
     "unsigned",  "void",     "volatile", "while",    "columns", "grad",    "param",  "rows",     "size"});

/// The names that a variable cannot have besides these.
inline constexpr auto c_words = std::to_array<std::string_view>(
    {// functions and macros of the headers that the text includes, as far as a rule may use their names
     "acos", "asin", "atan", "atan2", "carg", "cbrt", "ceil", "cimag", "conj", "copysign", "cos", "cosh", "creal", "erf", "exp", "exp2",
     "expm1", "fabs", "fdim", "floor", "fma", "fmax", "fmin", "fmod", "hypot", "log", "log10", "log1p", "log2", "logb", "memcpy", "pow",
     "remainder", "rint", "round", "sin", "sinh", "sqrt", "tan", "tanh", "tgamma", "trunc",
     // what the text uses itself
     "blockDim", "blockIdx", "blocks", "block_sum", "block_maximum", "bits", "column", "columns", "count", "count_all", "fill", "given",
     "gridDim", "hyper", "i", "k", "larger", "main", "make_random_key", "mixed", "number", "part", "random_key", "random_number", "results",
     "row", "scratch", "states", "step", "stream", "tensor", "tensors", "threadIdx", "threads", "tree", "used"});

/// C's words for the statements of a step. Numbers of a step, tensor, row or column are double; those of elements are of type T.
template <class T>
struct c_language {
    static constexpr bool is_float = sizeof(T) == sizeof(float);
    static constexpr std::string_view type = is_float ? "float" : "double";
    static constexpr auto words = &notation::c;
    static constexpr std::span<const std::string_view> reserved = c_words, field_names = c_field_names;
    static constexpr bool stores_arrays = false;
    static constexpr std::string_view array = "tensor->";  ///< what stands before the name of an array of a tensor

    static phrase constant(double value, bool of_elements, bool) {
        const phrase number{float_text(value, "INFINITY"), value < 0 ? tightness::sign : tightness::atom};
        return of_elements && is_float ? phrase{"(float)" + number.text, tightness::sign} : number;
    }
    static phrase rounded(const std::string& variable) { return is_float ? phrase{"(float)" + variable, tightness::sign} : phrase{variable}; }
    static std::string copy(const std::string& variable) { return variable; }
};

/// The functions of a text that add up numbers pairwise, as a binary counter of partial sums.
inline constexpr std::string_view c_tree = R"(struct tree {
    double part[64];
    size_t count;
};
static void tree_add(struct tree *t, double x) {
    size_t level = 0;
    for (size_t carry = t->count++; carry & 1; carry >>= 1) x = t->part[level++] + x;
    t->part[level] = x;
}
static double tree_end(const struct tree *t) {
    double total = 0;
    int empty = 1;
    for (size_t level = 0; level < 64; ++level)
        if (t->count >> level & 1) {
            total = empty ? t->part[level] : t->part[level] + total;
            empty = 0;
        }
    return total;
}
)";

/// The struct of a text that a tensor's stream of furl's random numbers begins with.
inline constexpr std::string_view c_random_key = R"(
/* furl's random numbers: a number is a hash of where it is used. */
struct random_key {
    uint32_t first, second;
};
)";

/// The functions of a text that make such a struct.
inline constexpr std::string_view c_make_random_key = R"(static uint64_t mixed(uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}
static uint64_t bits(double x) {
    uint64_t result;
    memcpy(&result, &x, sizeof result);
    return result;
}
static struct random_key make_random_key(double seed, double stream, double step, size_t tensor) {
    const uint64_t x = mixed(mixed(mixed(mixed(bits(seed)) ^ bits(stream)) ^ (uint64_t)step) ^ tensor);
    const struct random_key key = {(uint32_t)x, (uint32_t)(x >> 32)};
    return key;
}
)";

/// The function of a text that draws the random number of an element.
///
/// @param qualifier  what stands before it.
inline std::string c_random_number(const std::string& qualifier, const std::string& type) {
    return qualifier + " " + type + R"( random_number(struct random_key key, size_t element) {
    uint32_t x = (uint32_t)element * 0x9e3779b9u + key.first;
    x = (x ^ (x >> 16)) * 0x7feb352du;
    x = (x ^ (x >> 15)) * 0x846ca68bu;
    x = (x ^ (x >> 16)) + key.second;
    x = (x ^ (x >> 16)) * 0x7feb352du;
    x = (x ^ (x >> 15)) * 0x846ca68bu;
    x = x ^ (x >> 16);
    return ()" +
           type + R"()(x >> 9) * 0x1p-23f + 0x1p-24f;
}
)";
}

/// The function of a text that maxima are made with.
///
/// @param qualifier  what stands before it.
inline std::string c_larger(const std::string& qualifier) {
    return "\n/* The larger of two numbers; NaN if either is NaN. */\n" + qualifier +
           " double larger(double a, double b) { return b < a || a != a ? a : b; }\n";
}

/// Writes the headers that a text includes, and the functions that it calls.
template <class Language>
void write_c_helpers(indented_lines& out, const statements<Language>& s) {
    const std::string type(Language::type);
    const bool draws = s.has(op::random);
    out.text += "#include <math.h>\n#include <stddef.h>\n";
    if (draws) out.text += "#include <stdint.h>\n#include <string.h>\n";
    out.text += "#include <tgmath.h>\n";
    const auto reductions = s.reductions();
    const bool sums = std::ranges::any_of(reductions, [&](const auto& r) { return s.sums_elements(r); });
    const bool joins =
        std::ranges::any_of(reductions, [&](const auto& r) { return s[r.value].code == op::reduce_sum && s[r.value].where == domain::step; });
    if (joins && !sums) (out.text += "\n/* A sum of the tensors, pairwise. */\n") += c_tree;
    if (sums) {
        out.text += "\n/* A sum in furl's order: 32 lanes in turn, which are combined pairwise after 512 numbers, and a tree of these. */\n";
        out.text += c_tree;
        out.text += R"(struct sum {
    struct tree tree;
    )" + type + R"( lane[32];
    size_t count;
};
static void sum_fold(struct sum *s) {
    double x[8];
    for (size_t half = 16; half >= 8; half /= 2)
        for (size_t i = 0; i < half; ++i) s->lane[i] += s->lane[i + half];
    for (size_t i = 0; i < 8; ++i) x[i] = s->lane[i];
    for (size_t half = 4; half >= 1; half /= 2)
        for (size_t i = 0; i < half; ++i) x[i] += x[i + half];
    tree_add(&s->tree, x[0]);
    for (size_t i = 0; i < 32; ++i) s->lane[i] = 0;
    s->count = 0;
}
static inline void sum_add(struct sum *s, )" +
                    type + R"( x) {
    s->lane[s->count++ % 32] += x;
    if (s->count == 512) sum_fold(s);
}
static inline double sum_end(struct sum *s) {
    if (s->count) sum_fold(s);
    return tree_end(&s->tree);
}
)";
    }
    if (s.has(op::reduce_max)) out.text += c_larger("static inline");
    if (draws) ((out.text += c_random_key) += c_make_random_key) += c_random_number("static inline", type);
}

}  // namespace furl::detail
