/* SPDX-License-Identifier: MIT */
/* The guests' local APIC on a clock of its own: priorities beside a model, destinations, timer, starts. */
#include "../../arch/x86_64/guest/vlapic.c"
#include "../../arch/x86_64/guest/vlapic_icr.c"
#include "../../arch/x86_64/guest/vlapic_regs.c"
#include "../../arch/x86_64/guest/vlapic_save.c"
#include "../../arch/x86_64/guest/vlapic_timer.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NR        20U
#define NO_VECTOR (-1)

/* ---- the machine around it ---- */

static struct vmcb vmcbs[NR];
static struct arch_vcpu vcpus[NR];
static uint64_t now, timer_at[NR];
static unsigned int kicks[NR], starts[NR], resets[NR], waits[NR];
static int injected; /* by svm_interrupt */
static bool guest_takes = true, cr8_exits;

static unsigned int number(const struct vcpu *v)
{
    return (unsigned int)(uintptr_t)v - 1;
}

uint64_t arch_now(void)
{
    return now;
}

bool arch_vcpu_takes_interrupts(const struct arch_vcpu *v UNUSED)
{
    return guest_takes;
}

bool svm_interrupt(struct arch_vcpu *v UNUSED, uint8_t vector)
{
    if (guest_takes)
        injected = vector;
    return guest_takes;
}

bool svm_inject_nmi(struct arch_vcpu *v UNUSED)
{
    injected = X_NMI;
    return true;
}

void svm_intercept_cr8(struct arch_vcpu *v UNUSED, bool exits)
{
    cr8_exits = exits;
}

void vcpu_reset(struct arch_vcpu *v, uint8_t page UNUSED)
{
    resets[v->id]++;
    vlapic_reset(v);
}

struct arch_vcpu *upcall_find_vcpu(struct vcpu *v UNUSED, unsigned int id)
{
    return id < NR ? &vcpus[id] : NULL;
}

void upcall_kick(struct vcpu *v)
{
    kicks[number(v)]++;
}

void upcall_sent_nmi(struct vcpu *v)
{
    kicks[number(v)]++;
}

void upcall_start(struct vcpu *v)
{
    starts[number(v)]++;
}

void upcall_wait_start(struct vcpu *v)
{
    waits[number(v)]++;
}

void upcall_apic_timer(struct vcpu *v, uint64_t deadline)
{
    timer_at[number(v)] = deadline;
}

static int setup(void **state)
{
    (void)state;
    memset(kicks, 0, sizeof(kicks));
    memset(starts, 0, sizeof(starts));
    memset(resets, 0, sizeof(resets));
    memset(waits, 0, sizeof(waits));
    guest_takes = true;
    for (unsigned int i = 0; i < NR; i++) {
        vmcbs[i] = (struct vmcb){0};
        vcpus[i] = (struct arch_vcpu){.vmcb = &vmcbs[i], .id = i, .vcpu = (struct vcpu *)(uintptr_t)(i + 1)};
        vlapic_init(&vcpus[i]);
        vlapic_started(&vcpus[i]);
        vlapic_write(&vcpus[i], VLAPIC_SVR * 16, 0x1ff);
    }
    return 0;
}

static int attend(struct arch_vcpu *v)
{
    injected = NO_VECTOR;
    if (v->lapic.requests)
        assert_true(vlapic_attend(v));
    return injected;
}

/* ---- priorities ---- */

static bool irr[256], isr[256];

static int top(const bool *set)
{
    for (int i = 255; i >= 0; i--)
        if (set[i])
            return i;
    return NO_VECTOR;
}

/* As the manual says it, and as slowly. */
static int expected_delivery(unsigned int tpr)
{
    int wants = top(irr), serves = top(isr);
    unsigned int class = serves < 0 ? 0 : (unsigned int)serves / 16;

    if (wants < 0 || (unsigned int)wants / 16 <= class || (unsigned int)wants / 16 <= tpr / 16)
        return NO_VECTOR;
    return wants;
}

