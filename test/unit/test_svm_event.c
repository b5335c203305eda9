/* SPDX-License-Identifier: MIT */
/* Which interrupted deliveries are repeated, and how, and when interrupts are delivered (AMD64 APM volume 2,
 * 15.7.2, 15.20 and 15.21). */
#include "../../arch/x86_64/hvm/event.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ERROR_CODE 0x1234U

struct svm_features svm_features;
static unsigned int self_interrupts;

void ipi_self(void)
{
    self_interrupts++;
}

/* What the guest executes next. */
static struct insn next_insn;

bool insn_fetch(struct arch_vcpu *v UNUSED, struct insn *i)
{
    *i = next_insn;
    return i->available;
}

static uint32_t redelivered(uint32_t interrupted)
{
    static struct vmcb vmcb;
    struct arch_vcpu v = {.vmcb = &vmcb};

    vmcb = (struct vmcb){.exit_int_info = interrupted, .exit_int_error = ERROR_CODE};
    svm_redeliver(&v);
    if (vmcb.event_inj)
        assert_int_equal(vmcb.event_inj_error, ERROR_CODE);
    return vmcb.event_inj;
}

/* They were on their way and would be lost otherwise. */
static void test_repeated(void **state)
{
    static const uint32_t events[] = {
        EVENT_VALID | EVENT_INTR | 0x40,
        EVENT_VALID | EVENT_NMI | 2,
        EVENT_VALID | EVENT_EXCEPTION | X_UD,
        EVENT_VALID | EVENT_EXCEPTION | X_DB,
        EVENT_VALID | EVENT_EXCEPTION | EVENT_ERROR | X_PF,
    };

    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(events); i++)
        assert_int_equal(redelivered(events[i]), events[i]);
}

/* The instruction runs again and brings its event itself: delivered in its stead, rip would be before it. */
static void test_instructions(void **state)
{
    (void)state;
    assert_int_equal(redelivered(EVENT_VALID | EVENT_SOFT | 0x80), 0);
    assert_int_equal(redelivered(EVENT_VALID | EVENT_EXCEPTION | X_BP), 0);
    assert_int_equal(redelivered(EVENT_VALID | EVENT_EXCEPTION | X_OF), 0);
}

/* QEMU reports interrupts as exceptions of high vectors, which VMRUN would refuse. */
static void test_interrupts_as_exceptions(void **state)
{
    (void)state;
    assert_int_equal(redelivered(EVENT_VALID | EVENT_EXCEPTION | 0x30), EVENT_VALID | EVENT_INTR | 0x30);
}

/* ---- interrupts of its own ---- */

#define VECTOR   0x51U
#define RIP      0x1000UL
#define WINDOW   (V_IRQ | V_IGN_TPR)
#define NOTHING  0U
#define INJECTED (EVENT_VALID | EVENT_INTR | VECTOR)

static struct vmcb guest;
static struct arch_vcpu vcpu = {.vmcb = &guest, .shadow_rip = ~0UL};

static void offer(uint64_t rflags, uint64_t shadow, uint32_t event)
{
    guest.rip = RIP;
    guest.rflags = rflags;
    guest.int_shadow = shadow;
    guest.event_inj = event;
    svm_interrupt(&vcpu, VECTOR);
}

static void check(uint32_t event, uint32_t int_ctl)
{
    assert_int_equal(guest.event_inj, event);
    assert_int_equal(guest.int_ctl, int_ctl);
    assert_int_equal(guest.intercept, int_ctl ? INTERCEPT_VINTR : 0);
}

static int fresh(void **state)
{
    (void)state;
    guest = (struct vmcb){0};
    guest.cs.attr = SEG_D;
    vcpu = (struct arch_vcpu){.vmcb = &guest, .shadow_rip = ~0UL};
    next_insn = (struct insn){.bytes = {0xf4}, .available = 1};
    self_interrupts = 0;
    svm_features.repeats_interrupts = false;
    return 0;
}

static void test_delivered_when_it_can_be(void **state)
{
    (void)state;
    offer(GUEST_RFLAGS_IF, 0, NOTHING);
    check(INJECTED, 0);
}

/* Each alone is enough; the event that is on its way already keeps its place. */
static void test_window_otherwise(void **state)
{
    const uint32_t fault = EVENT_VALID | EVENT_EXCEPTION | EVENT_ERROR | X_PF,
                   nmi = EVENT_VALID | EVENT_NMI | 2;
    const struct {
        uint64_t rflags, shadow;
        uint32_t event;
    } hindrances[] = {{0, 0, NOTHING},
                      {GUEST_RFLAGS_IF, INT_SHADOW, NOTHING},
                      {GUEST_RFLAGS_IF, 0, fault},
                      {GUEST_RFLAGS_IF, 0, nmi}};

    for (unsigned int i = 0; i < ARRAY_SIZE(hindrances); i++) {
        fresh(state);
        offer(hindrances[i].rflags, hindrances[i].shadow, hindrances[i].event);
        check(hindrances[i].event, WINDOW);
    }
}

