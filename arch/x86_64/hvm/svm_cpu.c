/* SPDX-License-Identifier: MIT */
/* Switching SVM on, per CPU; and the maps that keep guests from ports and MSRs. */
#include "cpu/insn.h"
#include "cpu/percpu.h"
#include "cpu/registers.h"
#include "error.h"
#include "guest/cpuid_policy.h"
#include "guest/fpu.h"
#include "heap.h"
#include "log.h"
#include "p2m.h"
#include "svm.h"
#include "svm_percpu.h"
#include <string.h>

#define MSR_VM_CR            0xc0010114U
#define VM_CR_SVMDIS         (1UL << 4)
#define MSR_VM_HSAVE_PA      0xc0010117U
#define EFER_SVME            (1UL << 12)
#define CPUID_EXT_ECX_SVM    (1U << 2)
#define CPUID_ECX_HYPERVISOR (1U << 31)
#define CPUID_SVM_NPT        (1U << 0)
#define CPUID_SVM_NRIP       (1U << 3)

#define IOPM_ORDER           2 /* 12 KiB */
#define MSRPM_ORDER          1 /* 8 KiB */

struct svm_features svm_features;

/* A map of all ones: every access exits, nothing reaches the hardware. 0 when there is no memory. */
static uint64_t map_of_ones(unsigned int order)
{
    void *map = alloc_xenheap_pages(order, NUMA_NO_NODE);

    if (!map)
        return 0;
    memset(map, 0xff, PAGE_SIZE << order);
    return virt_to_paddr(map).v;
}

/* QEMU without KVM. */
static bool is_tcg(void)
{
    struct cpuid c = cpuid(0x40000000, 0);
    uint32_t name[] = {c.ebx, c.ecx, c.edx};

    return (cpuid(1, 0).ecx & CPUID_ECX_HYPERVISOR) && !memcmp(name, "TCGTCGTCGTCG", sizeof(name));
}

static int check_cpu(void)
{
    if (cpuid(0x80000000, 0).eax < 0x8000000a || !(cpuid(0x80000001, 0).ecx & CPUID_EXT_ECX_SVM)) {
        log_err("SVM: this CPU does not have it (CPUID 0x80000001 ECX bit 2)\n");
        return -ENODEV;
    }
    if (rdmsr(MSR_VM_CR) & VM_CR_SVMDIS) {
        log_err("SVM: switched off by the firmware (VM_CR.SVMDIS); look for SVM or virtualization in its "
                "setup\n");
        return -ENODEV;
    }
    if (!(cpuid(0x8000000a, 0).edx & CPUID_SVM_NPT)) {
        log_err("SVM: this CPU has no nested paging (CPUID 0x8000000a EDX bit 0)\n");
        return -ENODEV;
    }
    if (is_tcg() && (cpuid(1, 0).ecx & CPUID1_ECX_XSAVE) && !cpuid(0xd, 1).eax) {
        /* It leaves a guest that it is not in: the CPU hangs (QEMU 7.2, cr4_reserved_bits). */
        log_err("FPU: QEMU does not let CPUs without XSAVEOPT switch XSAVE on: add xsaveopt=on to -cpu\n");
        return -ENODEV;
    }
    return 0;
}

/* What all CPUs share is set up by the first. */
static int init_once(void)
{
    struct cpuid c = cpuid(0x8000000a, 0);

    if (svm_features.iopm)
        return 0;
    svm_features.nrip = c.edx & CPUID_SVM_NRIP;
    svm_features.nr_asids = c.ebx;
    svm_features.repeats_interrupts = is_tcg();
    if (svm_features.repeats_interrupts)
        log_info("SVM: QEMU's, which may repeat interrupts: guests exit after each\n");
    if (!(cpuid(0x80000001, 0).edx & CPUID_EXT_EDX_1G))
        p2m_max_order = 9;
    svm_features.msrpm = map_of_ones(MSRPM_ORDER);
    svm_features.iopm = map_of_ones(IOPM_ORDER);
    if (!svm_features.msrpm || !svm_features.iopm)
        return -ENOMEM;
    cpuid_policy_init();
    return 0;
}

int svm_cpu_init(void)
{
    int rc = check_cpu();
    void *hsave;

    if (rc == 0)
        rc = fpu_cpu_init();
    if (rc == 0)
        rc = init_once();
    if (rc)
        return rc;
    hsave = alloc_xenheap_pages(0, this_cpu()->node);
    if (!hsave)
        return -ENOMEM;
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
    wrmsr(MSR_VM_HSAVE_PA, virt_to_paddr(hsave).v);
    if (cpuid(0x80000001, 0).edx & CPUID_EXT_EDX_RDTSCP)
        wrmsr(MSR_TSC_AUX, 0); /* not switched, and RDPID shows it to guests */
    return svm_percpu_init();
}
