/* SPDX-License-Identifier: MIT */
/* The guests' local APIC: its timer, and what is saved and loaded. */
#include "vlapic_test.h"

/* ---- the timer ---- */

/* At 1000 ns, for 1000 ns, with vector 0x40. */
static void start_timer(struct arch_vcpu *v, uint32_t mode)
{
    now = 1000;
    vlapic_write(v, VLAPIC_LVT_TIMER * 16, mode | 0x40);
    vlapic_write(v, VLAPIC_TIMER_DIVIDE * 16, 0xb);
    vlapic_write(v, VLAPIC_TIMER_INITIAL * 16, 100);
}

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
    start_timer(v, VLAPIC_LVT_PERIODIC);
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

/* It is one that goes on, whichever way it became one: after a one-shot has fired, or at another speed. */
static void test_becomes_periodic(void **state)
{
    struct arch_vcpu *v = &vcpus[1];

    (void)state;
    start_timer(v, 0);
    now = 2000;
    arch_vcpu_timer(v);
    assert_int_equal(attend(v), 0x40);
    vlapic_eoi(v);
    now = 5300;
    timer_at[1] = UINT64_MAX;
    vlapic_write(v, VLAPIC_LVT_TIMER * 16, 0x41);
    assert_true(timer_at[1] == UINT64_MAX); /* one shot as before */
    vlapic_write(v, VLAPIC_LVT_TIMER * 16, VLAPIC_LVT_PERIODIC | 0x41);
    assert_int_equal(timer_at[1], 6000);
    assert_int_equal(vlapic_read(v, VLAPIC_TIMER_CURRENT * 16), 70);
    vlapic_write(v, VLAPIC_LVT_TIMER * 16, 0x41);
    assert_int_equal(timer_at[1], 6000); /* once more, then it stands still */
    now = 6000;
    arch_vcpu_timer(v);
    assert_int_equal(attend(v), 0x41);
    vlapic_eoi(v);
    vlapic_write(v, VLAPIC_TIMER_DIVIDE * 16, 0); /* half as fast */
    assert_int_equal(vlapic_read(v, VLAPIC_TIMER_CURRENT * 16), 0);
    now = 6500;
    vlapic_write(v, VLAPIC_LVT_TIMER * 16, VLAPIC_LVT_PERIODIC | 0x42);
    assert_int_equal(timer_at[1], 8000);
    now = 7999; /* less than a count is left */
    vlapic_write(v, VLAPIC_TIMER_DIVIDE * 16, 0xb);
    now = timer_at[1];
    arch_vcpu_timer(v);
    assert_int_equal(timer_at[1], now + 1000);
}

/* A tick that is due, and whose interrupt has not come yet, is not lost when the timer is set otherwise. */
static void test_late_tick(void **state)
{
    struct arch_vcpu *v = &vcpus[1];

    (void)state;
    for (unsigned int i = 0; i < 4; i++) {
        const uint32_t mode = i & 1 ? VLAPIC_LVT_PERIODIC : 0;

        start_timer(v, mode);
        now = 2100;
        if (i & 2)
            vlapic_write(v, VLAPIC_TIMER_DIVIDE * 16, 0);
        else
            vlapic_write(v, VLAPIC_LVT_TIMER * 16, (mode ^ VLAPIC_LVT_PERIODIC) | 0x50);
        assert_int_equal(attend(v), 0x40);
        vlapic_eoi(v);
        assert_int_equal(attend(v), NO_VECTOR);
    }
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
    vlapic_write(v, VLAPIC_TPR * 16, 0x24);
    vlapic_write(v, VLAPIC_LDR * 16, 0x05000000);
    start_timer(v, VLAPIC_LVT_PERIODIC);
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

/* What it had been asked for is not the new state's; but one that waits for its start still does. */
static void test_load_forgets_requests(void **state)
{
    struct arch_vcpu *v = &vcpus[1];

    (void)state;
    vlapic_save(v, &saved_lapic, &saved_regs);
    vlapic_request(v, VLAPIC_NMI | VLAPIC_SIPI | VLAPIC_WAIT);
    vlapic_load(v, &saved_lapic, &saved_regs);
    assert_int_equal(v->lapic.requests, VLAPIC_IRR_SET | VLAPIC_WAIT);
    saved_lapic.apic_base_msr &= ~APIC_BASE_ENABLE;
    vlapic_request(v, VLAPIC_NMI);
    vlapic_load(v, &saved_lapic, &saved_regs);
    assert_false(v->lapic.requests & VLAPIC_NMI);
}

/* A one-shot that has fired stands still until the guest makes it periodic, loaded or not. */
static void test_saved_one_shot(void **state)
{
    struct arch_vcpu *v = &vcpus[1];

    (void)state;
    start_timer(v, 0);
    now = 2000;
    arch_vcpu_timer(v);
    vlapic_save(v, &saved_lapic, &saved_regs);
    now = 9000;
    vlapic_load(v, &saved_lapic, &saved_regs);
    assert_true(timer_at[1] == UINT64_MAX);
    assert_int_equal(vlapic_read(v, VLAPIC_TIMER_CURRENT * 16), 0);
    vlapic_write(v, VLAPIC_LVT_TIMER * 16, VLAPIC_LVT_PERIODIC | 0x40);
    assert_int_equal(timer_at[1], 10000);
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
        {VLAPIC_LVT_ERROR, ~0U},     {VLAPIC_LDR, 0x01800000},
        {VLAPIC_DFR, 0x0ffffffe},    {VLAPIC_DFR, 0xf0000000},
        {VLAPIC_ICR_HIGH, 1},
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
    assert_int_equal(vlapic_base_write(v, v->lapic.base | APIC_BASE_X2APIC), 0);
    vlapic_save(v, &saved_lapic, &saved_regs);
    put(VLAPIC_ICR_HIGH, 0x12345678); /* a destination of 32 bits */
    assert_int_equal(vlapic_check_saved(v, &saved_lapic, &saved_regs), 0);
    put(VLAPIC_LDR, 1U << 17 | 1); /* that of another number: not looked at */
    assert_int_equal(vlapic_check_saved(v, &saved_lapic, &saved_regs), 0);
    vlapic_save(v, &saved_lapic, &saved_regs);
    saved_lapic.tdt_msr = 1;
    assert_int_equal(vlapic_check_saved(v, &saved_lapic, &saved_regs), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_timer, setup),
        cmocka_unit_test_setup(test_periodic, setup),
        cmocka_unit_test_setup(test_becomes_periodic, setup),
        cmocka_unit_test_setup(test_late_tick, setup),
        cmocka_unit_test_setup(test_saved, setup),
        cmocka_unit_test_setup(test_saved_refused, setup),
        cmocka_unit_test_setup(test_load_forgets_requests, setup),
        cmocka_unit_test_setup(test_saved_one_shot, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