/* What EVENTINJ holds without bit 31 is nothing. */
static void test_stale_event(void **state)
{
    (void)state;
    offer(GUEST_RFLAGS_IF, 0, EVENT_EXCEPTION | X_GP);
    check(INJECTED, 0);
}

static void test_window_closes(void **state)
{
    (void)state;
    offer(0, 0, NOTHING);
    guest.rip = RIP + 1;
    svm_interrupt_window(&vcpu);
    check(NOTHING, 0);
    offer(GUEST_RFLAGS_IF, 0, NOTHING);
    check(INJECTED, 0);
}

/* Delivered again, not twice: its handler begins with IF clear. */
static void test_redelivery_is_enough(void **state)
{
    (void)state;
    offer(GUEST_RFLAGS_IF, 0, INJECTED);
    check(INJECTED, 0);
}

/* A CPU that does not keep the shadow is back at once: then one entry goes without a window, so that the
 * instruction behind STI runs, however many interrupts wait; and no more than one. */
static void test_shadow_ignored(void **state)
{
    (void)state;
    offer(GUEST_RFLAGS_IF, INT_SHADOW, NOTHING);
    guest.int_shadow = 0;
    svm_interrupt_window(&vcpu);
    assert_int_equal(guest.int_shadow, INT_SHADOW);
    offer(GUEST_RFLAGS_IF, guest.int_shadow, NOTHING);
    check(NOTHING, 0);
    assert_false(svm_interrupt(&vcpu, VECTOR + 1));
    check(NOTHING, 0);
    svm_entered(&vcpu);
    offer(GUEST_RFLAGS_IF, INT_SHADOW, NOTHING);
    check(NOTHING, WINDOW);
}

/* Where the next instruction does not exit that entry might last: then the shadow ends before it, but not in
 * 16-bit code, where it may be that of MOV SS. */
static void test_shadow_ends_early(void **state)
{
    static const struct {
        struct insn insn;
        uint16_t cs;
        uint64_t shadow;
    } cases[] = {
        {{.bytes = {0x90}, .available = 15}, SEG_L, 0},
        {{.bytes = {0x90}, .available = 15}, SEG_D, 0},
        {{.bytes = {0x90}, .available = 15}, 0, INT_SHADOW},
        {{.bytes = {0xf4}, .available = 1}, SEG_L, INT_SHADOW},
        {{.bytes = {0x66, 0xf4}, .available = 2, .prefixes = 1}, SEG_D, INT_SHADOW},
        {{.bytes = {0x0f, 0x01, 0xd9}, .available = 15}, SEG_L, INT_SHADOW},
        {{.bytes = {0x0f, 0x01, 0xd9}, .available = 2}, SEG_L, 0},
        {{.available = 0}, SEG_L, 0},
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
        fresh(state);
        guest.cs.attr = cases[i].cs;
        next_insn = cases[i].insn;
        offer(GUEST_RFLAGS_IF, INT_SHADOW, NOTHING);
        guest.int_shadow = 0;
        svm_interrupt_window(&vcpu);
        assert_int_equal(guest.int_shadow, cases[i].shadow);
        assert_int_equal(svm_interrupt(&vcpu, VECTOR), !cases[i].shadow);
        check(cases[i].shadow ? NOTHING : INJECTED, 0);
    }
}

/* One that keeps it comes back behind the instruction. */
static void test_shadow_kept(void **state)
{
    (void)state;
    offer(GUEST_RFLAGS_IF, INT_SHADOW, NOTHING);
    guest.int_shadow = 0;
    guest.rip = RIP + 1;
    svm_interrupt_window(&vcpu);
    assert_int_equal(guest.int_shadow, 0);
    svm_interrupt(&vcpu, VECTOR);
    check(INJECTED, 0);
}

/* Where the CPU would deliver an interrupt twice the guest exits again at once; exceptions need no such
 * thing. */
