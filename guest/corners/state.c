/* SPDX-License-Identifier: MIT */
/* Machine state that VMRUN does not switch: nobody sees another domain's, and nobody loses his own. */
#include "corners.h"
#include "cpu.h"
#include <stdio.h>
#include <string.h>

#define CR4_OSFXSR  (1UL << 9)
#define CR4_OSXSAVE (1UL << 18)
#define XCR0_AVX    7U
#define AVX_OFFSET  576 /* of the upper halves in an XSAVE image */
#define ROUNDS      2000000U
#define MSR_EVERY   1000U /* rounds */

struct fx_image { /* FXSAVE64 */
    uint16_t fcw, fsw;
    uint8_t ftw, rsvd;
    uint16_t fop;
    uint64_t fip, fdp;
    uint32_t mxcsr, mxcsr_mask;
    uint8_t st[128], xmm[256];
    uint8_t rest[96];
};

static uint8_t image[2048] __attribute__((aligned(64)));

static uint64_t sum(const uint8_t *p, size_t n)
{
    uint64_t total = 0;

    while (n--)
        total += p[n];
    return total;
}

static void check_fpu(void)
{
    const struct fx_image *fx = (const void *)image;
    uint64_t cr4 = read_cr4();

    write_cr4(cr4 | CR4_OSFXSR);
    __asm__ volatile("fxsave64 %0" : "=m"(image));
    write_cr4(cr4);
    expect_equal("FCW", fx->fcw, 0x37f);
    expect_equal("FSW", fx->fsw, 0);
    expect_equal("FTW", fx->ftw, 0);
    expect_equal("FIP", fx->fip, 0);
    expect_equal("FDP", fx->fdp, 0);
    expect_equal("MXCSR", fx->mxcsr, 0x1f80);
    expect_equal("x87 registers", sum(fx->st, sizeof(fx->st)), 0);
    expect_equal("SSE registers", sum(fx->xmm, sizeof(fx->xmm)), 0);
}

static uint64_t xgetbv(void)
{
    uint32_t lo, hi;

    __asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
    return (uint64_t)hi << 32 | lo;
}

static void xsetbv(uint32_t value)
{
    __asm__ volatile("xsetbv" : : "c"(0), "a"(value), "d"(0));
}

static bool has_avx(void)
{
    return has_xsave() && (cpuid(0xd, 0).eax & XCR0_AVX) == XCR0_AVX;
}

static void check_avx(void)
{
    uint64_t cr4 = read_cr4();

    if (!has_xsave())
        return;
    write_cr4(cr4 | CR4_OSXSAVE);
    expect_equal("XCR0", xgetbv(), 1);
    if (has_avx()) {
        xsetbv(XCR0_AVX);
        memset(image, 0, sizeof(image));
        __asm__ volatile("xsave64 %0" : "+m"(image) : "a"(XCR0_AVX), "d"(0));
        expect_equal("upper halves of AVX registers", sum(image + AVX_OFFSET, 256), 0);
        xsetbv(1);
    }
    write_cr4(cr4);
}

static void check_debug_registers(void)
{
    expect_equal("DR0", read_dr0(), 0);
    expect_equal("DR1", read_dr1(), 0);
    expect_equal("DR2", read_dr2(), 0);
    expect_equal("DR3", read_dr3(), 0);
    expect_equal("DR6", read_dr6(), 0xffff0ff0);
    expect_equal("DR7", read_dr7(), 0x400);
}

/* FS, GS, kernel GS, STAR, LSTAR, CSTAR, SFMASK, SYSENTER. */
static const uint32_t zero_msrs[] = {0xc0000100, 0xc0000101, 0xc0000102, 0xc0000081, 0xc0000082,
                                     0xc0000083, 0xc0000084, 0x174,      0x175,      0x176};
#define NR_MSRS (sizeof(zero_msrs) / sizeof(zero_msrs[0]))

static void check_msrs(void)
{
    for (unsigned int i = 0; i < NR_MSRS; i++)
        expect_equal("MSR", rdmsr(zero_msrs[i]), 0);
    expect_equal("PAT", rdmsr(0x277), 0x0007040600070406);
    expect_equal("EFER", rdmsr(MSR_EFER), 0x500);
}

static void check_priority(void)
{
    uint64_t cr8;

    __asm__ volatile("mov %%cr8, %0" : "=r"(cr8));
    expect_equal("CR8", cr8, 0);
}

const struct corner fresh[] = {
    {"x87 and SSE registers", .run = check_fpu},       {"XCR0 and AVX registers", .run = check_avx},
    {"debug registers", .run = check_debug_registers}, {"MSRs", .run = check_msrs},
    {"task priority", .run = check_priority},          {0},
};

/* ---- keep ---- */

struct own {
    uint64_t pattern, xcr0, cr8, x87, dr6, dr7;
    uint32_t mxcsr;
    uint16_t fcw;
    bool avx, mmx;
};

