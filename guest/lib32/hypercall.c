/* SPDX-License-Identifier: MIT */
/* Hypercalls of 32-bit code by VMMCALL, and the hypercall page beside it. */
#include "guest.h"
#include <xen/version.h>
#include <xen/xen.h>

#define CPUID_XEN_PAGES 0x40000002U /* EBX: the MSR that places the hypercall page; xen/arch-x86/cpuid.h */
#define STUB_SIZE       32

/* Arguments have 32 bits; the result is signed. */
int64_t xen_hypercall(unsigned int nr, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    uint32_t b = (uint32_t)a1, c = (uint32_t)a2, d = (uint32_t)a3, s = (uint32_t)a4, e = (uint32_t)a5;
    int32_t result = (int32_t)nr;

    /* A hypervisor may change the argument registers. */
    __asm__ volatile("vmmcall" : "+a"(result), "+b"(b), "+c"(c), "+d"(d), "+S"(s), "+D"(e) : : "memory");
    return result;
}

static uint8_t page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

static int32_t call_page(unsigned int nr, uint32_t a1, uint32_t a2)
{
    const void *stub = page + nr * STUB_SIZE;
    int32_t result;

    __asm__ volatile("call *%1"
                     : "=a"(result), "+S"(stub), "+b"(a1), "+c"(a2)
                     :
                     : "memory", "edx", "edi", "cc");
    return result;
}

bool hypercall_page_works(void)
{
    uint32_t eax = CPUID_XEN_PAGES, msr, ecx = 0, edx;

    __asm__ volatile("cpuid" : "+a"(eax), "=b"(msr), "+c"(ecx), "=d"(edx));
    if (!eax)
        return false;
    __asm__ volatile("wrmsr" : : "c"(msr), "a"(page), "d"(0) : "memory");
    return call_page(__HYPERVISOR_xen_version, XENVER_version, 0) ==
           xen_hypercall(__HYPERVISOR_xen_version, XENVER_version, 0, 0, 0, 0);
}
