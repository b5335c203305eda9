/* SPDX-License-Identifier: MIT */
/* Which interrupted deliveries are repeated, and how (AMD64 APM volume 2, 15.7.2 and 15.20). */
#include "../../arch/x86_64/hvm/event.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ERROR_CODE 0x1234U

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_repeated),
        cmocka_unit_test(test_instructions),
        cmocka_unit_test(test_interrupts_as_exceptions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
