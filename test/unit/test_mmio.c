/* SPDX-License-Identifier: MIT */
/* Who answers where nothing is mapped, and whom (AMD64 APM volume 2, 15.25.6). */
#include "../../arch/x86_64/hvm/insn_mem.c"
#include "../../arch/x86_64/hvm/mmio.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define APIC   (PVH_LAPIC_PAGE + 0x80)
#define NOBODY 0xfec00000UL
#define PAGES  0x4000UL /* of the domain's RAM */
#define READ   0x100000004UL
#define WALK   0x200000004UL
#define FETCH  0x100000014UL
#define ANSWER 0x12345678U

static struct vmcb vmcb;
static struct domain_mem mem;
static struct arch_domain domain;
static struct arch_vcpu vcpu;
static struct insn insn; /* what is at rip */
static unsigned int skipped, crashes, apic_reads, apic_writes;
static uint32_t written;
static bool is_xapic;

bool vlapic_is_xapic(const struct arch_vcpu *v UNUSED)
{
    return is_xapic;
}

uint32_t vlapic_read(struct arch_vcpu *v UNUSED, unsigned int offset)
{
    assert_int_equal(offset, APIC & ~PAGE_MASK);
    apic_reads++;
    return ANSWER;
}

void vlapic_write(struct arch_vcpu *v UNUSED, unsigned int offset, uint32_t value)
{
    assert_int_equal(offset, APIC & ~PAGE_MASK);
    apic_writes++;
    written = value;
}

bool insn_fetch(struct arch_vcpu *v UNUSED, struct insn *i)
{
    *i = insn;
    return i->available;
}

void insn_skip(struct arch_vcpu *v UNUSED, unsigned int length)
{
    skipped = length;
}

uint64_t *guest_gpr(struct arch_vcpu *v, unsigned int nr)
{
    assert_int_equal(nr, 0);
    return &v->vmcb->rax;
}

void upcall_crash(struct vcpu *v UNUSED, const char *reason UNUSED)
{
    crashes++;
}

/* mov (%rbx), %eax, with AVAILABLE bytes of the instruction there. */
static void fault(uint64_t address, uint64_t info, uint8_t available)
{
    mem = (struct domain_mem){.max_pages = PAGES};
    domain = (struct arch_domain){.mem = &mem};
    vmcb = (struct vmcb){.exit_info1 = info, .exit_info2 = address, .cs.attr = SEG_D, .rax = ~0UL << 32};
    vcpu = (struct arch_vcpu){.vmcb = &vmcb, .domain = &domain};
    insn = (struct insn){.bytes = {0x8b, 0x03}, .available = available};
    skipped = crashes = apic_reads = apic_writes = 0;
    is_xapic = true;
    vcpu.unread_rip = ~0UL;
}

static void test_apic(void **state)
{
    (void)state;
    fault(APIC, READ, 15);
    assert_true(exit_apic_access(&vcpu));
    assert_int_equal(vmcb.rax, ANSWER);
    assert_int_equal(skipped, 2);
    fault(APIC, READ, 15);
    is_xapic = false;
    assert_false(exit_apic_access(&vcpu));
    assert_true(exit_unclaimed(&vcpu));
    assert_int_equal(vmcb.rax, 0xffffffff);
}