static void test_exit_after_interrupt(void **state)
{
    static struct vmcb vmcb;
    struct arch_vcpu v = {.vmcb = &vmcb};

    (void)state;
    for (unsigned int repeats = 0; repeats < 2; repeats++) {
        svm_features.repeats_interrupts = repeats;
        self_interrupts = 0;
        vmcb = (struct vmcb){.rflags = GUEST_RFLAGS_IF};
        assert_true(svm_interrupt(&v, 0x50));
        assert_int_equal(self_interrupts, repeats);
        redelivered(EVENT_VALID | EVENT_INTR | 0x50);
        assert_int_equal(self_interrupts, 2 * repeats);
        redelivered(EVENT_VALID | EVENT_EXCEPTION | EVENT_ERROR | X_PF);
        svm_inject(&v, X_UD);
        svm_guard_interrupt(&v);
        vmcb.event_inj = EVENT_INTR | 0x50; /* delivered already */
        svm_guard_interrupt(&v);
        assert_int_equal(self_interrupts, 2 * repeats);
        vmcb.event_inj |= EVENT_VALID; /* before a turn, and it was so before the last */
        svm_guard_interrupt(&v);
        assert_int_equal(self_interrupts, 3 * repeats);
    }
    svm_features.repeats_interrupts = false;
}

/* That exit comes before the handler's first instruction, which may be one with IF set: what it was
 * interrupted for is no new interrupt. Another one is. */
static void test_just_delivered(void **state)
{
    for (unsigned int i = 0; i < 2; i++) {
        const uint64_t rflags = i ? GUEST_RFLAGS_IF : 0;

        fresh(state);
        svm_features.repeats_interrupts = true;
        guest.exit_code = EXIT_INTR;
        guest.exit_int_info = INJECTED & ~EVENT_VALID;
        offer(rflags, 0, NOTHING);
        check(NOTHING, 0);
        assert_int_equal(svm_interrupt(&vcpu, VECTOR + 1), i);
        check(i ? INJECTED + 1 : NOTHING, i ? 0 : WINDOW);
    }
    svm_features.repeats_interrupts = false;
}

/* Nor does that hold for an exit of the guest's own, for a delivery that was broken off, or for other CPUs.
 */
static void test_not_just_delivered(void **state)
{
    static const struct {
        bool repeats;
        uint64_t code;
        uint32_t info;
    } cases[] = {{false, EXIT_INTR, INJECTED & ~EVENT_VALID},
                 {true, EXIT_CPUID, INJECTED & ~EVENT_VALID},
                 {true, EXIT_INTR, INJECTED},
                 {true, EXIT_INTR, EVENT_EXCEPTION | VECTOR},
                 {true, EXIT_INTR, NOTHING}};

    for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
        fresh(state);
        svm_features.repeats_interrupts = cases[i].repeats;
        guest.exit_code = cases[i].code;
        guest.exit_int_info = cases[i].info;
        offer(0, 0, NOTHING);
        check(NOTHING, WINDOW);
    }
    svm_features.repeats_interrupts = false;
}

/* ---- NMIs ---- */

static void test_nmi(void **state)
{
    (void)state;
    assert_true(svm_inject_nmi(&vcpu));
    assert_int_equal(guest.event_inj, EVENT_VALID | EVENT_NMI | X_NMI);
    assert_int_equal(guest.intercept, INTERCEPT_IRET);
    assert_int_equal(self_interrupts, 0);
}

/* The guest is to exit when the event has been delivered that goes first: nothing else might make it. */
static void test_nmi_behind_another(void **state)
{
    (void)state;
    guest.event_inj = INJECTED;
    assert_false(svm_inject_nmi(&vcpu));
    check(INJECTED, 0);
    assert_int_equal(self_interrupts, 1);
}

static void test_nmi_in_shadow(void **state)
{
    (void)state;
    guest.int_shadow = INT_SHADOW;
    assert_false(svm_inject_nmi(&vcpu));
    check(NOTHING, WINDOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_repeated),
        cmocka_unit_test(test_instructions),
        cmocka_unit_test(test_interrupts_as_exceptions),
        cmocka_unit_test_setup(test_delivered_when_it_can_be, fresh),
        cmocka_unit_test_setup(test_window_otherwise, fresh),
        cmocka_unit_test_setup(test_stale_event, fresh),
        cmocka_unit_test_setup(test_window_closes, fresh),
        cmocka_unit_test_setup(test_redelivery_is_enough, fresh),
        cmocka_unit_test_setup(test_shadow_ignored, fresh),
        cmocka_unit_test_setup(test_shadow_ends_early, fresh),
        cmocka_unit_test_setup(test_shadow_kept, fresh),
        cmocka_unit_test(test_exit_after_interrupt),
        cmocka_unit_test_setup(test_just_delivered, fresh),
        cmocka_unit_test_setup(test_not_just_delivered, fresh),
        cmocka_unit_test_setup(test_nmi, fresh),
        cmocka_unit_test_setup(test_nmi_behind_another, fresh),
        cmocka_unit_test_setup(test_nmi_in_shadow, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
