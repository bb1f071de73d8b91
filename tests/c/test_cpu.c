/* Instruction sets by PYCONV_ISA (one child each: it is read once), and floating-point state. */
#define _GNU_SOURCE
#undef NDEBUG
#include <assert.h>
#include <fenv.h>
#include <float.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpu.h"

/* With PYCONV_ISA=name in a new process: the instruction set, and whether there is a note. */
static void check_choice(const char *name, enum isa isa, bool note) {
    pid_t child = fork();
    assert(child >= 0);
    if (child == 0) {
        setenv("PYCONV_ISA", name, 1);
        assert(cpu_isa() == isa);
        assert((cpu_isa_note() != NULL) == note);
        assert(!note ||
               (!strchr(cpu_isa_note(), '\n') && strstr(cpu_isa_note(), cpu_isa_name(isa))));
        _exit(0);
    }
    int status;
    assert(waitpid(child, &status, 0) == child && status == 0);
}

/* best: given, because asking here would fix the children's choice too. */
static void test_choice(enum isa best) {
    check_choice("", best, false);
    check_choice("AVX2", best, true);
    check_choice("a name that is longer than any message about it could ever hold, by far", best,
                 true);
    for (enum isa isa = ISA_BASELINE; isa < ISA_COUNT; isa++)
        check_choice(cpu_isa_name(isa), isa < best ? isa : best, isa > best);
}

/* The best instruction set, asked in a child. */
static enum isa ask_best(void) {
    int status;
    pid_t child = fork();
    assert(child >= 0);
    if (child == 0)
        _exit((int)cpu_best_isa());
    assert(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return (enum isa)WEXITSTATUS(status);
}

static void test_names(enum isa best) {
    assert(cpu_best_isa() == best && best < ISA_COUNT);
    assert(!strcmp(cpu_isa_name(ISA_BASELINE), "baseline"));
    assert(!strcmp(cpu_isa_name(ISA_AVX2), "avx2"));
    assert(!strcmp(cpu_isa_name(ISA_AVX512), "avx512"));
    size_t length = strlen(cpu_brand());
    assert(length <= 48);
    assert(!length || (cpu_brand()[0] != ' ' && cpu_brand()[length - 1] != ' '));
    assert(cpu_cache_size(0) == 0 && cpu_cache_size(5) == 0 && cpu_cache_size(-1) == 0);
    for (int level = 1; level <= 4; level++)
        assert(cpu_cache_size(level) >= 0);
}

#ifdef __x86_64__
/* The compiler's own answer, another road to CPUID and XCR0. */
static void test_best_against_compiler(enum isa best) {
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                  __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
    assert(best == (avx2 && avx512 ? ISA_AVX512 : avx2 ? ISA_AVX2 : ISA_BASELINE));
}
#endif

#if defined(__x86_64__) || defined(__aarch64__)
static float third(void) {
    volatile float one = 1.0f, three = 3.0f;
    return one / three;
}

static float half(float value) {
    volatile float product = value;
    return product *= 0.5f;
}

/* FLT_MIN / 2 is a denormal: kept outside, zero inside; as an operand it is zero inside too. */
static void test_fp_state(void) {
    float nearest = third(), denormal = half(FLT_MIN);
    assert(denormal > 0.0f);
    fesetround(FE_DOWNWARD);
    feclearexcept(FE_ALL_EXCEPT);
    assert(third() < nearest);
    feclearexcept(FE_ALL_EXCEPT);
    unsigned state = fp_enter();
    float inside = third(), flushed = half(FLT_MIN);
    volatile float operand = denormal, scaled = operand * 0x1p100f;
    fp_leave(state);
    assert(inside == nearest && flushed == 0.0f && scaled == 0.0f);
    assert(fegetround() == FE_DOWNWARD);
    assert(third() < nearest && half(FLT_MIN) > 0.0f);
    fesetround(FE_TONEAREST);
}
#endif

#if defined(__x86_64__)
/* A caller that traps exceptions (feenableexcept) is not trapped inside, and its flags come back.
 */
static void test_fp_exceptions(void) {
    volatile float zero = 0.0f;
    feclearexcept(FE_ALL_EXCEPT);
    feenableexcept(FE_DIVBYZERO);
    unsigned state = fp_enter();
    volatile float infinite = 1.0f / zero;
    fp_leave(state);
    assert(infinite > FLT_MAX && !fetestexcept(FE_DIVBYZERO));
    assert(fedisableexcept(FE_ALL_EXCEPT) == FE_DIVBYZERO);
}
#endif

int main(void) {
    unsetenv("PYCONV_ISA");
    enum isa best = ask_best();
    test_choice(best);
    test_names(best);
#ifdef __x86_64__
    test_best_against_compiler(best);
    test_fp_exceptions();
#endif
#if defined(__x86_64__) || defined(__aarch64__)
    test_fp_state();
#endif
    printf("test_cpu: %s, \"%s\", choice, caches, floating-point state: ok\n", cpu_isa_name(best),
           cpu_brand());
    return 0;
}
