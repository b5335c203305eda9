/* SPDX-License-Identifier: MIT */
/* CPUID: allowed features come from cpuid_features.h, the leaves around them from the table below. What is in
 * neither reads as 0. */
#include "cpuid_policy.h"
#include "fpu.h"
#include "hvm/guest_bits.h"
#include "xen_leaves.h"
#include <xen/arch-x86/cpufeatureset.h>

#define FEATURE_WORDS         10
#define CPUID1_ECX_OSXSAVE    (1U << 27)
#define CPUID1_ECX_HYPERVISOR (1U << 31)
#define CPUID1_ECX_X2APIC     (1U << 21)
#define CPUID1_EDX_APIC       (1U << 9)
#define XSAVEC                (1U << 1) /* 0xd.1.EAX */

/* Xen's feature words: 0: 1.EDX, 1: 1.ECX, 2: 0x80000001.EDX, 3: ECX, 4: 0xd.1.EAX, 5: 7.EBX, 6: 7.ECX,
 * 7: 0x80000007.EDX, 8: 0x80000008.EBX, 9: 7.EDX. */
static const uint16_t allowed[] = {
#define ALLOW(name, reason) XEN_X86_FEATURE_##name,
#include "cpuid_features.h"
#undef ALLOW
};

#define KEEP    0xffffffffU
#define WORD(n) (n) /* registers as feature words, or NONE */
#define NONE    0xff

/* Each has a place that its number gives; the compiler refuses two in one. */
#define PLACES                   32U
#define PLACE(leaf, subleaf)     ((((leaf) + (subleaf)) & 0xfU) | ((leaf) >> 27 & 0x10U))
#define LEAF(leaf, subleaf, ...) [PLACE(leaf, subleaf)] = {leaf, subleaf, __VA_ARGS__}

/* A leaf: what remains of the CPU's own value after the mask, plus the feature words that belong there. */
static const struct leaf_policy {
    uint32_t leaf, subleaf;
    struct cpuid mask;
    uint8_t word[4]; /* for EAX, EBX, ECX, EDX */
    const char *reason;
} policy[PLACES] = {
    LEAF(0x00000000, 0, {0, KEEP, KEEP, KEEP}, {NONE, NONE, NONE, NONE}, "vendor: tells VMMCALL from VMCALL"),
    LEAF(0x00000001, 0, {KEEP, 0xff00, 0, 0}, {NONE, NONE, 1, 0}, "family and model, CLFLUSH size, features"),
    LEAF(0x00000007, 0, {0, 0, 0, 0}, {NONE, 5, 6, 9}, "features"),
    LEAF(0x0000000d, 0, {0, 0, 0, 0}, {NONE, NONE, NONE, NONE},
         "XSAVE components and sizes: of what is allowed"),
    LEAF(0x0000000d, 1, {0, 0, 0, 0}, {4, NONE, NONE, NONE}, "XSAVE variants"), /* EBX below */
    LEAF(0x0000000d, 2, {KEEP, KEEP, 0, 0}, {NONE, NONE, NONE, NONE}, "where AVX state lies in the image"),
    LEAF(0x80000000, 0, {0, KEEP, KEEP, KEEP}, {NONE, NONE, NONE, NONE}, "vendor again"),
    LEAF(0x80000001, 0, {KEEP, 0, 0, 0}, {NONE, NONE, 3, 2}, "features"),
    LEAF(0x80000002, 0, {KEEP, KEEP, KEEP, KEEP}, {NONE, NONE, NONE, NONE}, "the CPU's name"),
    LEAF(0x80000003, 0, {KEEP, KEEP, KEEP, KEEP}, {NONE, NONE, NONE, NONE}, "the CPU's name"),
    LEAF(0x80000004, 0, {KEEP, KEEP, KEEP, KEEP}, {NONE, NONE, NONE, NONE}, "the CPU's name"),
    LEAF(0x80000005, 0, {KEEP, KEEP, KEEP, KEEP}, {NONE, NONE, NONE, NONE}, "level 1 caches: for tuning"),
    LEAF(0x80000006, 0, {KEEP, KEEP, KEEP, KEEP}, {NONE, NONE, NONE, NONE}, "level 2 caches: for tuning"),
    LEAF(0x80000007, 0, {0, 0, 0, 0}, {NONE, NONE, NONE, 7}, "invariant TSC"),
    LEAF(0x80000008, 0, {0xffff, 0, 0, 0}, {NONE, 8, NONE, NONE},
         "address sizes: nested paging passes all bits; features"),
};

static const struct {
    uint64_t cr4;
    uint16_t feature;
} cr4_features[] = {
    {GUEST_CR4_VME | GUEST_CR4_PVI, XEN_X86_FEATURE_VME},
    {GUEST_CR4_TSD, XEN_X86_FEATURE_TSC},
    {GUEST_CR4_DE, XEN_X86_FEATURE_DE},
    {GUEST_CR4_PSE, XEN_X86_FEATURE_PSE},
    {CR4_PAE, XEN_X86_FEATURE_PAE},
    {CR4_PGE, XEN_X86_FEATURE_PGE},
    {GUEST_CR4_PCE, XEN_X86_FEATURE_MSR}, /* harmless: RDPMC gets #GP at any privilege */
    {CR4_OSFXSR, XEN_X86_FEATURE_FXSR},
    {CR4_OSXMMEXCPT, XEN_X86_FEATURE_SSE},
    {GUEST_CR4_UMIP, XEN_X86_FEATURE_UMIP},
    {GUEST_CR4_FSGSBASE, XEN_X86_FEATURE_FSGSBASE},
    {GUEST_CR4_PCIDE, XEN_X86_FEATURE_PCID},
    {CR4_OSXSAVE, XEN_X86_FEATURE_XSAVE},
    {CR4_SMEP, XEN_X86_FEATURE_SMEP},
    {CR4_SMAP, XEN_X86_FEATURE_SMAP},
};

