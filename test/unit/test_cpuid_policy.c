/* SPDX-License-Identifier: MIT */
/* CPUID as guests see it on CPUs that are made up for it. */
#define cpuid(leaf, subleaf) real_cpuid(leaf, subleaf)
#include "cpu/insn.h"
#undef cpuid

static struct cpuid cpuid(uint32_t leaf, uint32_t subleaf);

#include "../../arch/x86_64/guest/cpuid_policy.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define X87_SIZE 576U /* legacy part and header; SSE lies within */
#define AVX_SIZE 832U

static uint32_t highest, highest_extended, xsave_variants;
static uint64_t host_xcr0, xcr0; /* what the CPU has; what the guest has switched on */
static struct vmcb vmcb;
static struct arch_vcpu vcpu;

/* Every bit is set where nothing else is said. */
static struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
    static const struct cpuid ones = {~0U, ~0U, ~0U, ~0U}, avx = {256, X87_SIZE, 0, 0};

    assert_true(leaf <= (leaf >> 31 ? highest_extended : highest));
    if (leaf == 0 || leaf == 0x80000000)
        return (struct cpuid){leaf ? highest_extended : highest, 0x68747541, 0x444d4163, 0x69746e65};
    if (leaf == 0xd)
        return subleaf == 1 ? (struct cpuid){xsave_variants, ~0U, ~0U, ~0U} : subleaf == 2 ? avx : ones;
    return ones;
}

uint64_t fpu_policy_xcr0(void)
{
    return host_xcr0;
}

uint64_t fpu_current_xcr0(void)
{
    return xcr0;
}

uint32_t fpu_area_size(uint64_t components)
{
    return components & 4 ? AVX_SIZE : X87_SIZE;
}

struct cpuid xen_leaf(const struct arch_vcpu *v UNUSED, uint32_t leaf, uint32_t subleaf UNUSED)
{
    return (struct cpuid){leaf, 0, 0, 0};
}

static int whole_cpu(void **state)
{
    (void)state;
    highest = 0x10, highest_extended = 0x80000020, xsave_variants = ~0U;
    host_xcr0 = xcr0 = 7;
    memset(value, 0, sizeof(value));
    cr4_mask = 0;
    vmcb = (struct vmcb){0};
    vcpu = (struct arch_vcpu){.vmcb = &vmcb, .id = 3, .lapic.base = APIC_BASE_ENABLE};
    cpuid_policy_init();
    return 0;
}

static uint32_t has(uint32_t leaf, size_t reg, unsigned int bit)
{
    struct cpuid c = cpuid_policy(&vcpu, leaf, 0);

    return *(const uint32_t *)(const void *)((const char *)&c + reg) >> bit & 1;
}
#define HAS(leaf, reg, bit) has(leaf, offsetof(struct cpuid, reg), bit)

/* Bytes that XSAVE and XSAVEC would write: Linux from 5.19 on compares the latter with its own sum. */
static void test_xsave_sizes(void **state)
{
    static const struct {
        uint64_t xcr0;
        uint32_t size;
    } cases[] = {{1, X87_SIZE}, {3, X87_SIZE}, {7, AVX_SIZE}};

    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
        xcr0 = cases[i].xcr0;
        assert_int_equal(cpuid_policy(&vcpu, 0xd, 0).ebx, cases[i].size);
        assert_int_equal(cpuid_policy(&vcpu, 0xd, 1).ebx, cases[i].size);
        assert_int_equal(cpuid_policy(&vcpu, 0xd, 0).ecx, AVX_SIZE);
    }
    assert_int_equal(cpuid_policy(&vcpu, 0xd, 0).eax, 7);
    assert_int_equal(cpuid_policy(&vcpu, 0xd, 1).eax, 7); /* XSAVEOPT, XSAVEC, XGETBV1; not XSAVES */
    assert_int_equal(cpuid_policy(&vcpu, 0xd, 1).ecx, 0);
    assert_int_equal(cpuid_policy(&vcpu, 0xd, 2).ebx, X87_SIZE);
    assert_int_equal(cpuid_policy(&vcpu, 0xd, 3).eax, 0);
}

