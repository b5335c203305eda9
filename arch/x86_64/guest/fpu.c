/* SPDX-License-Identifier: MIT */
/* The FPU and vector registers of vCPUs: XSAVE where the CPU has it, FXSAVE otherwise. */
#include "fpu.h"
#include "cpu/insn.h"
#include "cpu/registers.h"
#include "error.h"
#include "heap.h"
#include "log.h"
#include <string.h>

#define XCR0_X87         (1UL << 0)
#define XCR0_SSE         (1UL << 1)
#define XCR0_AVX         (1UL << 2)

#define CR0_TS_EM        ((1UL << 3) | (1UL << 2))
#define FCW_RESET        0x037fU
#define MXCSR_RESET      0x1f80U
#define MXCSR_OFFSET     24
#define MXCSR_MASK       0xffffU
#define XSTATE_BV_OFFSET 512
/* In an FXSAVE image, in eight bytes: ST0 to ST7. */
#define X87_REGISTERS     4U
#define X87_REGISTERS_END 20U
#define NO_CPU            (~0U)

/* All that this CPU can save; what guests do not get to enable is switched, too, so that nothing leaks where
 * XSETBV cannot be intercepted (QEMU). 0: no XSAVE. */
static uint64_t host_xcr0;
static unsigned int area_order;

