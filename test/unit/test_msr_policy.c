/* SPDX-License-Identifier: MIT */
/* The table of MSRs: which a guest has, what it reads there, and which values it may write. */
#define rdtsc real_rdtsc
#include "cpu/insn.h"
#undef rdtsc

static uint64_t rdtsc(void)
{
    return 0x123456789abc;
}

#include "../../arch/x86_64/guest/msr_policy.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FAMILY_K8  0xc0010055U
#define FAMILY_10H 0xc001001fU
#define WILD       0x800000000000UL

static struct vmcb vmcb;
static struct arch_vcpu vcpu = {.vmcb = &vmcb};
static unsigned int apic_reads, apic_writes;
static uint64_t filled, efer;

int vlapic_msr_read(struct arch_vcpu *v UNUSED, uint32_t msr UNUSED, uint64_t *value)
{
    *value = ++apic_reads;
    return 0;
}

int vlapic_msr_write(struct arch_vcpu *v UNUSED, uint32_t msr UNUSED, uint64_t value UNUSED)
{
    apic_writes++;
    return 0;
}

int vlapic_base_write(struct arch_vcpu *v, uint64_t value)
{
    v->lapic.base = value;
    return 0;
}

uint64_t efer_read(const struct arch_vcpu *v UNUSED)
{
    return efer;
}

int efer_write(struct arch_vcpu *v UNUSED, uint64_t value)
{
    efer = value;
    return 0;
}

void upcall_hypercall_page(struct vcpu *v UNUSED, bool compat)
{
    assert_true(compat);
}

int arch_hypercall_page_fill(struct arch_domain *a UNUSED, gfn_t g)
{
    filled = g.v;
    return 0;
}

static uint64_t value_of(uint32_t msr)
{
    uint64_t value = 0;

    assert_int_equal(msr_read(&vcpu, msr, &value), 0);
    return value;
}

/* Linux touches them without expecting #GP, each on some families of AMD's CPUs. */
static void test_constants(void **state)
{
    static const struct {
        uint32_t msr;
        uint64_t value;
    } constants[] = {
        {0x8b, 0}, {0xc0010015, 0}, {FAMILY_K8, 0}, {FAMILY_10H, 1UL << 46}, {0xc0011029, 2},
    };

    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(constants); i++) {
        assert_int_equal(value_of(constants[i].msr), constants[i].value);
        assert_int_equal(msr_write(&vcpu, constants[i].msr, ~0UL), 0);
        assert_int_equal(value_of(constants[i].msr), constants[i].value);
    }
    assert_int_equal(value_of(0x10), rdtsc());
    assert_int_equal(msr_write(&vcpu, 0x10, 0), 0);
}

/* What is written is there again, as long as it could be an address. */
static void test_own(void **state)
{
    static const uint32_t addresses[] = {0xc0000100, 0xc0000101, 0xc0000102, 0xc0000082,
                                         0xc0000083, 0x175,      0x176},
                          any[] = {0xc0000081, 0xc0000084, 0x174, 0xc0000080, MSR_APIC_BASE};

    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(addresses); i++) {
        assert_int_equal(msr_write(&vcpu, addresses[i], ~0UL << 47 | i), 0);
        assert_int_equal(msr_write(&vcpu, addresses[i], WILD), -EINVAL);
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(any); i++)
        assert_int_equal(msr_write(&vcpu, any[i], WILD | i), 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(addresses); i++)
        assert_int_equal(value_of(addresses[i]), ~0UL << 47 | i);
    for (unsigned int i = 0; i < ARRAY_SIZE(any); i++)
        assert_int_equal(value_of(any[i]), WILD | i);
}

static void test_memory_types(void **state)
{
    (void)state;
    for (unsigned int type = 0; type < 256; type++)
        for (unsigned int at = 0; at < 64; at += 8)
            assert_int_equal(msr_write(&vcpu, 0x277, (uint64_t)type << at),
                             type < 8 && type != 2 && type != 3 ? 0 : -EINVAL);
}

static void test_special(void **state)
{
    uint64_t value;

    (void)state;
    assert_int_equal(msr_write(&vcpu, XEN_MSR_HYPERCALL_PAGE, 0x7000), 0);
    assert_int_equal(filled, 7);
    assert_int_equal(msr_read(&vcpu, XEN_MSR_HYPERCALL_PAGE, &value), -EINVAL);
    for (uint32_t msr = VLAPIC_MSRS; msr < VLAPIC_MSRS + VLAPIC_REGS; msr++) {
        value_of(msr);
        assert_int_equal(msr_write(&vcpu, msr, 0), 0);
    }
    assert_int_equal(apic_reads, VLAPIC_REGS);
    assert_int_equal(apic_writes, VLAPIC_REGS);
}

/* #GP for each number around those that are there, and for the one whose place is empty. */
static void test_others(void **state)
{
    static const uint32_t bases[] = {0, 0x40000000, 0xc0000000, 0xc0010000, 0xc0011000};
    unsigned int there = 0;

    (void)state;
    for (unsigned int b = 0; b < ARRAY_SIZE(bases); b++)
        for (uint32_t msr = bases[b]; msr < bases[b] + 0x1000; msr++) {
            uint64_t value;

            if (is_x2apic(msr) || msr == XEN_MSR_HYPERCALL_PAGE)
                continue;
            assert_int_equal(msr_read(&vcpu, msr, &value), msr_write(&vcpu, msr, 0));
            there += msr_read(&vcpu, msr, &value) == 0;
        }
    assert_int_equal(there, 19);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constants), cmocka_unit_test(test_own),    cmocka_unit_test(test_memory_types),
        cmocka_unit_test(test_special),   cmocka_unit_test(test_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