static void test_priorities(void **state)
{
    struct arch_vcpu *v = &vcpus[0];
    unsigned int tpr = 0, delivered = 0;

    (void)state;
    srandom(2);
    memset(irr, 0, sizeof(irr));
    memset(isr, 0, sizeof(isr));
    for (unsigned int n = 0; n < 300000; n++) {
        int vector = (int)(random() % 240) + 16, seen, want;

        switch (random() % 8) {
        case 0:
        case 1:
            irr[vector] = true;
            vlapic_accept(v, (uint8_t)vector);
            break;
        case 2:
            tpr = random() % 2 ? 0 : random() % 256;
            vlapic_write(v, VLAPIC_TPR * 16, tpr);
            break;
        case 3:
            tpr = (unsigned int)random() % 8 << 4; /* CR8 */
            v->vmcb->int_ctl = tpr >> 4;
            v->lapic.reg[VLAPIC_TPR] = tpr;
            break;
        default:
            if (top(isr) != NO_VECTOR)
                isr[top(isr)] = false;
            vlapic_write(v, VLAPIC_EOI * 16, 0);
        }
        want = expected_delivery(tpr);
        assert_int_equal(vlapic_deliverable(v), want);
        seen = attend(v);
        assert_int_equal(seen, want);
        if (want != NO_VECTOR) {
            irr[want] = false;
            isr[want] = true;
            delivered++;
        }
        for (unsigned int i = 0; i < 8; i++)
            for (unsigned int b = 0; b < 32; b++) {
                assert_int_equal(v->lapic.reg[VLAPIC_IRR + i] >> b & 1, irr[i * 32 + b]);
                assert_int_equal(v->lapic.reg[VLAPIC_ISR + i] >> b & 1, isr[i * 32 + b]);
            }
    }
    assert_true(delivered > 10000);
}

/* What is not delivered is asked about again, and what only CR8 holds back makes its writes exit. */
static void test_waiting(void **state)
{
    struct arch_vcpu *v = &vcpus[0];

    (void)state;
    guest_takes = false;
    vlapic_accept(v, 0x55);
    assert_int_equal(attend(v), NO_VECTOR);
    assert_true(v->lapic.requests & VLAPIC_IRR_SET);
    assert_false(arch_vcpu_has_interrupt(v));
    guest_takes = true;
    assert_true(arch_vcpu_has_interrupt(v));
    vlapic_write(v, VLAPIC_TPR * 16, 0x50);
    assert_false(arch_vcpu_has_interrupt(v));
    assert_int_equal(attend(v), NO_VECTOR);
    assert_true(cr8_exits);
    vlapic_write_tpr(v, 0x40);
    assert_int_equal(attend(v), 0x55);
    assert_false(cr8_exits);
    assert_int_equal(v->lapic.requests, 0);
    vlapic_accept(v, 0x51);
    assert_int_equal(attend(v), NO_VECTOR);
    assert_false(cr8_exits); /* EOI exits anyway */
}

static void test_nmi(void **state)
{
    struct arch_vcpu *v = &vcpus[0];

    (void)state;
    vlapic_request(v, VLAPIC_NMI);
    assert_true(arch_vcpu_has_interrupt(v));
    assert_int_equal(attend(v), X_NMI);
    vlapic_request(v, VLAPIC_NMI);
    assert_int_equal(attend(v), NO_VECTOR);
    assert_false(arch_vcpu_has_interrupt(v)); /* HLT in the handler goes on */
    v->vmcb->rip = 0x1000;
    vlapic_iret(v);
    assert_int_equal(attend(v), NO_VECTOR); /* IRET has not run */
    assert_false(arch_vcpu_has_nmi(v));
    v->vmcb->rip = 0x2000;
    assert_true(arch_vcpu_has_nmi(v));
    assert_int_equal(attend(v), X_NMI);
    assert_false(arch_vcpu_has_nmi(v));
    vlapic_send(&vcpus[1], MODE_NMI, 0);
    assert_int_equal(kicks[0], 1);
}

