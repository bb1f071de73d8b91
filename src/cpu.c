#include "cpu.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif
#if defined(__x86_64__) || defined(__i386__)
#define X86
#include <cpuid.h>
#endif

static struct {
    enum isa best, chosen;
    char note[160];
    char brand[49];
} cpu; /* constant once detected */

static const char *const isa_names[ISA_COUNT] = {"baseline", "avx2", "avx512"};

#ifdef X86
struct cpuid {
    unsigned eax, ebx, ecx, edx;
};

static struct cpuid read_cpuid(unsigned leaf) /* zeros when the CPU has no such leaf */
{
    struct cpuid id = {0};
    __get_cpuid_count(leaf, 0, &id.eax, &id.ebx, &id.ecx, &id.edx);
    return id;
}

static bool has(unsigned word, unsigned bits) { return (word & bits) == bits; }

/* XCR0: the registers that the operating system saves when it switches threads. */
static unsigned os_saved_state(void) {
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

/* Bits: Intel SDM volume 2A, CPUID leaves 1 and 7; volume 1, 13.3 for XCR0. */
static enum isa detect_isa(void) {
    enum { XMM_YMM = 0x06, OPMASK_ZMM = 0xe0 };
    struct cpuid basic = read_cpuid(1), extended = read_cpuid(7);
    if (!has(basic.ecx, bit_OSXSAVE | bit_AVX | bit_FMA) || !has(extended.ebx, bit_AVX2))
        return ISA_BASELINE;
    unsigned saved = os_saved_state();
    if (!has(saved, XMM_YMM))
        return ISA_BASELINE;
    unsigned avx512 = bit_AVX512F | bit_AVX512VL | bit_AVX512BW | bit_AVX512DQ;
    return has(extended.ebx, avx512) && has(saved, OPMASK_ZMM) ? ISA_AVX512 : ISA_AVX2;
}

/* Leaves 0x80000002 .. 4 hold 48 characters, padded with spaces or NULs. */
static void detect_brand(char brand[49]) {
    for (unsigned part = 0; part < 3; part++) {
        struct cpuid id = read_cpuid(0x80000002 + part);
        memcpy(brand + 16 * part, &id, 16);
    }
    brand[48] = '\0';
    size_t start = strspn(brand, " "), end = strlen(brand);
    while (end > start && brand[end - 1] == ' ')
        end--;
    memmove(brand, brand + start, end - start);
    brand[end - start] = '\0';
}
#else
static enum isa detect_isa(void) { return ISA_BASELINE; }

static void detect_brand(char brand[49]) { brand[0] = '\0'; }
#endif

static enum isa isa_named(const char *name) {
    enum isa isa = ISA_BASELINE;
    while (isa < ISA_COUNT && strcmp(isa_names[isa], name))
        isa++;
    return isa;
}

static void choose_isa(const char *name) {
    cpu.chosen = cpu.best;
    if (!name || !*name)
        return;
    enum isa wanted = isa_named(name);
    if (wanted <= cpu.best)
        cpu.chosen = wanted;
    else if (wanted == ISA_COUNT)
        snprintf(cpu.note, sizeof cpu.note,
                 "PYCONV_ISA: expected baseline, avx2 or avx512, received %.40s; using %s", name,
                 isa_names[cpu.best]);
    else
        snprintf(cpu.note, sizeof cpu.note,
                 "PYCONV_ISA: this CPU or operating system does not support %s; using %s", name,
                 isa_names[cpu.best]);
}

/* Once: a virtual machine traps each CPUID, which then takes tens of microseconds. */
static void detect(void) {
    enum { NEW, BUSY, READY };
    static atomic_int state = NEW;
    int expected = NEW;
    if (atomic_load_explicit(&state, memory_order_acquire) == READY)
        return;
    if (atomic_compare_exchange_strong(&state, &expected, BUSY)) {
        cpu.best = detect_isa();
        detect_brand(cpu.brand);
        choose_isa(getenv("PYCONV_ISA"));
        atomic_store_explicit(&state, READY, memory_order_release);
    }
    while (atomic_load_explicit(&state, memory_order_acquire) != READY)
        continue;
}

enum isa cpu_best_isa(void) {
    detect();
    return cpu.best;
}

enum isa cpu_isa(void) {
    detect();
    return cpu.chosen;
}

const char *cpu_isa_note(void) {
    detect();
    return cpu.note[0] ? cpu.note : NULL;
}

const char *cpu_isa_name(enum isa isa) { return isa_names[isa]; }

const char *cpu_brand(void) {
    detect();
    return cpu.brand;
}

int64_t cpu_cache_size(int level) {
#ifdef _SC_LEVEL1_DCACHE_SIZE
    static const int names[] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE,
                                _SC_LEVEL3_CACHE_SIZE, _SC_LEVEL4_CACHE_SIZE};
    if (level >= 1 && level <= 4) {
        long bytes = sysconf(names[level - 1]);
        return bytes > 0 ? bytes : 0;
    }
#else
    (void)level;
#endif
    return 0;
}

#if defined(__x86_64__)
/* MXCSR: FTZ 0x8000, exception masks 0x1f80, DAZ 0x0040; rounding bits 0x6000 zero: to nearest. */
unsigned fp_enter(void) {
    unsigned state = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(0x8000 | 0x1f80 | 0x0040);
    return state;
}

void fp_leave(unsigned state) { __builtin_ia32_ldmxcsr(state); }
#elif defined(__aarch64__)
/* FPCR: FZ bit 24; rounding (22-23) and traps (8-15) zero: to nearest, none taken. Its upper half
 * is reserved. */
static void write_fpcr(uint64_t state) { __asm__ volatile("msr fpcr, %0" ::"r"(state) : "memory"); }

unsigned fp_enter(void) {
    uint64_t state;
    __asm__ volatile("mrs %0, fpcr" : "=r"(state)::"memory");
    write_fpcr(UINT64_C(1) << 24);
    return (unsigned)state;
}

void fp_leave(unsigned state) { write_fpcr(state); }
#else
unsigned fp_enter(void) { return 0; }

void fp_leave(unsigned state) { (void)state; }
#endif