/* Arithmetic with the number 2 or with EAX, which is 1. */
static void test_arithmetic(void **state)
{
    static const struct {
        uint8_t bytes[3], length;
        uint64_t nobody, apic; /* EAX afterwards */
        uint32_t written;      /* to the APIC; 0: nothing */
        uint64_t flags;        /* where nobody is */
    } cases[] = {
        {{0x85, 0x03}, 2, 1, 1, 0, 0},                    /* test %eax, (%rbx) */
        {{0xf6, 0x03, 2}, 3, 1, 1, 0, 0},                 /* testb $2, (%rbx) */
        {{0x83, 0x3b, 0xff}, 3, 1, 1, 0, ZF},             /* cmpl $-1, (%rbx) */
        {{0x3b, 0x03}, 2, 1, 1, 0, CF},                   /* cmp (%rbx), %eax */
        {{0x03, 0x03}, 2, 0, ANSWER + 1, 0, CF | ZF},     /* add (%rbx), %eax */
        {{0x33, 0x03}, 2, 0xfffffffe, ANSWER ^ 1, 0, SF}, /* xor (%rbx), %eax */
        {{0x09, 0x03}, 2, 1, 1, ANSWER | 1, SF},          /* or %eax, (%rbx) */
        {{0x83, 0x03, 2}, 3, 1, 1, ANSWER + 2, CF},       /* addl $2, (%rbx) */
        {{0x80, 0x0b, 2}, 3, 1, 1, 0, SF},                /* orb $2, (%rbx) */
    };

    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
        for (unsigned int apic = 0; apic < 2; apic++) {
            fault(apic ? APIC : NOBODY, READ, 15);
            memcpy(insn.bytes, cases[i].bytes, 3);
            vmcb.rax = 1;
            assert_true(apic ? exit_apic_access(&vcpu) : exit_unclaimed(&vcpu));
            assert_int_equal(skipped, cases[i].length);
            assert_int_equal(vmcb.rax, apic ? cases[i].apic : cases[i].nobody);
            assert_int_equal(apic_writes, apic && cases[i].written);
            if (apic_writes)
                assert_int_equal(written, cases[i].written);
            else if (!apic)
                assert_int_equal(vmcb.rflags & (CF | ZF | SF), cases[i].flags);
        }
}

/* The guest goes back to the instruction, as if there had been no exit, and is not stopped; but not twice. */
static void test_code_is_gone(void **state)
{
    (void)state;
    for (uint8_t there = 0; there < 2; there++) {
        fault(APIC, READ, there);
        assert_true(exit_apic_access(&vcpu));
        assert_int_equal(skipped + crashes + apic_reads, 0);
        assert_true(exit_apic_access(&vcpu));
        assert_int_equal(crashes, 1);
        fault(NOBODY, READ, there);
        assert_true(exit_unclaimed(&vcpu));
        assert_false(exit_unclaimed(&vcpu));
        assert_int_equal(skipped + apic_reads, 0);
    }
}

static void test_other_instruction(void **state)
{
    (void)state;
    fault(APIC, READ, 15);
    insn.bytes[0] = 0xff; /* INC */
    assert_true(exit_apic_access(&vcpu));
    assert_int_equal(crashes, 1);
    fault(NOBODY, READ, 15);
    insn.bytes[0] = 0xff;
    assert_false(exit_unclaimed(&vcpu));
    assert_int_equal(skipped, 0);
}

/* A MOV may be at rip, but is not what has faulted. */
static void test_not_of_the_instruction(void **state)
{
    static const uint64_t infos[] = {READ | NPF_PRESENT, WALK, FETCH, READ};

    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(infos); i++)
        for (unsigned int apic = 0; apic < 2; apic++) {
            fault(apic ? APIC : NOBODY, infos[i], 15);
            if (infos[i] == READ) /* the stack of an interrupt */
                vmcb.exit_int_info = EVENT_VALID | EVENT_INTR | 0x40;
            assert_false(apic ? exit_apic_access(&vcpu) : exit_unclaimed(&vcpu));
            assert_int_equal(skipped + crashes + apic_reads, 0);
        }
}

/* Below the hole and above it, as many pages as the domain may have; in the hole none. */
static void test_where(void **state)
{
    static const struct {
        uint64_t address, pages;
        bool answers;
    } cases[] = {
        {0, 0, true},
        {0, 1, false},
        {PAGE_SIZE, 1, true},
        {PVH_HOLE_START - 1, PVH_HOLE_START >> PAGE_SHIFT, false},
        {PVH_HOLE_START, ~0UL, true},
        {PVH_HOLE_END - 1, ~0UL, true},
        {PVH_HOLE_END, PVH_HOLE_START >> PAGE_SHIFT, true},
        {PVH_HOLE_END, (PVH_HOLE_START >> PAGE_SHIFT) + 1, false},
        {PVH_HOLE_END + PAGE_SIZE, (PVH_HOLE_START >> PAGE_SHIFT) + 1, true},
    };

    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
        fault(cases[i].address, READ, 15);
        mem.max_pages = cases[i].pages;
        assert_int_equal(exit_unclaimed(&vcpu), cases[i].answers);
        assert_true(vmcb.rax == (cases[i].answers ? 0xffffffffUL : ~0UL << 32));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_apic),
        cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_code_is_gone),
        cmocka_unit_test(test_other_instruction),
        cmocka_unit_test(test_not_of_the_instruction),
        cmocka_unit_test(test_where),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