/* ---- destinations ---- */

static uint32_t reached(uint32_t command, uint32_t dest)
{
    uint32_t set = 0;

    vlapic_send(&vcpus[2], command | 0x77, dest);
    for (unsigned int i = 0; i < NR; i++) {
        assert_int_equal(!!kicks[i], arch_vcpu_has_interrupt(&vcpus[i]));
        set |= arch_vcpu_has_interrupt(&vcpus[i]) ? 1U << i : 0;
        kicks[i] = 0;
        vcpus[i].lapic.requests = 0;
        vcpus[i].lapic.reg[VLAPIC_IRR + 3] = 0;
    }
    return set;
}

#define ALL_SET ((1U << NR) - 1)

static void test_xapic_destinations(void **state)
{
    (void)state;
    assert_int_equal(reached(0, 3), 1U << 3);
    assert_int_equal(reached(0, NR), 0);
    assert_int_equal(reached(0, 0xff), ALL_SET);
    assert_int_equal(reached(TO_SELF, 9), 1U << 2);
    assert_int_equal(reached(TO_ALL, 9), ALL_SET);
    assert_int_equal(reached(TO_OTHERS, 9), ALL_SET & ~4U);
    for (unsigned int i = 0; i < 8; i++)
        vlapic_write(&vcpus[i], VLAPIC_LDR * 16, 1U << 24 << i);
    assert_int_equal(reached(COMMAND_LOGICAL, 0x81), 0x81);
    assert_int_equal(reached(COMMAND_LOGICAL | MODE_LOWEST, 0x82), 0x02);
    for (unsigned int i = 0; i < NR; i++) { /* clusters of four */
        vlapic_write(&vcpus[i], VLAPIC_DFR * 16, 0);
        vlapic_write(&vcpus[i], VLAPIC_LDR * 16, (i / 4 << 4 | 1U << i % 4) << 24);
    }
    assert_int_equal(reached(COMMAND_LOGICAL, 0x35), 5U << 12);
    vlapic_write(&vcpus[12], VLAPIC_SVR * 16, 0xff);
    assert_int_equal(reached(COMMAND_LOGICAL, 0x35), 4U << 12);
}

static void test_x2apic_destinations(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < NR; i++)
        assert_int_equal(vlapic_base_write(&vcpus[i], vcpus[i].lapic.base | APIC_BASE_X2APIC), 0);
    assert_int_equal(reached(0, 3), 1U << 3);
    assert_int_equal(reached(0, 0xff), 0);
    assert_int_equal(reached(0, ~0U), ALL_SET);
    assert_int_equal(reached(COMMAND_LOGICAL, 0x8001), 0x8001);
    assert_int_equal(reached(COMMAND_LOGICAL, 1U << 16 | 0x8009), 9U << 16);
    assert_int_equal(reached(COMMAND_LOGICAL, ~0U), ALL_SET);
}

/* ---- the timer ---- */

static void test_timer(void **state)
{
    struct arch_vcpu *v = &vcpus[1];
    static const uint32_t divide[] = {0xb, 0, 1, 2, 3, 8, 9, 0xa};

    (void)state;
    vlapic_write(v, VLAPIC_LVT_TIMER * 16, 0x40);
    for (unsigned int i = 0; i < ARRAY_SIZE(divide); i++) {
        now = 5000;
        vlapic_write(v, VLAPIC_TIMER_DIVIDE * 16, divide[i]);
        vlapic_write(v, VLAPIC_TIMER_INITIAL * 16, 1000);
        assert_int_equal(timer_at[1], 5000 + (10000UL << i));
        now += 3000UL << i;
        assert_int_equal(vlapic_read(v, VLAPIC_TIMER_CURRENT * 16), 700);
        now = timer_at[1];
        arch_vcpu_timer(v);
        assert_int_equal(attend(v), 0x40);
        vlapic_eoi(v);
        assert_int_equal(vlapic_read(v, VLAPIC_TIMER_CURRENT * 16), 0);
    }
    vlapic_write(v, VLAPIC_TIMER_INITIAL * 16, ~0U);
    assert_int_equal(timer_at[1], now + 0xffffffffUL * 1280);
    vlapic_write(v, VLAPIC_TIMER_INITIAL * 16, 0);
    assert_true(timer_at[1] == UINT64_MAX);
}