static void xsetbv(uint64_t value)
{
    __asm__ volatile("xsetbv" : : "c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

uint64_t fpu_current_xcr0(void)
{
    uint32_t lo, hi;

    if (!host_xcr0)
        return 0;
    __asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
    return (uint64_t)hi << 32 | lo;
}

static void find_components(void)
{
    struct cpuid c = cpuid(0xd, 0);

    host_xcr0 = (uint64_t)c.edx << 32 | c.eax;
    while (PAGE_SIZE << area_order < c.ecx)
        area_order++;
}

int fpu_cpu_init(void)
{
    bool xsave = cpuid(1, 0).ecx & CPUID1_ECX_XSAVE;

    write_cr0((read_cr0() & ~CR0_TS_EM) | CR0_MP | CR0_NE);
    write_cr4(read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT | (xsave ? CR4_OSXSAVE : 0));
    if (!xsave)
        return 0;
    if (!host_xcr0)
        find_components();
    if (!(host_xcr0 & XCR0_X87)) {
        log_err("FPU: CPUID leaf 0xd reports components %#lx, without x87\n", host_xcr0);
        return -ENODEV;
    }
    xsetbv(host_xcr0);
    return 0;
}

/* AVX-512, PKRU and others wait for guests that want them. */
uint64_t fpu_policy_xcr0(void)
{
    return host_xcr0 & (XCR0_X87 | XCR0_SSE | XCR0_AVX);
}

/* Legacy part and header, then each component where CPUID says. */
uint32_t fpu_area_size(uint64_t xcr0)
{
    uint32_t size = XSTATE_BV_OFFSET + 64;

    for (unsigned int i = 2; i < 63 && xcr0 >> i; i++)
        if (xcr0 & (1UL << i)) {
            struct cpuid c = cpuid(0xd, i);

            size = MAX(size, c.ebx + c.eax);
        }
    return size;
}

int fpu_create(struct arch_vcpu *v, nodeid_t node)
{
    uint16_t fcw = FCW_RESET;
    uint32_t mxcsr = MXCSR_RESET;

    v->fpu = alloc_xenheap_pages(area_order, node);
    if (!v->fpu)
        return -ENOMEM;
    memcpy(v->fpu, &fcw, sizeof(fcw));
    memcpy((char *)v->fpu + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
    v->xcr0 = host_xcr0 ? XCR0_X87 : 0;
    v->fpu_cpu = NO_CPU;
    return 0;
}

void fpu_destroy(struct arch_vcpu *v)
{
    if (v->fpu)
        free_xenheap_pages(v->fpu, area_order);
}

/* All zeros and empty. FXRSTOR and XRSTOR do not see to that themselves: AMD's leave the last instruction and
 * data pointers alone unless an exception is pending, and QEMU's XRSTOR of an initial x87 only says that the
 * registers are empty; another domain's would stay visible. */
static void reset_x87(void)
{
    __asm__ volatile("fninit; fldz; fldz; fldz; fldz; fldz; fldz; fldz; fldz; fninit");
}

/* As reset_x87 leaves it: the first 24 bytes of an FXSAVE image, and its registers. */
static bool x87_is_initial(const uint64_t *image)
{
    uint64_t other = (image[0] ^ FCW_RESET) | image[1] | image[2];

    for (unsigned int i = X87_REGISTERS; i < X87_REGISTERS_END; i++)
        other |= image[i];
    return !other;
}

/* An initial x87 is there already. That is more than a shortcut: wherever QEMU's CPUs load an FSW, they
 * change a flag word of CPU 0's without a lock, which also says whether CPU 0 uses nested paging
 * (docs/design.md, "Two flaws of QEMU's"). */
static void restore(const struct arch_vcpu *v)
{
    uint64_t components = host_xcr0 & ~(x87_is_initial(v->fpu) ? XCR0_X87 : 0);

    reset_x87();
    if (!host_xcr0)
        __asm__ volatile("fxrstor64 %0" : : "m"(*(const char(*)[FXSAVE_SIZE])v->fpu));
    else
        __asm__ volatile("xrstor64 %0"
                         :
                         : "m"(*(const char(*)[PAGE_SIZE])v->fpu), "a"((uint32_t)components),
                           "d"((uint32_t)(components >> 32)));
}

void fpu_load(struct arch_vcpu *v, struct svm_percpu *p)
{
    bool loaded = p->fpu_owner == v && v->fpu_cpu == smp_processor_id();

    p->fpu_owner = v;
    v->fpu_cpu = smp_processor_id();
    if (!loaded)
        restore(v);
    if (host_xcr0)
        xsetbv(v->xcr0);
}

void fpu_save(struct arch_vcpu *v, struct svm_percpu *p)
{
    p->fpu_owner = v;
    if (!host_xcr0) {
        __asm__ volatile("fxsave64 %0" : "=m"(*(char(*)[FXSAVE_SIZE])v->fpu));
        return;
    }
    v->xcr0 = fpu_current_xcr0(); /* on QEMU the guest changes it without an exit */
    xsetbv(host_xcr0);
    __asm__ volatile("xsave64 %0"
                     : "+m"(*(char(*)[PAGE_SIZE])v->fpu)
                     : "a"((uint32_t)host_xcr0), "d"((uint32_t)(host_xcr0 >> 32)));
}

/* APM volume 2, 11.5.2: x87 cannot be switched off, AVX needs SSE. */
int fpu_set_xcr0(uint64_t value)
{
    if ((value & ~fpu_policy_xcr0()) || !(value & XCR0_X87) || ((value & XCR0_AVX) && !(value & XCR0_SSE)))
        return -EINVAL;
    xsetbv(value);
    return 0;
}

void fpu_get_image(const struct arch_vcpu *v, void *image)
{
    memcpy(image, v->fpu, FXSAVE_SIZE);
}

int fpu_check_image(const void *image)
{
    uint32_t mxcsr;

    memcpy(&mxcsr, (const char *)image + MXCSR_OFFSET, sizeof(mxcsr));
    return mxcsr & ~MXCSR_MASK ? refuse(EINVAL, "context: MXCSR %#x", mxcsr) : 0;
}

void fpu_set_image(struct arch_vcpu *v, const void *image)
{
    uint64_t header[8] = {XCR0_X87 | XCR0_SSE};

    memcpy(v->fpu, image, FXSAVE_SIZE);
    if (host_xcr0)
        memcpy((char *)v->fpu + XSTATE_BV_OFFSET, header, sizeof(header));
    v->fpu_cpu = NO_CPU;
}