static struct cpuid value[ARRAY_SIZE(policy)];
static uint32_t xsave_size[8]; /* by XCR0 */
static uint64_t cr4_mask;

static uint32_t feature_mask(unsigned int word)
{
    uint32_t mask = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(allowed); i++)
        if (allowed[i] / 32 == word)
            mask |= 1U << (allowed[i] % 32);
    return mask;
}

/* The CPU's own leaf; one beyond its highest would show another leaf's data. */
static struct cpuid host_leaf(uint32_t leaf, uint32_t subleaf)
{
    if (leaf > cpuid(leaf & 0x80000000, 0).eax)
        return (struct cpuid){0};
    return cpuid(leaf, subleaf);
}

static struct cpuid filter(const struct leaf_policy *p)
{
    struct cpuid c = host_leaf(p->leaf, p->subleaf);
    const uint8_t *w = p->word;

    c.eax &= w[0] == NONE ? p->mask.eax : feature_mask(w[0]);
    c.ebx &= w[1] == NONE ? p->mask.ebx : feature_mask(w[1]);
    c.ecx &= w[2] == NONE ? p->mask.ecx : feature_mask(w[2]);
    c.edx &= w[3] == NONE ? p->mask.edx : feature_mask(w[3]);
    return c;
}

/* Two have subleaves. */
static struct cpuid *find(uint32_t leaf, uint32_t subleaf)
{
    unsigned int place;

    if (leaf != 7 && leaf != 0xd)
        subleaf = 0;
    place = PLACE(leaf, subleaf);
    return policy[place].leaf == leaf && policy[place].subleaf == subleaf && policy[place].reason
               ? &value[place]
               : NULL;
}

static bool has_feature(uint16_t feature)
{
    static const struct {
        uint32_t leaf;
        size_t reg;
    } where[FEATURE_WORDS] = {
        {1, offsetof(struct cpuid, edx)},
        {1, offsetof(struct cpuid, ecx)},
        {0x80000001, offsetof(struct cpuid, edx)},
        {0x80000001, offsetof(struct cpuid, ecx)},
        {0, 0}, /* 0xd.1 has no bit that CR4 is about */
        {7, offsetof(struct cpuid, ebx)},
        {7, offsetof(struct cpuid, ecx)},
    };
    const char *leaf = (const char *)find(where[feature / 32].leaf, 0);

    return *(const uint32_t *)(const void *)(leaf + where[feature / 32].reg) & (1U << (feature % 32));
}

void cpuid_policy_init(void)
{
    uint64_t xcr0 = fpu_policy_xcr0();

    for (unsigned int i = 0; i < ARRAY_SIZE(policy); i++)
        if (policy[i].reason)
            value[i] = filter(&policy[i]);
    find(0, 0)->eax = 0xd;
    find(1, 0)->ecx |= CPUID1_ECX_HYPERVISOR | CPUID1_ECX_X2APIC; /* of our own making */
    find(1, 0)->edx |= CPUID1_EDX_APIC;
    find(0x80000000, 0)->eax = 0x80000008;
    for (unsigned int i = 0; i < ARRAY_SIZE(xsave_size); i++)
        xsave_size[i] = xcr0 ? fpu_area_size(i & xcr0) : 0;
    *find(0xd, 0) = (struct cpuid){(uint32_t)xcr0, 0, xsave_size[xcr0], 0};
    for (unsigned int i = 0; i < ARRAY_SIZE(cr4_features); i++)
        if (has_feature(cr4_features[i].feature))
            cr4_mask |= cr4_features[i].cr4;
}

uint64_t cpuid_policy_cr4(void)
{
    return cr4_mask;
}

struct cpuid cpuid_policy(const struct arch_vcpu *v, uint32_t leaf, uint32_t subleaf)
{
    const struct cpuid *found;
    struct cpuid c = {0};

    if (leaf >= XEN_LEAF_FIRST && leaf <= XEN_LEAF_LAST)
        return xen_leaf(v, leaf, subleaf);
    found = find(leaf, subleaf);
    if (found)
        c = *found;
    if (leaf == 1) {
        c.ebx |= (v->id & 0xff) << 24; /* APIC id */
        c.ecx |= v->vmcb->cr4 & CR4_OSXSAVE ? CPUID1_ECX_OSXSAVE : 0;
        c.edx &= v->lapic.base & APIC_BASE_ENABLE ? ~0U : ~CPUID1_EDX_APIC;
    } else if (leaf == 0xd && (subleaf == 0 || (subleaf == 1 && (c.eax & XSAVEC)))) {
        /* No component but AVX: it comes first, compacted or not. */
        c.ebx = xsave_size[fpu_current_xcr0() & (ARRAY_SIZE(xsave_size) - 1)];
    }
    return c;
}