static void test_periodic(void **state)
{
    struct arch_vcpu *v = &vcpus[1];

    (void)state;
    now = 1000;
    vlapic_write(v, VLAPIC_LVT_TIMER * 16, VLAPIC_LVT_PERIODIC | 0x40);
    vlapic_write(v, VLAPIC_TIMER_DIVIDE * 16, 0xb);
    vlapic_write(v, VLAPIC_TIMER_INITIAL * 16, 100);
    for (unsigned int i = 1; i < 5; i++) {
        now = timer_at[1] + 7; /* late, but no tick drifts */
        arch_vcpu_timer(v);
        assert_int_equal(timer_at[1], 1000 + 1000 * (i + 1));
        assert_int_equal(vlapic_read(v, VLAPIC_TIMER_CURRENT * 16), 99);
    }
    now += 50000; /* those that came too late are one */
    arch_vcpu_timer(v);
    assert_int_equal(timer_at[1], now);
    vlapic_write(v, VLAPIC_LVT_TIMER * 16, VLAPIC_LVT_MASKED | VLAPIC_LVT_PERIODIC | 0x41);
    arch_vcpu_timer(v);
    assert_int_equal(v->lapic.reg[VLAPIC_IRR + 2], 1); /* of 0x40 only */
}

/* ---- starts ---- */

static void test_start(void **state)
{
    struct arch_vcpu *v = &vcpus[5];

    (void)state;
    vlapic_send(&vcpus[0], MODE_STARTUP | 9, 5);
    assert_int_equal(starts[5], 0); /* it runs */
    vlapic_send(&vcpus[0], MODE_INIT | COMMAND_ASSERT, 5);
    assert_int_equal(kicks[5], 1);
    assert_true(arch_vcpu_has_interrupt(v));
    assert_false(vlapic_attend(v));
    assert_int_equal(waits[5], 1);
    vlapic_send(&vcpus[0], MODE_INIT | COMMAND_LEVEL, 5); /* its end */
    assert_false(arch_vcpu_has_start(v));
    vlapic_send(&vcpus[0], MODE_STARTUP | 9, 5);
    assert_true(arch_vcpu_has_start(v));
    vlapic_send(&vcpus[0], MODE_STARTUP | 9, 5);
    assert_int_equal(v->lapic.sipi_vector, 9);
    assert_false(vlapic_attend(v));
    assert_int_equal(waits[5], 1);
    assert_int_equal(v->lapic.requests, 0);
    vlapic_send(&vcpus[0], MODE_STARTUP | 10, 5);
    assert_int_equal(v->lapic.requests, 0);
    assert_int_equal(resets[5], 2);
}

/* ---- saved and loaded ---- */

static struct hvm_hw_lapic saved_lapic;
static struct hvm_hw_lapic_regs saved_regs;

static void put(unsigned int nr, uint32_t value)
{
    memcpy(saved_regs.data + nr * 16UL, &value, sizeof(value));
}

