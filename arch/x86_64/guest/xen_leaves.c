/* SPDX-License-Identifier: MIT */
/* Xen's CPUID leaves 0x40000000 to 0x40000004 (xen/arch-x86/cpuid.h). */
#include "xen_leaves.h"
#include <xen/arch-x86/cpuid.h>

#define XEN_VERSION (4U << 16 | 17U) /* whose interface we speak */

/* The TSC: mode 2 (never emulated) and its frequency. It is neither scaled nor shifted. */
static struct cpuid tsc_leaf(uint32_t subleaf)
{
    if (subleaf == 0)
        return (struct cpuid){.ebx = 2, .ecx = arch_tsc_khz()};
    return (struct cpuid){0};
}

/* XEN_HVM_CPUID_UPCALL_VECTOR is not offered, though HVMOP_set_evtchn_upcall_vector is there: Linux would
 * take a vector of its local APIC in place of the callback vector, and each event would cost an exit for EOI.
 */
struct cpuid xen_leaf(const struct arch_vcpu *v, uint32_t leaf, uint32_t subleaf)
{
    switch (leaf) {
    case XEN_LEAF_FIRST:
        return (struct cpuid){XEN_LEAF_LAST, XEN_CPUID_SIGNATURE_EBX, XEN_CPUID_SIGNATURE_ECX,
                              XEN_CPUID_SIGNATURE_EDX};
    case XEN_LEAF_FIRST + 1:
        return (struct cpuid){.eax = XEN_VERSION};
    case XEN_LEAF_FIRST + 2:
        return (struct cpuid){.eax = 1, .ebx = XEN_MSR_HYPERCALL_PAGE};
    case XEN_LEAF_FIRST + 3:
        return tsc_leaf(subleaf);
    case XEN_LEAF_FIRST + 4:
        if (subleaf == 0)
            return (struct cpuid){XEN_HVM_CPUID_VCPU_ID_PRESENT | XEN_HVM_CPUID_DOMID_PRESENT, v->id,
                                  v->domain->mem->domid, 0};
    }
    return (struct cpuid){0};
}
