/* SPDX-License-Identifier: MIT */
/* The guests' local APIC: priorities beside a model, destinations, starts. */
#include "vlapic_test.h"

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
    window = false;
    assert_int_equal(attend(v), NO_VECTOR); /* IRET has not run */
    assert_false(arch_vcpu_has_nmi(v));
    assert_false(window); /* it would open before IRET */
    guest_takes = false;
    assert_int_equal(attend(v), NO_VECTOR);
    assert_true(window); /* else nothing would exit behind it */
    guest_takes = true;
    v->vmcb->rip = 0x2000;
    assert_true(arch_vcpu_has_nmi(v));
    assert_int_equal(attend(v), X_NMI);
    assert_false(arch_vcpu_has_nmi(v));
    vlapic_send(&vcpus[1], MODE_NMI, 0);
    assert_int_equal(kicks[0], 1);
}

/* ---- destinations ---- */

#define SENDER 2U

/* The sender runs already. */
static uint32_t reached(uint32_t command, uint32_t dest)
{
    uint32_t set = 0;

    vlapic_send(&vcpus[SENDER], command | 0x77, dest);
    for (unsigned int i = 0; i < NR; i++) {
        assert_int_equal(!!kicks[i], i != SENDER && arch_vcpu_has_interrupt(&vcpus[i]));
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
    assert_int_equal(reached(COMMAND_LOGICAL | MODE_LOWEST, 0x35), 4U << 12); /* the first that takes it */
    assert_int_equal(reached(MODE_LOWEST, 12), 0);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_priorities, setup),
        cmocka_unit_test_setup(test_waiting, setup),
        cmocka_unit_test_setup(test_nmi, setup),
        cmocka_unit_test_setup(test_xapic_destinations, setup),
        cmocka_unit_test_setup(test_x2apic_destinations, setup),
        cmocka_unit_test_setup(test_start, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
