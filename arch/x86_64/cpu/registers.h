/* SPDX-License-Identifier: MIT */
/* Bits of control and model specific registers, CPUID bits, descriptors (AMD64 manual volumes 2 and 3). */
#pragma once

#define CR0_PE           (1UL << 0)
#define CR0_MP           (1UL << 1)
#define CR0_ET           (1UL << 4)
#define CR0_NE           (1UL << 5)
#define CR0_WP           (1UL << 16)
#define CR0_PG           (1UL << 31)

#define CR4_PAE          (1UL << 5)
#define CR4_MCE          (1UL << 6)
#define CR4_PGE          (1UL << 7)
#define CR4_OSFXSR       (1UL << 9)
#define CR4_OSXMMEXCPT   (1UL << 10)
#define CR4_LA57         (1UL << 12)
#define CR4_OSXSAVE      (1UL << 18)
#define CR4_SMEP         (1UL << 20)
#define CR4_SMAP         (1UL << 21)

#define MSR_APIC_BASE    0x0000001bU
#define MSR_MCG_CAP      0x00000179U
#define MSR_MCG_STATUS   0x0000017aU
#define MSR_MCG_CTL      0x0000017bU
#define MSR_PAT          0x00000277U
#define MSR_MC0_CTL      0x00000400U /* then STATUS, ADDR and MISC; the next bank's follow */
#define MSR_X2APIC       0x00000800U
#define MSR_EFER         0xc0000080U
#define MSR_TSC_AUX      0xc0000103U
#define MSR_FS_BASE      0xc0000100U
#define MSR_GS_BASE      0xc0000101U

#define EFER_LME         (1UL << 8)
#define EFER_NXE         (1UL << 11)

#define PAT_DEFAULT      0x0007040600070406UL /* WB, WT, UC-, UC, twice: the value at reset */

#define APIC_BASE_X2APIC (1UL << 10)
#define APIC_BASE_ENABLE (1UL << 11)
#define APIC_BASE_ADDR   0x000ffffffffff000UL

/* CPUID bits: leaf 1 ECX and EDX, leaf 7 EBX, leaf 0x80000001 EDX, leaf 0x80000007 EBX. */
#define CPUID1_ECX_XSAVE     (1U << 26)
#define CPUID1_ECX_OSXSAVE   (1U << 27) /* follows CR4 */
#define CPUID7_ECX_OSPKE     (1U << 4)  /* follows CR4 */
#define CPUID1_EDX_MCE       (1U << 7)
#define CPUID1_EDX_MCA       (1U << 14)
#define CPUID7_EBX_SMEP      (1U << 7)
#define CPUID7_EBX_SMAP      (1U << 20)
#define CPUID_EXT_EDX_NX     (1U << 20)
#define CPUID_EXT_EDX_1G     (1U << 26)
#define CPUID_EXT_EDX_RDTSCP (1U << 27)
#define CPUID_RAS_OVERFLOW   (1U << 0)

/* Page table entries. */
#define PTE_PRESENT  (1UL << 0)
#define PTE_WRITE    (1UL << 1)
#define PTE_PWT      (1UL << 3)
#define PTE_PCD      (1UL << 4)
#define PTE_ACCESSED (1UL << 5)
#define PTE_DIRTY    (1UL << 6)
#define PTE_LARGE    (1UL << 7)
#define PTE_GLOBAL   (1UL << 8)
#define PTE_NX       (1UL << 63)
#define PTE_ADDR     0x000ffffffffff000UL
