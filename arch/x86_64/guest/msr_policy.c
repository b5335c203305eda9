/* SPDX-License-Identifier: MIT */
/* MSRs: one table. What is not in it gets #GP; none is passed to the hardware while the hypervisor runs. */
#include "msr_policy.h"
#include "cpu/insn.h"
#include "error.h"
#include "hvm/cr_rules.h"
#include "hvm/guest_bits.h"
#include "xen_leaves.h"

enum msr_kind {
    MSR_VMCB,      /* a 64-bit field of the VMCB, any value */
    MSR_ADDRESS,   /* the same, but only canonical addresses */
    MSR_ATTRIBUTE, /* the page attribute table: eight memory types */
    MSR_MODE,      /* EFER */
    MSR_CLOCK,     /* the TSC: read only, guests see the host's */
    MSR_CONSTANT,  /* reads as .value, writes are ignored */
    MSR_STUBS,     /* a write fills the hypercall page */
    MSR_APIC,      /* where the local APIC is, and in which mode */
};

struct msr_policy {
    uint32_t msr;
    uint8_t kind;
    uint16_t field;
    uint64_t value;
    const char *reason;
};

#define FIELD(f) offsetof(struct vmcb, f)

/* Each has a place that its number gives; the compiler refuses two in one. */
#define PLACES       64U
#define PLACE(nr)    (((nr)*29U >> 4) % PLACES)
#define MSR(nr, ...) [PLACE(nr)] = {nr, __VA_ARGS__}

static const struct msr_policy policy[PLACES] = {
    MSR(0xc0000100, MSR_ADDRESS, FIELD(fs.base), 0, "FS base: thread-local data of 64-bit guests"),
    MSR(0xc0000101, MSR_ADDRESS, FIELD(gs.base), 0, "GS base: per-CPU data of 64-bit guests"),
    MSR(0xc0000102, MSR_ADDRESS, FIELD(kernel_gs_base), 0, "SWAPGS"),
    MSR(0xc0000080, MSR_MODE, 0, 0, "EFER: long mode, SYSCALL, NX; SVME stays hidden"),
    MSR(0xc0000081, MSR_VMCB, FIELD(star), 0, "SYSCALL selectors"),
    MSR(0xc0000082, MSR_ADDRESS, FIELD(lstar), 0, "SYSCALL entry, 64-bit"),
    MSR(0xc0000083, MSR_ADDRESS, FIELD(cstar), 0, "SYSCALL entry, compatibility mode"),
    MSR(0xc0000084, MSR_VMCB, FIELD(sfmask), 0, "SYSCALL flag mask"),
    MSR(0x00000174, MSR_VMCB, FIELD(sysenter_cs), 0, "SYSENTER selector"),
    MSR(0x00000175, MSR_ADDRESS, FIELD(sysenter_esp), 0, "SYSENTER stack"),
    MSR(0x00000176, MSR_ADDRESS, FIELD(sysenter_eip), 0, "SYSENTER entry"),
    MSR(0x00000277, MSR_ATTRIBUTE, FIELD(g_pat), 0, "PAT: guests' memory types; the CPU keeps one per guest"),
    MSR(0x00000010, MSR_CLOCK, 0, 0,
        "TSC: the host's, never shifted, so that all clocks derived from it agree"),
    MSR(MSR_APIC_BASE, MSR_APIC, 0, 0, "APIC_BASE: off, xAPIC or x2APIC; the address is fixed"),
    MSR(0x0000008b, MSR_CONSTANT, 0, 0, "microcode level: guests load none, but Linux asks"),
    MSR(0xc0010015, MSR_CONSTANT, 0, 0, "HWCR: Linux and xen-shim read and write it without expecting #GP"),
    MSR(0xc001001f, MSR_CONSTANT, 0, 1UL << 46,
        "NB_CFG: extended access by port 0xcf8 is on already, so Linux need not switch it on for ports that "
        "nobody answers; Xen has none, KVM's reads 0"),
    MSR(0xc0010055, MSR_CONSTANT, 0, 0,
        "interrupt pending message: C1E is off; Linux asks where CPUID shows an old family"),
    MSR(0xc0011029, MSR_CONSTANT, 0, 2, "DE_CFG: LFENCE serialises already, so Linux need not switch it on"),
    MSR(XEN_MSR_HYPERCALL_PAGE, MSR_STUBS, 0, 0, "Xen's hypercall page"),
};

static const struct msr_policy *find(uint32_t msr)
{
    const struct msr_policy *p = &policy[PLACE(msr)];

    return p->msr == msr && p->reason ? p : NULL;
}

/* Registers of the local APIC in x2APIC mode, which has its own table. */
static bool is_x2apic(uint32_t msr)
{
    return msr - VLAPIC_MSRS < VLAPIC_REGS;
}

static uint64_t *vmcb_field(struct arch_vcpu *v, const struct msr_policy *p)
{
    return (uint64_t *)(void *)((char *)v->vmcb + p->field);
}

/* Eight bytes, each below 8 and neither 2 nor 3, which do not exist. */
static bool pat_is_valid(uint64_t pat)
{
    const uint64_t ones = 0x0101010101010101UL;

    return !(pat & ~(7 * ones)) && !(pat >> 1 & ~(pat >> 2) & ones);
}

int msr_read(struct arch_vcpu *v, uint32_t msr, uint64_t *value)
{
    const struct msr_policy *p;

    if (is_x2apic(msr))
        return vlapic_msr_read(v, msr, value);
    p = find(msr);
    if (!p || p->kind == MSR_STUBS)
        return -EINVAL;
    if (p->kind == MSR_CONSTANT)
        *value = p->value;
    else if (p->kind == MSR_MODE)
        *value = efer_read(v);
    else if (p->kind == MSR_CLOCK)
        *value = rdtsc();
    else if (p->kind == MSR_APIC)
        *value = v->lapic.base;
    else
        *value = *vmcb_field(v, p);
    return 0;
}

int msr_write(struct arch_vcpu *v, uint32_t msr, uint64_t value)
{
    const struct msr_policy *p;

    if (is_x2apic(msr))
        return vlapic_msr_write(v, msr, value);
    p = find(msr);
    if (!p || (p->kind == MSR_ADDRESS && !is_canonical(value)) ||
        (p->kind == MSR_ATTRIBUTE && !pat_is_valid(value)))
        return -EINVAL;
    if (p->kind == MSR_MODE)
        return efer_write(v, value);
    if (p->kind == MSR_APIC)
        return vlapic_base_write(v, value);
    if (p->kind == MSR_STUBS) {
        upcall_hypercall_page(v->vcpu, !in_long_mode(v->vmcb));
        return arch_hypercall_page_fill(v->domain, gpaddr_to_gfn(gpaddr(value)));
    }
    if (p->kind != MSR_CONSTANT && p->kind != MSR_CLOCK)
        *vmcb_field(v, p) = value;
    return 0;
}
