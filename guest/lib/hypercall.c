/* SPDX-License-Identifier: MIT */
/* Hypercalls by VMMCALL, and the hypercall page beside it. */
#include "guest.h"
#include <xen/version.h>
#include <xen/xen.h>

#define CPUID_XEN_PAGES 0x40000002U /* EBX: the MSR that places the hypercall page; xen/arch-x86/cpuid.h */
#define STUB_SIZE       32

int64_t xen_hypercall(unsigned int nr, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    register uint64_t r10 __asm__("r10") = a4;
    register uint64_t r8 __asm__("r8") = a5;
    int64_t result = nr;

    /* A hypervisor may change the argument registers. */
    __asm__ volatile("vmmcall"
                     : "+a"(result), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
                     :
                     : "memory");
    return result;
}

static uint8_t page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

static int64_t call_page(unsigned int nr, uint64_t a1, uint64_t a2)
{
    int64_t result;

    __asm__ volatile("call *%1"
                     : "=a"(result)
                     : "r"(page + nr * STUB_SIZE), "D"(a1), "S"(a2)
                     : "memory", "rcx", "rdx", "r8", "r9", "r10", "r11", "cc");
    return result;
}

bool hypercall_page_works(void)
{
    uint32_t eax = CPUID_XEN_PAGES, msr, ecx = 0, edx;
    uint64_t address = (uintptr_t)page;

    __asm__ volatile("cpuid" : "+a"(eax), "=b"(msr), "+c"(ecx), "=d"(edx));
    if (!eax)
        return false;
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)address), "d"((uint32_t)(address >> 32)) : "memory");
    return call_page(__HYPERVISOR_xen_version, XENVER_version, 0) ==
           xen_hypercall(__HYPERVISOR_xen_version, XENVER_version, 0, 0, 0, 0);
}
