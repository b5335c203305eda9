/* SPDX-License-Identifier: MIT */
/* Single instructions. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define MSR_EFER    0xc0000080U
#define MSR_FS_BASE 0xc0000100U
#define EFER_LME    (1UL << 8)
#define EFER_NXE    (1UL << 11)
#define EFER_SVME   (1UL << 12)
#define CR0_TS      (1UL << 3)
#define CR0_WP      (1UL << 16)
#define CR0_AM      (1UL << 18)
#define CR0_PG      (1UL << 31)
#define CR4_FPU     (3UL << 9) /* OSFXSR, OSXMMEXCPT */
#define RFLAGS_IOPL (3UL << 12)

#define READ_REGISTER(name)                                                                                  \
    static inline uint64_t read_##name(void)                                                                 \
    {                                                                                                        \
        uint64_t value;                                                                                      \
                                                                                                             \
        __asm__ volatile("mov %%" #name ", %0" : "=r"(value));                                               \
        return value;                                                                                        \
    }                                                                                                        \
    static inline void write_##name(uint64_t value)                                                          \
    {                                                                                                        \
        __asm__ volatile("mov %0, %%" #name : : "r"(value) : "memory");                                      \
    }
READ_REGISTER(cr0)
READ_REGISTER(cr3)
READ_REGISTER(cr4)
READ_REGISTER(dr0)
READ_REGISTER(dr1)
READ_REGISTER(dr2)
READ_REGISTER(dr3)
READ_REGISTER(dr6)
READ_REGISTER(dr7)

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t lo, hi;

    __asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return (uint64_t)hi << 32 | lo;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return (uint64_t)hi << 32 | lo;
}

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid c;

    __asm__ volatile("cpuid" : "=a"(c.eax), "=b"(c.ebx), "=c"(c.ecx), "=d"(c.edx) : "a"(leaf), "c"(subleaf));
    return c;
}

static inline bool has_xsave(void)
{
    return cpuid(1, 0).ecx & 1U << 26;
}