static void test_without_xsavec(void **state)
{
    (void)state;
    xsave_variants = ~XSAVEC;
    cpuid_policy_init();
    assert_int_equal(cpuid_policy(&vcpu, 0xd, 0).ebx, AVX_SIZE);
    assert_int_equal(cpuid_policy(&vcpu, 0xd, 1).ebx, 0);
}

/* Neither what guests cannot use, however much the CPU has, nor what comes from the vCPU itself. */
static void test_features(void **state)
{
    (void)state;
    assert_true(HAS(1, edx, 0) && HAS(1, ecx, 28));  /* FPU, AVX */
    assert_false(HAS(1, edx, 7) || HAS(1, edx, 12)); /* MCE, MTRR */
    assert_false(HAS(1, ecx, 3) || HAS(1, ecx, 5));  /* MONITOR, VMX */
    assert_false(HAS(7, ebx, 16) || HAS(7, ecx, 3)); /* AVX-512, PKU */
    assert_false(HAS(0x80000001, ecx, 2));           /* SVM */
    assert_int_equal(cpuid_policy(&vcpu, 7, 1).eax, 0);
    assert_int_equal(cpuid_policy(&vcpu, 0, 0).eax, 0xd);
    assert_int_equal(cpuid_policy(&vcpu, 0x80000000, 0).eax, 0x80000008);
    assert_int_equal(cpuid_policy(&vcpu, 0x8000000a, 0).ebx, 0);
    assert_int_equal(cpuid_policy(&vcpu, 1, 0).ebx >> 24, 3); /* the APIC's number */
    assert_true(HAS(1, ecx, 21) && HAS(1, ecx, 31));          /* x2APIC, hypervisor */
    assert_int_equal(cpuid_policy(&vcpu, XEN_LEAF_FIRST, 0).eax, XEN_LEAF_FIRST);
}

/* Instructions whose registers are switched, or that have none. */
static void test_stateless(void **state)
{
    (void)state;
    assert_true(HAS(7, ecx, 8) && HAS(7, ecx, 9) && HAS(7, ecx, 10));  /* GFNI, VAES, VPCLMULQDQ */
    assert_true(HAS(0x80000001, edx, 30) && HAS(0x80000001, edx, 31)); /* 3DNow! */
    assert_true(HAS(0x80000001, ecx, 11) && HAS(0x80000001, ecx, 16) &&
                HAS(0x80000001, ecx, 21));                       /* XOP, FMA4, TBM */
    assert_int_equal(cpuid_policy(&vcpu, 0x80000008, 0).ebx, 1); /* CLZERO; nothing of speculation */
}

static void test_of_the_vcpu(void **state)
{
    (void)state;
    assert_false(HAS(1, ecx, 27));
    vmcb.cr4 = CR4_OSXSAVE;
    assert_true(HAS(1, ecx, 27));
    assert_true(HAS(1, edx, 9));
    vcpu.lapic.base = 0;
    assert_false(HAS(1, edx, 9));
}

/* An old one: nothing is asked of it that it does not have, nothing of that may be set in CR4. */
static void test_old_cpu(void **state)
{
    (void)state;
    assert_true(cpuid_policy_cr4() & CR4_SMEP);
    highest = 5, highest_extended = 0x8000000a, host_xcr0 = 0;
    cr4_mask = 0;
    cpuid_policy_init();
    assert_int_equal(cpuid_policy(&vcpu, 7, 0).ebx, 0);
    assert_int_equal(cpuid_policy(&vcpu, 0xd, 0).ecx, 0);
    assert_int_equal(cpuid_policy(&vcpu, 0xd, 1).ebx, 0);
    assert_false(cpuid_policy_cr4() & CR4_SMEP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_xsave_sizes, whole_cpu),
        cmocka_unit_test_setup(test_without_xsavec, whole_cpu),
        cmocka_unit_test_setup(test_features, whole_cpu),
        cmocka_unit_test_setup(test_stateless, whole_cpu),
        cmocka_unit_test_setup(test_of_the_vcpu, whole_cpu),
        cmocka_unit_test_setup(test_old_cpu, whole_cpu),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