/* One of the x87's registers; with MMX all of them are empty again afterwards, as an x87 that nobody uses. */
static uint64_t x87_value(const struct own *o)
{
    uint64_t value;

    if (o->mmx)
        __asm__ volatile("movq %%mm2, %0; emms" : "=m"(value));
    else
        __asm__ volatile("fstl %0" : "=m"(value));
    return value;
}

/* SYSENTER_CS may be no wider than a selector. */
static uint64_t msr_value(const struct own *o, unsigned int i)
{
    return zero_msrs[i] == 0x174 ? (o->pattern & 0xffff) : o->pattern + i;
}

static void fill(struct own *o)
{
    write_cr4(read_cr4() | CR4_OSFXSR | (has_xsave() ? CR4_OSXSAVE : 0));
    if (has_xsave())
        xsetbv((uint32_t)o->xcr0);
    __asm__ volatile("fninit; fldcw %0; ldmxcsr %1" : : "m"(o->fcw), "m"(o->mxcsr));
    if (o->mmx)
        __asm__ volatile("movq %0, %%mm2; emms" : : "m"(o->pattern));
    else
        __asm__ volatile("fldpi");
    o->x87 = x87_value(o);
    __asm__ volatile("movq %0, %%xmm3; movq %0, %%xmm15" : : "r"(o->pattern));
    if (o->avx)
        __asm__ volatile("vmovq %0, %%xmm4; vinsertf128 $1, %%xmm4, %%ymm5, %%ymm5" : : "r"(o->pattern));
    write_dr0(o->pattern);
    write_dr1(o->pattern + 1);
    write_dr2(o->pattern + 2);
    write_dr3(o->pattern + 3);
    write_dr6(o->dr6);
    write_dr7(o->dr7);
    __asm__ volatile("mov %0, %%cr8" : : "r"(o->cr8));
    for (unsigned int i = 0; i < NR_MSRS; i++)
        wrmsr(zero_msrs[i], msr_value(o, i));
}

static unsigned int debug_differences(const struct own *o)
{
    return (read_dr0() != o->pattern) + (read_dr1() != o->pattern + 1) + (read_dr2() != o->pattern + 2) +
           (read_dr3() != o->pattern + 3) + (read_dr6() != o->dr6) + (read_dr7() != o->dr7);
}

static unsigned int differences(const struct own *o)
{
    uint64_t low, high, cr8, upper = o->pattern;
    uint32_t mxcsr;
    uint16_t fcw;

    __asm__ volatile("movq %%xmm3, %0; movq %%xmm15, %1; stmxcsr %2; fnstcw %3; mov %%cr8, %4"
                     : "=r"(low), "=r"(high), "=m"(mxcsr), "=m"(fcw), "=r"(cr8));
    if (o->avx)
        __asm__ volatile("vextractf128 $1, %%ymm5, %%xmm6; vmovq %%xmm6, %0" : "=r"(upper));
    return (low != o->pattern) + (high != o->pattern) + (upper != o->pattern) + (mxcsr != o->mxcsr) +
           (fcw != o->fcw) + (x87_value(o) != o->x87) + (cr8 != o->cr8) + debug_differences(o);
}

static unsigned int msr_differences(const struct own *o)
{
    unsigned int bad = has_xsave() && xgetbv() != o->xcr0;

    for (unsigned int i = 0; i < NR_MSRS; i++)
        bad += rdmsr(zero_msrs[i]) != msr_value(o, i);
    return bad;
}

/* With interrupts off and the highest task priority, which must not keep the hypervisor from preempting. */
int keep_state(unsigned int seed)
{
    struct own o = {.pattern = 0x100000000001UL * (seed + 1),
                    .cr8 = 15 - (seed & 3),
                    .dr6 = 0xffff0ff0 | (seed & 15),
                    .dr7 = 0x400 | (uint64_t)(seed & 15) << 16, /* what would break, but nothing enabled */
                    .mxcsr = 0x1f80U | (seed & 3) << 13,
                    .fcw = (uint16_t)(0x37fU | (seed & 3) << 10),
                    .avx = has_avx() && (seed & 1),
                    .mmx = !(seed & 2)};
    unsigned int bad = 0;

    o.xcr0 = o.avx ? XCR0_AVX : 3 - 2 * (seed >> 1 & 1);
    __asm__ volatile("cli");
    fill(&o);
    for (unsigned int round = 0; round < ROUNDS; round++)
        bad += differences(&o) + (round % MSR_EVERY ? 0 : msr_differences(&o));
    printf("kept %u: %u differences\n", seed, bad);
    return bad != 0;
}

/* ---- noise ---- */

void execute_noise(unsigned int seed)
{
    static uint8_t bytes[PAGE_SIZE] __attribute__((aligned(4096)));
    uint64_t x = 88172645463325252UL + seed;

    for (uint64_t round = 0;; round++) {
        for (unsigned int i = 0; i < 64; i++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            bytes[i] = (uint8_t)x;
        }
        /* Half of them begin with what exits. */
        if (x & 1)
            bytes[0] = 0x0f;
        (x & 2 ? trap_catch : trap_catch_user)((void (*)(void))bytes);
        if (!(round & (round - 1)))
            printf("noise %u: %lu rounds\n", seed, round);
    }
}
