/* convert.h: numbers of any type to those that plans compute with. Plain loops: the compiler knows
 * how to widen each type, which the vec API does not. */

/* A half: sign, 5 bits of exponent (bias 15), 10 of mantissa. Without denormal floats on the way,
 * which the state of the CPU may flush. */
static inline float half_value(uint16_t half) {
    uint32_t magnitude = half & 0x7fff, sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = magnitude >= 0x7c00 ? 0x70000000 : 0x38000000; /* infinity, NaN; others */
    union {
        uint32_t bits;
        float value;
    } normal = {.bits = (magnitude << 13) + exponent}, small, result;
    small.value = (float)(int32_t)magnitude * 0x1p-24f; /* below 2^-14 */
    result.bits = (magnitude < 0x0400 ? small.bits : normal.bits) | sign;
    return result.value;
}

#define CONVERT(name, from, to_name, to, value)                                                \
    static void convert_##name##_to_##to_name(const void *restrict x, int64_t step, int64_t n, \
                                              void *restrict y) {                              \
        to *restrict out = y;                                                                  \
        const char *at = x;                                                                    \
        if (step == (int64_t)sizeof(from))                                                     \
            for (int64_t i = 0; i < n; i++)                                                    \
                out[i] = (to)value(((const from *)x)[i]);                                      \
        else                                                                                   \
            for (int64_t i = 0; i < n; i++, at += step)                                        \
                out[i] = (to)value(*(const from *)at);                                         \
    }
#define CONVERT_BOTH(name, from, value)      \
    CONVERT(name, from, float, float, value) \
    CONVERT(name, from, int, int32_t, value)
NUMBER_LIST(CONVERT_BOTH)
#define CONVERT_ENTRY(name, from, value) \
    [NUMBER_##name] = {convert_##name##_to_float, convert_##name##_to_int},
