/* SPDX-License-Identifier: MIT */
/* HVMOP_set_evtchn_upcall_vector: a vCPU's events come as interrupts of its local APIC, the first one at
 * once. */
#include "event_test.h"

static struct vcpu *control, *a, *b; /* two vCPUs of one guest */
static unsigned int nr_sent;
static const struct arch_vcpu *sent_to;
static uint8_t sent;

void arch_vcpu_interrupt(struct arch_vcpu *v, uint8_t vector)
{
    nr_sent++;
    sent_to = v;
    sent = vector;
}

static int setup_guest(void **state)
{
    setup(state);
    control = caller;
    a = new_guest(2, UINT32_MAX);
    b = a->domain->vcpu[1];
    as(a);
    nr_sent = 0;
    return 0;
}

static int64_t set_vector(uint32_t vcpu, uint8_t vector)
{
    struct xen_hvm_evtchn_upcall_vector op = {vcpu, vector};

    return hcall(__HYPERVISOR_hvm_op, HVMOP_set_evtchn_upcall_vector, ptr(&op), 0);
}

static void assert_sent(unsigned int nr, const struct vcpu *to, uint8_t vector)
{
    assert_int_equal(nr_sent, nr);
    assert_ptr_equal(sent_to, to->arch);
    assert_int_equal(sent, vector);
}

/* What is pending already would be told to nobody otherwise; and it may sleep for it. */
static void test_interrupt_at_once(void **state UNUSED)
{
    vcpu_block(b, TIMER_NEVER);
    assert_int_equal(b->state, VCPU_BLOCKED);
    assert_int_equal(set_vector(1, 0xf3), 0);
    assert_sent(1, b, 0xf3);
    assert_int_equal(b->state, VCPU_RUNNABLE);
    assert_int_equal(set_vector(0, 16), 0);
    assert_sent(2, a, 16);
    assert_int_equal(b->upcall_vector, 0xf3);
}

/* Each event after that, too; vCPUs that have set none get none. */
static void test_events(void **state UNUSED)
{
    int64_t to_a = bind_ipi(0), to_b = bind_ipi(1);

    assert_int_equal(set_vector(1, 0x40), 0);
    assert_int_equal(set_vector(1, 0x41), 0);
    assert_int_equal(port_op(EVTCHNOP_send, to_b), 0);
    assert_sent(3, b, 0x41);
    assert_int_equal(port_op(EVTCHNOP_send, to_a), 0);
    assert_int_equal(nr_sent, 3);
}

/* Vectors below 16 are exceptions'. A vCPU is the caller's own: the same number of another domain is not
 * meant. */
static void test_refusals(void **state UNUSED)
{
    assert_int_equal(hcall(__HYPERVISOR_hvm_op, HVMOP_set_evtchn_upcall_vector, BAD_PTR, 0), -EFAULT);
    assert_int_equal(set_vector(1, 0), -EINVAL);
    assert_int_equal(set_vector(1, 15), -EINVAL);
    assert_int_equal(set_vector(2, 0x40), -ENOENT);
    assert_int_equal(set_vector(UINT32_MAX, 0x40), -ENOENT);
    as(control);
    assert_int_equal(set_vector(1, 0x40), -ENOENT);
    assert_int_equal(nr_sent, 0);
    assert_int_equal(a->upcall_vector, 0);
    assert_int_equal(b->upcall_vector, 0);
}

#define TEST_G(f) cmocka_unit_test_setup_teardown(f, setup_guest, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST_G(test_interrupt_at_once), TEST_G(test_events),
                                       TEST_G(test_refusals)};

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