/* What comes back is the same, an interrupt that waited comes, and nothing is sent or started again. */
static void test_saved(void **state)
{
    struct arch_vcpu *v = &vcpus[1];
    struct hvm_hw_lapic lapic;
    struct hvm_hw_lapic_regs regs;

    (void)state;
    now = 1000;
    vlapic_write(v, VLAPIC_TPR * 16, 0x24);
    vlapic_write(v, VLAPIC_LDR * 16, 0x05000000);
    vlapic_write(v, VLAPIC_LVT_TIMER * 16, VLAPIC_LVT_PERIODIC | 0x40);
    vlapic_write(v, VLAPIC_TIMER_DIVIDE * 16, 0xb);
    vlapic_write(v, VLAPIC_TIMER_INITIAL * 16, 100);
    vlapic_accept(v, 0x77);
    begin_service(&v->lapic, 0x33);
    now += 300;
    vlapic_save(v, &saved_lapic, &saved_regs);
    assert_int_equal(saved_lapic.timer_divisor, 1);
    assert_int_equal(saved_lapic.disabled, 0);
    vlapic_init(v);
    vlapic_started(v);
    now = 50000;
    assert_int_equal(vlapic_check_saved(v, &saved_lapic, &saved_regs), 0);
    vlapic_load(v, &saved_lapic, &saved_regs);
    vlapic_save(v, &lapic, &regs);
    assert_memory_equal(&lapic, &saved_lapic, sizeof(lapic));
    assert_memory_equal(&regs, &saved_regs, sizeof(regs));
    assert_int_equal(vlapic_ppr(v), 0x30); /* it is in service again */
    assert_int_equal(timer_at[1], 50000 + 700);
    assert_int_equal(kicks[1], 0);
    assert_int_equal(attend(v), 0x77);
    assert_int_equal(vlapic_check_saved(&vcpus[0], &saved_lapic, &saved_regs), -EINVAL); /* is a BSP's */
}

/* One bit that cannot be, each: the rest is valid. */
static void test_saved_refused(void **state)
{
    static const struct {
        unsigned int nr;
        uint32_t value;
    } bad[] = {
        {VLAPIC_TPR, 0x100},         {VLAPIC_SVR, 0x200},
        {VLAPIC_LVT_TIMER, 0x40040}, {VLAPIC_LVT_LINT0, 0x1000},
        {VLAPIC_ISR, 0x8000},        {VLAPIC_IRR, 1},
        {VLAPIC_TIMER_DIVIDE, 4},    {VLAPIC_ICR, 0x1000},
        {VLAPIC_TIMER_CURRENT, 1},   {VLAPIC_ESR, 1},
        {VLAPIC_LVT_ERROR, ~0U},
    };
    struct arch_vcpu *v = &vcpus[1];

    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
        vlapic_save(v, &saved_lapic, &saved_regs);
        assert_int_equal(vlapic_check_saved(v, &saved_lapic, &saved_regs), 0);
        put(bad[i].nr, bad[i].value);
        assert_int_equal(vlapic_check_saved(v, &saved_lapic, &saved_regs), -EINVAL);
    }
    for (unsigned int b = 0; b < 64; b++) {
        uint64_t mode = 1UL << b & MODE;

        vlapic_save(v, &saved_lapic, &saved_regs);
        saved_lapic.apic_base_msr ^= 1UL << b;
        assert_int_equal(vlapic_check_saved(v, &saved_lapic, &saved_regs), mode ? 0 : -EINVAL);
    }
    vlapic_save(v, &saved_lapic, &saved_regs);
    saved_lapic.tdt_msr = 1;
    assert_int_equal(vlapic_check_saved(v, &saved_lapic, &saved_regs), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_priorities, setup),
        cmocka_unit_test_setup(test_waiting, setup),
        cmocka_unit_test_setup(test_nmi, setup),
        cmocka_unit_test_setup(test_saved, setup),
        cmocka_unit_test_setup(test_saved_refused, setup),
        cmocka_unit_test_setup(test_xapic_destinations, setup),
        cmocka_unit_test_setup(test_x2apic_destinations, setup),
        cmocka_unit_test_setup(test_timer, setup),
        cmocka_unit_test_setup(test_periodic, setup),
        cmocka_unit_test_setup(test_start, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
